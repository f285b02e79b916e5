"""The architecture as a test: which part may import which, who may touch Numba, what an import costs.

Imports are read from the syntax tree (those inside functions too), so nothing has to run.
"""
from __future__ import annotations

import ast
import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn
from fastnn.core.jit import MODE

ROOT = Path(fastnn.__path__[0])
FILES = sorted(p for p in ROOT.rglob("*.py"))

BASE = {"core"}
RECORDS = BASE | {"graph", "kernels.reference", "ops.op", "ops.forms"}
OPS = {"ops", "ops.op", "ops.forms", "ops.records", "ops.functions", "ops.public"}
TENSOR = BASE | {"graph", "random"} | OPS
PARTS = TENSOR | {"saving", "initializers", "regularizers", "constraints", "activations", "dtype_policies", "backend"}
OBJECTS = PARTS | {"losses.compile_loss", "metrics.compile_metrics", "layers", "losses", "metrics", "optimizers",
                   "callbacks", "utils"}

# part of the package -> the parts it may import besides itself. Downward only: the table has no cycle (checked below).
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "graph": BASE,
    "kernels.reference": BASE,
    "kernels.cpu": BASE,
    "kernels.cuda": BASE,
    "kernels": BASE | {"kernels.cpu", "kernels.cuda", "runtime"},    # the build
    "ops.op": BASE | {"graph"},
    "ops.public": BASE | {"graph"},
    "ops.forms": BASE | {"graph", "ops.op"},
    "ops.records": RECORDS,                                     # of one dtype each; gradients are made of records only
    "ops.functions": RECORDS | {"ops.records"},                 # the public names: they promote and call records
    "ops": BASE | {"graph"} | OPS - {"ops"},
    "runtime": BASE,
    "compiler": BASE | OPS | {"graph", "runtime"},
    "random": BASE | OPS | {"graph"},
    "backend": TENSOR,
    "saving": BASE | {"utils"},                                 # configs and files; classes come from core.registry
    "initializers": TENSOR | {"saving"},
    "regularizers": TENSOR | {"saving"},
    "constraints": TENSOR | {"saving"},
    "activations": TENSOR | {"saving"},
    "dtype_policies": BASE,
    "utils": BASE,
    "layers": PARTS - {"layers"},
    "losses": PARTS,
    "metrics": PARTS | {"losses"},
    "losses.compile_loss": PARTS | {"losses", "metrics"},       # what compile() makes of its arguments: above both
    "metrics.compile_metrics": PARTS | {"losses", "metrics"},
    "optimizers": PARTS,
    "callbacks": BASE | {"utils"},
    "models": OBJECTS | {"compiler", "runtime", "saving"},
    "datasets": BASE | {"utils"},
    "preprocessing": BASE | {"utils"},
    "tree": BASE,
    "config": BASE,
    "visualization": BASE | {"utils"},
    "applications": OBJECTS | {"models"},
    "wrappers": OBJECTS | {"models"},
    "tuner": OBJECTS | {"models"},
    "playground": OBJECTS | {"models", "datasets"},
    "compat": OBJECTS | {"models", "datasets", "preprocessing", "compiler"},
    "cli": {"*"},
    "__init__": BASE,
    "__main__": {"cli"},
}

# file -> (imports, reason): exceptions are few, and each says why
EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    "runtime/pack.py": ({"fastnn.kernels.cpu", "fastnn.kernels.lower"},
                        "the JIT: kernels are compiled on demand where FASTNN_KERNELS is not `pack`"),
}

# Numba: its decorators in one file, intrinsics beside it, the ahead-of-time compiler. A kernel file may emit LLVM
# instructions of its own (llvmlite.ir), in mode "jit" only.
NUMBA_FILES = {"core/jit.py", "core/simd.py", "core/simd_lanes.py", "core/simd_tiles.py", "core/simd_vec.py",
               "core/simd_winograd.py", "kernels/lower.py"}
COMPILERS = {"core/jit.py", "kernels/lower.py"}
DECORATORS = {"njit", "jit", "cfunc", "vectorize", "guvectorize", "stencil"}
PRINTERS = {"cli.py": "a command", "kernels/build.py": "a command"}


