"""The public names of Keras 3.15.1, and their signatures, against fastnn's."""

import inspect
import re
import types
from pathlib import Path

import pytest
from names.make import signature_of
from names.table import differences, find, has, methods, rows

import fastnn

MODULES = sorted({path.rpartition(".")[0] for path in rows()} & {"", *filter(has, rows())})
PRESENT = 0.99  # of Keras's public names
DOCS = Path(__file__).resolve().parents[2] / "docs" / "names.md"


def listed(heading):
    """The names in the table below a heading of docs/names.md."""
    section = DOCS.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([\w.*]+)`", section, re.M)


def test_keras_names_are_there():
    absent = [path for path in rows() if not has(path)]
    assert len(rows()) > 1500
    assert 1 - len(absent) / len(rows()) >= PRESENT, f"{len(absent)} absent: {absent}"
    assert set(listed("Names that fastnn does not have")) <= set(absent)
    assert all(map(has, listed("Names that are there and say what to do instead")))


@pytest.mark.parametrize("module", MODULES)
def test_callables_take_what_keras_takes(module):
    """Names of arguments, their order, defaults, and which are by keyword; more may follow."""
    found, known = {}, set(listed("Callables whose arguments differ"))
    for path, text in rows().items():
        if path.rpartition(".")[0] == module and text.startswith("(") and has(path):
            different = differences(f"({signature_of(find(path))})", text)
            if different:
                found[path] = different
    assert found.keys() <= known or f"{module}.*" in known, found


def test_methods_take_what_keras_methods_take():
    """Of the classes that users call or derive from; docs/names.md lists those that differ or are absent."""
    found = {}
    for path, text in methods().items():
        method = getattr(find(path.rpartition(".")[0]), path.rpartition(".")[2], None)
        mine = "" if method is None else signature_of(method)
        if not inspect.ismethod(method):
            mine = mine.partition(", ")[2]  # without self
        different = ["absent"] if method is None else differences(f"({mine})", text)
        if different:
            found[path] = different
    assert len(methods()) > 130
    assert found.keys() <= set(listed("Methods")), found


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"optimizers.legacy"}))  # there one class raises for all
def test_a_name_that_is_anothers_is_the_same_object(module):
    apart = listed("Names that are one in Keras and two here")
    same = {p: t[3:] for p, t in rows().items() if p.rpartition(".")[0] == module and t.startswith(" = ")}
    same = {path: other for path, other in same.items() if path not in apart}
    for path, other in same.items():
        if has(path) and has(other):
            assert inspect.unwrap(find(path)) is inspect.unwrap(find(other)), path


@pytest.mark.parametrize("module", MODULES)
def test_modules_list_public_names_alone(module):
    home = find(module) if module else fastnn
    if module.startswith("datasets."):
        return
    assert {n for n in home.__all__ if n[0] != "_"} <= set(dir(home))
    for name in dir(home):
        if not name.startswith("__"):
            value = getattr(home, name)
            assert name[0] != "_"
            assert not isinstance(value, types.ModuleType) or value.__name__.startswith("fastnn."), name


@pytest.mark.parametrize(("mine", "theirs", "expected"), [
    ("(x, axis=-1)", "(x, axis=-1)", []), ("(x, axis=-1.0, more=1)", "(x, axis=-1)", []),
    ("(x, *, more=1)", "(x)", []), ("(x, axis)", "(x)", ["axis is required"]),
    ("(y, x)", "(x, y)", ["x at 1, not 0", "y at 0, not 1"]), ("(x)", "(x, axis=0)", ["no axis"]),
    ("(x, axis=0)", "(x, axis)", []), ("(x, axis)", "(x, axis=0)", ["axis=, not 0"]),
    ("(x, size=1)", "(x, size=(1, 1))", []),
    ("(x, axis=1)", "(x, axis=True)", ["axis=1, not True"]), ("(x, axis=0)", "(x, *, axis=0)", []),
    ("(x, *, axis=0)", "(x, axis=0)", ["axis at keyword, not 1"]), ("(*xs)", "(*args)", []),
    ("(x)", "(*x)", ["x is no *"]), ("(x)", "(*args)", []), ("(x, **kwargs)", "(x, axis=0)", ["no axis"])])  # fmt: skip
def test_what_counts_as_a_difference(mine, theirs, expected):
    assert differences(mine, theirs) == expected
