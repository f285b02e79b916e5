"""Where tests are: each beside the module that it tests, by its path; and none is left out for want of a package.

`tests/compiler/test_lower.py` tests `fastnn/compiler/lower.py`, `tests/compiler/test_lower_rows.py` one side of it. A
folder of tests may also name what lies deeper in the package's folder, or the folder itself.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fastnn

PACKAGE, TESTS = Path(fastnn.__path__[0]), Path(__file__).resolve().parent
FILES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))

# folder of tests -> why nothing in the package has its name
FOLDERS = {
    "system": "the product as a whole: several parts at once, or what users see of them",
    "bench": "the benchmarks beside the package",
    "docs": "README.md, docs/ and the examples in docstrings",
    "examples": "the examples beside the package",
    "scripts": "programs as people write them, through `fastnn run`",
    "browser": "the playground's page in a real browser: in a tox environment of its own",
    "interop": "fastnn beside real Keras, and under packages written for Keras: in tox environments of their own",
    "faults": "running trainings: processes that are killed, system calls that fail",
    "cuda": "kernels compiled for CUDA: in a tox environment of its own, which installs what compiles them",
    "typing": "the stubs of all packages, and what a typed user writes",
}
# file of tests -> why no one module has its name
EXCEPTIONS = {
    "test_imports.py": "the architecture: every file of the package",
    "test_mirrors.py": "the tests themselves",
    "layers/test_keras_numbers.py": "every layer of the package",
    "optimizers/test_updates.py": "every optimizer of the package",
    "ops/test_keras_values.py": "every public operation",
    "ops/records/test_devices.py": "every record of an operation, on a device",
    "ops/records/test_forward.py": "every record of an operation, its values",
    "ops/records/test_gradients.py": "every record of an operation, its gradient",
    "saving/test_operations.py": "every public operation as a layer of a file",
}


def names_in(folder: Path) -> set[str]:
    """Names of the modules and folders in a folder of the package, at any depth, and its own."""
    parts = (path for path in folder.rglob("*") if path.is_dir() or path.suffix in (".py", ".so", ".pyd"))
    return {folder.name, *(path.name.split(".")[0] for path in parts)}


def starts(name: str) -> set[str]:
    """The word or words that a name begins with.

    >>> sorted(starts("data_class_weight"))
    ['data', 'data_class', 'data_class_weight']
    """
    words = name.split("_")
    return {"_".join(words[: k + 1]) for k in range(len(words))}


def is_mirror(file: str, package: Path = PACKAGE) -> bool:
    """Does the package have what this file of tests is named after?"""
    path = Path(file)
    folder = package / path.parent
    return folder.is_dir() and bool(starts(path.stem.removeprefix("test_")) & names_in(folder))


@pytest.mark.parametrize("file", FILES)
def test_a_test_lies_where_its_module_does(file):
    if file.split("/")[0] in FOLDERS or file in EXCEPTIONS:
        return
    assert is_mirror(file), (
        f"tests/{file}: fastnn/{Path(file).parent} has no module of that name; name it after what "
        "it tests, or move it to tests/system if that is several parts of the package"
    )


def test_the_tables_hold_nothing_else():
    folders = {file.split("/")[0] for file in FILES}
    assert set(FOLDERS) <= folders
    assert set(EXCEPTIONS) <= set(FILES)


@pytest.mark.parametrize(("file", "mirrors"), [
    ("graph/test_trace.py", True), ("graph/test_trace_errors.py", True), ("graph/test_graph.py", True),
    ("kernels/test_cpu_cuts.py", True), ("test_initializers.py", True), ("runtime/test_executor.py", True),
    ("graph/test_errors_trace.py", False), ("graph/test_tra.py", False), ("nothing/test_trace.py", False),
    ("graph/test_.py", False), ("core/test_trace.py", False)])  # fmt: skip
def test_what_counts_as_a_mirror(file, mirrors):
    assert is_mirror(file) == mirrors


@pytest.mark.parametrize("file", FILES)
def test_no_test_waits_for_a_package(file):
    """A test that is skipped where a package is missing never runs: the extra `test` installs what tests need."""
    for node in ast.walk(ast.parse((TESTS / file).read_text(encoding="utf-8"))):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        assert name != "importorskip", f"tests/{file}:{node.lineno}: import it, and add its package to the extra `test`"
