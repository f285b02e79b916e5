"""The examples in docstrings, and the Python blocks of README.md and docs/, run and say what they claim to say."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

import fastnn
from fastnn.core.jit import MODE

PACKAGE = Path(fastnn.__path__[0])
SOURCE = Path(__file__).resolve().parents[2]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# intrinsics exist in mode "jit" only, kernel sources are never imported beside the pack, and importing the build
# command sets the whole process up for compiling
BUILD = ("fastnn.kernels.build", "fastnn.kernels.lower")
NOT_IMPORTED = {
    "pack": (*BUILD, "fastnn.kernels.cpu", "fastnn.core.simd_"),
    "python": (*BUILD, "fastnn.core.simd_"),
    "jit": BUILD,
}[MODE]
# ```python blocks run; one that follows a comment `<!-- not run: reason -->` does not
BLOCK = re.compile(r"(?P<skip><!-- not run: [^>]+ -->\s*)?^```python\n(?P<code>.*?)^```", re.M | re.S)


def modules() -> list[str]:
    """Every module of the package that this mode can import."""
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(["fastnn", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
        if not name.endswith("__main__") and not name.startswith(NOT_IMPORTED):
            names.append(name)
    return names


@pytest.mark.parametrize("name", modules())
def test_docstring_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    found = doctest.testmod(module, optionflags=FLAGS)
    assert found.failed == 0, f"{found.failed} of {found.attempted} examples of {name} failed (see the output)"


def pages() -> list[Path]:
    """README.md and the guide; absent where only the installed package is tested."""
    return [p for p in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))] if p.exists()]


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_code_blocks_run(page, tmp_path, monkeypatch):
    """The blocks of a page run in order, in one namespace, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    text, names = page.read_text(encoding="utf-8"), {"__name__": "__main__"}
    for block in BLOCK.finditer(text):
        if block["skip"]:
            continue
        line = text.count("\n", 0, block.start("code"))
        where = f"{page.name}:{line + 1}"
        if block["code"].lstrip().startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(block["code"], names, where, str(page), line)
            runner = doctest.DocTestRunner(optionflags=FLAGS)
            runner.run(test, clear_globs=False)
            names.update(test.globs)
            assert runner.summarize(verbose=False).failed == 0, where
        else:
            exec(compile("\n" * line + block["code"], str(page), "exec"), names)
