"""Type stubs of the lazy packages, written from their tables of names.

A lazy package tells neither mypy nor an editor what it holds, so `__init__.pyi` beside each one says it.

    python tests/typing/stubs.py            # write them
    python tests/typing/stubs.py --check    # exit status 1 where one is missing or old
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import fastnn

ROOT = Path(fastnn.__path__[0])
HEAD = '"""Generated from NAMES by tests/typing/stubs.py."""\n'


def packages() -> list[str]:
    """The packages that have a table NAMES, `fastnn` first."""
    found = []
    for path in sorted(ROOT.rglob("__init__.py")):
        parts = path.parent.relative_to(ROOT).parts
        if "\nNAMES = " in path.read_text(encoding="utf-8") or parts == ("ops",):
            found.append(".".join(["fastnn", *parts]))
    return found


def source(package: str, name: str, where: str) -> str:
    """One import line, in the form that re-exports the name; nothing where a module of the table does not exist yet."""
    module, _, original = where.partition(":")
    if not module and not original:
        return f"from {package} import {name} as {name}" if exists(f"{package}.{name}") else ""
    full = module if module.startswith("fastnn") else f"{package}.{module}" if module else package
    if not exists(full):
        return ""
    further = table(full)
    if (original or name) in further:  # a name of another lazy package: what its table says
        line = source(full, original or name, further[original or name])
        return line.removesuffix(f" as {original or name}") + f" as {name}"
    if not original and f'"{name}"' in text(full) and not defines(full, name):
        return f"{name}: Any"  # made by a loop over a table
    return f"from {full} import {original or name} as {name}"


def table(module: str) -> dict[str, str]:
    """The names of a lazy package and where they are; empty for every other module."""
    return getattr(importlib.import_module(module), "NAMES", {}) if file_of(module).name == "__init__.py" else {}


def file_of(module: str) -> Path:
    """The source file of a module of the package, which may not exist."""
    path = ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def exists(module: str) -> bool:
    """Whether a module of the package has a source file."""
    return file_of(module).exists()


def text(module: str) -> str:
    """The source of a module."""
    return file_of(module).read_text(encoding="utf-8")


def defines(module: str, name: str) -> bool:
    """Whether a name is bound in the text of a module (a definition, an assignment, an import)."""
    for node in ast.walk(ast.parse(text(module))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return True
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name) == name:
            return True
    return False


def stub(package: str) -> str:
    """The text of a package's stub."""
    module = importlib.import_module(package)
    if package == "fastnn.ops":  # its table is the __all__ of each family of operations
        families = {f: importlib.import_module(f"{package}.{f}") for f in module.FAMILIES}
        names = {name: family for family, m in families.items() for name in getattr(m, "__all__", ())}
    else:
        names = module.NAMES
    found = {name: line for name in sorted(names) if (line := source(package, name, names[name]))}
    if package == "fastnn":
        found["__version__"] = "__version__: str"
    lines = sorted(found.values(), key=lambda line: not line.startswith("from "))
    start = "from typing import Any\n\n" if any(line.endswith(": Any") for line in lines) else ""
    public = "".join(f"    {name!r},\n" for name in sorted(found))
    return f"{HEAD}{start}" + "\n".join(lines) + f"\n\n__all__ = [\n{public}]\n"


def main() -> int:
    """Write or check every stub."""
    status = 0
    for package in packages():
        path = ROOT.joinpath(*package.split(".")[1:], "__init__.pyi")
        text = stub(package)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            status = 1
            sys.stdout.write(f"{path.relative_to(ROOT.parent)}\n")
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    return status if "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
