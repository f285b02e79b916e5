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
from collections.abc import Iterator
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
PARTS = TENSOR | {"saving", "initializers", "regularizers", "constraints", "activations", "dtype_policies", "backend",
                  "quantizers"}  # fmt: skip
OBJECTS = PARTS | {"losses.compile_loss", "metrics.compile_metrics", "layers", "losses", "metrics", "optimizers",
                   "callbacks", "utils"}  # fmt: skip

# part of the package -> the parts it may import besides itself. Downward only: the table has no cycle (checked below).
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "graph": BASE,
    "kernels.reference": BASE,
    "kernels.cpu": BASE,
    "kernels.cuda": BASE | {"kernels.cpu"},  # elementary functions, and how rows are read
    "kernels": BASE | {"kernels.cpu", "kernels.cuda", "runtime"},  # the build
    "ops.op": BASE | {"graph"},
    "ops.public": BASE | {"graph"},
    "ops.forms": BASE | {"graph", "ops.op"},
    "ops.records": RECORDS,  # of one dtype each; gradients are made of records only
    "ops.functions": RECORDS | {"ops.records"},  # the public names: they promote and call records
    "ops": BASE | {"graph"} | OPS - {"ops"},
    "runtime": BASE,
    "compiler": BASE | OPS | {"graph", "runtime"},
    "gradients": BASE | OPS | {"graph", "compiler"},
    "derivatives": BASE | OPS | {"graph", "gradients"},
    "random": BASE | OPS | {"graph"},
    "backend": TENSOR,
    "saving": BASE | {"utils", "dtype_policies"},  # configs and files; classes come from core.registry
    "initializers": TENSOR | {"saving"},
    "regularizers": TENSOR | {"saving"},
    "constraints": TENSOR | {"saving"},
    "activations": TENSOR | {"saving"},
    "dtype_policies": BASE,
    "mixed_precision": BASE,
    "quantizers": TENSOR | {"saving", "dtype_policies"},
    "data": BASE | {"graph"},
    "utils": BASE | {"data"},
    "layers": PARTS - {"layers"} | {"data"},  # quantized layers ask the quantizers
    "losses": PARTS,
    "metrics": PARTS | {"losses"},
    "losses.compile_loss": PARTS | {"losses", "metrics"},  # what compile() makes of its arguments: above both
    "metrics.compile_metrics": PARTS | {"losses", "metrics"},
    "optimizers": PARTS,
    "callbacks": BASE | {"utils", "ops"},
    "models": OBJECTS | {"compiler", "gradients", "runtime", "saving", "tree", "data", "export", "distribution"},
    "datasets": BASE | {"utils"},
    "preprocessing": BASE | {"utils"},
    "tree": BASE,
    "config": BASE,
    "visualization": OBJECTS | {"models"},  # of models: their filters, activations and gradients
    "vision": OBJECTS | {"models", "visualization"},
    "applications": OBJECTS | {"models"},
    "wrappers": OBJECTS | {"models"},
    "distillation": PARTS | {"losses", "tree"},
    "distribution": BASE | {"runtime"},  # which devices there are
    "export": BASE | {"compiler", "graph", "ops.forms", "ops.functions", "runtime", "saving"},
    "importing": OBJECTS | {"models"},
    "legacy": BASE | {"saving"},
    "sklearn": OBJECTS | {"gradients", "models"},
    "tuner": OBJECTS | {"models"},
    "playground": OBJECTS | {"models", "datasets"},
    "compat": OBJECTS
    | {"applications", "gradients", "models", "data", "datasets", "preprocessing", "compiler", "runtime", "tree"},
    "cli": {"*"},
    "__init__": BASE,
    "__main__": {"cli"},
}

# file -> (imports, reason): exceptions are few, and each says why
EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    "runtime/pack.py": (
        {"fastnn.kernels.cpu", "fastnn.kernels.lower"},
        "the JIT: kernels are compiled on demand where FASTNN_KERNELS is not `pack`",
    )
}

# Numba: its decorators in core/jit*.py, intrinsics beside it, the ahead-of-time compiler. A kernel file may emit LLVM
# instructions of its own (llvmlite.ir), in mode "jit" only.
NUMBA_FILES = {"core/isa.py", "core/jit.py", "core/jit_cuda.py", "core/jit_mma.py", "core/simd.py",
               "core/simd_lanes.py", "core/simd_tiles.py", "core/simd_vec.py", "core/simd_winograd.py",
               "kernels/frontend.py", "kernels/lower.py", "kernels/ptx.py"}  # fmt: skip
COMPILERS = {"core/jit.py", "core/jit_cuda.py", "core/jit_mma.py", "kernels/lower.py", "kernels/ptx.py"}
DECORATORS = {"njit", "jit", "cfunc", "vectorize", "guvectorize", "stencil"}
PRINTERS = {"cli.py": "a command", "sklearn/network.py": "scikit-learn's `verbose`", "kernels/build.py": "a command"}


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