def relative(path: Path) -> str:
    """The file's name inside the package."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file (parsed once)."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def part(module: str) -> str:
    """The part of the package that a dotted module name (without `fastnn.`) belongs to: the longest known prefix."""
    words = module.split(".")
    for count in range(len(words), 0, -1):
        if ".".join(words[:count]) in ALLOWED:
            return ".".join(words[:count])
    return words[0]


def part_of_file(path: Path) -> str:
    """The part that a file belongs to."""
    return part(relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def imports(path: Path) -> list[tuple[int, str]]:
    """(line, absolute module name) of every import in a file; `from fastnn.x import y` counts as fastnn.x.y where
    that is a module."""
    package = ["fastnn", *relative(path).split("/")[:-1]]
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, a.name) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join(base + ([node.module] if node.module else []))
            for alias in node.names:
                full = f"{module}.{alias.name}"
                target = ROOT.parent.joinpath(*full.split("."))
                is_module = target.with_suffix(".py").exists() or target.is_dir()
                found.append((node.lineno, full if is_module else module))
    return found


def test_direction_table_has_no_cycle():
    state: dict[str, int] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert state.get(name) != 1, f"cycle: {' -> '.join((*way, name))}"
        if state.get(name) == 2 or ALLOWED[name] == {"*"}:
            return
        state[name] = 1
        for below in ALLOWED[name]:
            visit(below, (*way, name))
        state[name] = 2
    for name in ALLOWED:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_point_downward(path):
    here = part_of_file(path)
    assert here in ALLOWED, f"{relative(path)}: add its part to the table of this test, with what it may import"
    allowed = ALLOWED[here]
    for line, module in imports(path):
        if not module.startswith("fastnn.") or allowed == {"*"}:
            continue
        there = part(module.removeprefix("fastnn."))
        excepted = module in EXCEPTIONS.get(relative(path), (set(), ""))[0]
        assert there == here or there in allowed or excepted, (
            f"{relative(path)}:{line} imports {module}: `{here}` may import only {sorted(allowed)}")


# Packages that a function may import: they are optional, or cost more to import than most users need.
OPTIONAL = {"h5py", "PIL", "matplotlib", "pandas", "sklearn", "scipy", "threadpoolctl", "fcntl", "numba", "llvmlite"}
# What still has to go. Both tables must say what there is, so they can only shrink: a new circle or a new import inside
# a function is an error, and so is an entry that is no longer needed.
CIRCLES = [
    {"kernels.lower", "runtime.pack"},
    {"graph.node", "graph.trace"},
    {"models.cloning", "models.functional", "models.functional_config", "models.model", "models.sequential"},
]
INSIDE = {
    "cli/main.py": 2, "compiler/eager.py": 1, "graph/loop.py": 1, "graph/node.py": 2,
    "kernels/lower.py": 3, "models/functional_config.py": 3, "models/loop.py": 1,
    "models/model.py": 10, "models/trainer.py": 10, "runtime/pack.py": 4,
    "runtime/pyexec.py": 1, "runtime/threads.py": 3,
}


def inner_imports(path: Path) -> list[tuple[int, str]]:
    """(line, top-level name) of the imports inside functions, without those of module-level `__getattr__` tables."""
    found = set()
    for function in ast.walk(tree(path)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.name != "__getattr__":
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    found |= {(node.lineno, alias.name) for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add((node.lineno, node.module or "."))
    return sorted(f for f in found if f[1].split(".")[0] not in OPTIONAL)


def import_circles() -> list[set[str]]:
    """The sets of modules that import one another in circles, imports inside functions included."""
    def name(path: Path) -> str:
        return ".".join(["fastnn", *relative(path).removesuffix(".py").split("/")]).removesuffix(".__init__")
    below = {name(path): {module for _, module in imports(path)} - {name(path)} for path in FILES}

    def reached(start: str) -> set[str]:
        seen, todo = set(), [start]
        while todo:
            new = below.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        return seen
    above = {module: reached(module) for module in below}
    circles = {frozenset(m for m in above[module] if module in above.get(m, ())) for module in above
               if module in above[module]}
    return [{m.removeprefix("fastnn.") for m in circle} for circle in circles]


def test_no_module_imports_itself_by_way_of_others():
    found = import_circles()
    new, gone = [c for c in found if c not in CIRCLES], [c for c in CIRCLES if c not in found]
    assert not new, f"modules import one another in circles: {new}"
    assert not gone, f"these circles are mended: take them out of CIRCLES: {gone}"


def test_imports_stand_at_the_top():
    found = {relative(path): len(inner_imports(path)) for path in FILES}
    for name, count in found.items():
        assert count <= INSIDE.get(name, 0), (
            f"{name} imports inside functions: {inner_imports(ROOT / name)}; import at the top, or move what is shared "
            "to a file below both (optional packages: see OPTIONAL)")
    less = {name: count for name, count in INSIDE.items() if found.get(name, 0) < count}
    assert not less, f"these import less inside functions: lower their numbers in INSIDE: {less}"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_numba_only_where_it_belongs(path):
    name = relative(path)
    for line, module in imports(path):
        if module.split(".")[0] in ("numba", "llvmlite"):
            ir = module.startswith("llvmlite") and name.startswith("kernels/cpu/")
            assert name in NUMBA_FILES or ir, f"{name}:{line}: only {sorted(NUMBA_FILES)} import Numba"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba" and name not in COMPILERS:
            used = DECORATORS & {a.name for a in node.names}
            assert not used, f"{name}:{node.lineno}: {sorted(used)}: JIT decorators and their flags live in core/jit.py"
        if isinstance(node, ast.keyword) and node.arg == "fastmath":
            bare = isinstance(node.value, ast.Constant) and node.value.value is True
            assert name == "core/jit.py" and not bare, f"{name}: fastmath is a set of flags, given in core/jit.py"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_silenced_error_and_no_print(path):
    name = relative(path)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            quiet = all(isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
                        for s in node.body)
            assert not quiet, f"{name}:{node.lineno}: an error is swallowed here"
            assert node.type is not None, f"{name}:{node.lineno}: name the errors that are expected"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            assert name in PRINTERS, f"{name}:{node.lineno}: only {sorted(PRINTERS)} print"


def test_reference_shares_no_code_with_the_kernels():
    for path in FILES:
        if relative(path).startswith(("kernels/reference/", "kernels/cuda/")):
            for line, module in imports(path):
                assert not module.startswith("fastnn.kernels.cpu"), f"{relative(path)}:{line} imports {module}"
                assert not module.startswith("fastnn.core.simd"), f"{relative(path)}:{line} imports {module}"


def run_python(code: str, tmp_path: Path, **environment: str) -> dict:
    """Run code in a fresh interpreter, away from the source tree, and return what it prints as JSON."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT.parent), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


HEAVY = ["numba", "llvmlite", "h5py", "matplotlib", "sklearn", "pandas", "scipy", "tensorflow", "torch", "jax", "PIL"]
REPORT = f"import sys, json; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"


def test_import_is_light(tmp_path):
    assert run_python(f"import fastnn; {REPORT}", tmp_path) == []


def test_every_public_name_resolves():
    for name in fastnn.__all__:
        assert getattr(fastnn, name) is not None, name


def test_first_training_step_compiles_nothing(tmp_path):
    """With the kernel pack a whole fit touches neither Numba nor llvmlite."""
    code = f"""
import numpy as np, fastnn as keras
model = keras.Sequential([keras.layers.Input((6, 6, 2)), keras.layers.Conv2D(4, 3, activation="relu"),
                          keras.layers.BatchNormalization(), keras.layers.Flatten(),
                          keras.layers.Dropout(0.2), keras.layers.Dense(3, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(np.ones((8, 6, 6, 2), "float32"), np.arange(8) % 3, batch_size=4, verbose=0)
{REPORT}
"""
    if MODE != "pack":
        pytest.skip(f"kernels run in mode {MODE}: this promise is the kernel pack's")
    assert run_python(code, tmp_path) == []