def walk_what_runs(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a syntax tree without those under `if TYPE_CHECKING:`."""
    yield node
    hidden = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in node.orelse if hidden else ast.iter_child_nodes(node):
        yield from walk_what_runs(child)


def imports(path: Path) -> list[tuple[int, str]]:
    """(line, absolute module name) of every import in a file; `from fastnn.x import y` counts as fastnn.x.y where
    that is a module.  Imports for annotations alone, under TYPE_CHECKING, are never made and do not count."""
    package = ["fastnn", *relative(path).split("/")[:-1]]
    found = []
    for node in walk_what_runs(tree(path)):
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
            f"{relative(path)}:{line} imports {module}: `{here}` may import only {sorted(allowed)}"
        )


# Packages that a function may import: they are optional, or cost more to import than most users need.
OPTIONAL = {
    "google",
    "safetensors",
    "torch",
    "mpi4py",
    "onnx",
    "onnxruntime",
    "h5py",
    "PIL",
    "joblib",
    "matplotlib",
    "optuna",
    "pandas",
    "sklearn",
    "scipy",
    "threadpoolctl",
    "fcntl",
    "msvcrt",
    "numba",
    "llvmlite",
    "cuda",
}
# file -> (modules that its functions import, why): where importing at the top would make users wait.
INSIDE: dict[str, tuple[set[str], str]] = {
    "cli/main.py": (
        {
            "fastnn.cli.check",
            "fastnn.cli.bench",
            "fastnn.cli.demo",
            "fastnn.cli.facts",
            "fastnn.cli.launch",
            "fastnn.cli.playground",
            "fastnn.cli.replay",
            "fastnn.cli.verify",
            "fastnn.models.script",
        },
        "a command imports what it needs: help and refusals come before NumPy is loaded",
    ),
    "runtime/bind.py": ({"fastnn.runtime.device_tape"}, "what runs plans on a device: where one is chosen"),
    "runtime/device.py": (
        {"fastnn.runtime.cuda", "fastnn.runtime.simulated"},
        "devices: where one is chosen or asked for",
    ),
    "models/training_state.py": (
        {"fastnn.models.keeping"},
        "readers and writers of files: a first model need not wait for them",
    ),
    "models/state_tree.py": ({"fastnn.export.writer"}, "writers of files: a first model need not wait for them"),
    "models/watch.py": ({"fastnn.models.replay"}, "writers of files, for a step that failed"),
}


def inner_imports(path: Path) -> list[tuple[int, str]]:
    """(line, module) of the imports inside functions, without those of module-level `__getattr__` tables."""
    lines = {
        node.lineno
        for function in ast.walk(tree(path))
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.name != "__getattr__"
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    return sorted(
        (line, module) for line, module in imports(path) if line in lines and module.split(".")[0] not in OPTIONAL
    )


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
    circles = {
        frozenset(m for m in above[module] if module in above.get(m, ())) for module in above if module in above[module]
    }
    return [{m.removeprefix("fastnn.") for m in circle} for circle in circles]


def test_no_module_imports_itself_by_way_of_others():
    assert import_circles() == [], "move what is shared to a file below both, or call upward by a hook (core/hooks.py)"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_stand_at_the_top(path):
    inner = [
        (line, module)
        for line, module in inner_imports(path)
        if module not in INSIDE.get(relative(path), (set(), ""))[0]
    ]
    assert not inner, (
        f"{relative(path)} imports inside functions: {inner}; import at the top, or move what is shared "
        "to a file below both (optional packages: see OPTIONAL)"
    )


def test_every_import_that_may_stand_inside_does():
    for name, (modules, _) in INSIDE.items():
        assert {module for _, module in inner_imports(ROOT / name)} == modules, f"{name}: mend its line of INSIDE"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_numba_only_where_it_belongs(path):
    name = relative(path)
    for line, module in imports(path):
        if module.split(".")[0] in ("numba", "llvmlite"):
            ir = module.startswith("llvmlite") and name.startswith(("kernels/cpu/", "kernels/cuda/"))
            assert name in NUMBA_FILES or ir, f"{name}:{line}: only {sorted(NUMBA_FILES)} import Numba"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numba" and name not in COMPILERS:
            used = DECORATORS & {a.name for a in node.names}
            assert not used, f"{name}:{node.lineno}: {sorted(used)}: JIT decorators and flags live in core/jit*.py"
        if isinstance(node, ast.keyword) and node.arg == "fastmath":
            bare = isinstance(node.value, ast.Constant) and node.value.value is True
            assert name == "core/jit.py" and not bare, f"{name}: fastmath is a set of flags, given in core/jit.py"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_silenced_error_and_no_print(path):
    name = relative(path)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            quiet = all(
                isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
                for s in node.body
            )
            assert not quiet, f"{name}:{node.lineno}: an error is swallowed here"
            assert node.type is not None, f"{name}:{node.lineno}: name the errors that are expected"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            assert name in PRINTERS, f"{name}:{node.lineno}: only {sorted(PRINTERS)} print"


def test_reference_shares_no_code_with_the_kernels():
    for path in FILES:
        if relative(path).startswith("kernels/reference/"):
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
