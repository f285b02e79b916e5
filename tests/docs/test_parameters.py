"""Every parameter of every public thing is named in the docstring that `help()` shows for it.

What is public is found as a user finds it: the names in `__all__` of the package and of the modules that it shows, the
constructors of classes, and the methods that they have or inherit.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import fastnn
from fastnn.core.docstrings import entries

# an entry "name: ...", one for several "a, b: ...", or code: `name`, `name=3`, `f(name)`
ENTRY = (
    r"(?<![\w`.])\*{{0,2}}{name}(?:, \*{{0,2}}\w+)*(?:,? and \*{{0,2}}\w+)?(?: \([^()]*\))?:(?!:)"
    r"|`[^`]*(?<!\w){name}(?!\w)[^`]*`"
)


def modules(module: ModuleType = fastnn, found: dict[str, ModuleType] | None = None) -> dict[str, ModuleType]:
    """The package and every public module below it, by its own name."""
    found = {} if found is None else found
    found[module.__name__] = module
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if inspect.ismodule(value) and value.__name__.startswith("fastnn.") and value.__name__ not in found:
            modules(value, found)
    return found


def part(thing: Any) -> str:
    """The part of the package in which a thing is made: "layers" for fastnn.layers.dense.Dense."""
    module = getattr(thing, "__module__", None) or ""
    return module.removeprefix("fastnn.").split(".")[0] if module.startswith("fastnn.") else ""


def public() -> dict[str, Any]:
    """{path: class or function}, each once, under the first of its public names."""
    found: dict[int, tuple[str, Any]] = {}
    for path, module in modules().items():
        for name in getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]:
            value = getattr(module, name)
            if (inspect.isclass(value) or inspect.isroutine(value)) and part(value):
                found.setdefault(id(value), (f"{path}.{name}", value))
    return dict(found.values())


def documented() -> Iterator[tuple[str, Any, str]]:
    """(path, what has the parameters, docstring) of everything that can be called."""
    seen = set()
    for path, thing in public().items():
        yield path, thing, inspect.getdoc(thing) or ""
        for name in dir(thing) if inspect.isclass(thing) else ():
            static = inspect.getattr_static(thing, name)
            method = getattr(static, "__func__", static)
            own = inspect.isfunction(inspect.unwrap(method)) and part(method)  # not NumPy's in a wrapper
            if not name.startswith("_") and own and inspect.isfunction(method) and method not in seen:
                seen.add(method)
                yield f"{path}.{name}", method, inspect.getdoc(getattr(thing, name)) or ""


def parameters(thing: Any) -> list[str]:
    """Names of the parameters of a function, or of the constructor of a class."""
    if inspect.isclass(thing):
        if not inspect.isfunction(thing.__init__):  # object's, or that of a compiled class
            return []
        thing = thing.__init__
    return [n for n in inspect.signature(thing).parameters if n not in ("self", "cls") and not n.startswith("_")]


def is_named(name: str, text: str) -> bool:
    """Whether a docstring says something of a parameter; a name that is no word of English may be in a formula too."""
    if name != "a" and (len(name) == 1 or "_" in name):
        return re.search(rf"\b{re.escape(name)}\b", text) is not None
    return re.search(ENTRY.format(name=re.escape(name)), text) is not None


def test_every_parameter_is_named():
    lines = []
    for path, thing, text in documented():
        unnamed = [name for name in parameters(thing) if not is_named(name, text)]
        if unnamed:
            lines.append(f"{path}: {' '.join(unnamed)}")
    assert not lines, "write an entry `name: meaning` in the section Args for what is not named:\n" + "\n".join(lines)


def test_the_walk_finds_what_is_public():
    found = public()
    assert {"fastnn.layers.Dense", "fastnn.ops.abs", "fastnn.utils.set_random_seed"} <= set(found)
    assert {"layers", "ops", "callbacks", "models", "tuner", "compat"} <= {part(thing) for thing in found.values()}
    assert any(thing is fastnn.Model.fit for _, thing, _ in documented())


@pytest.mark.parametrize(("name", "text", "named"), [
    ("units", "Args:\n    units: an int.", True), ("axis", "along the axis", False), ("axis", "along `axis`", True),
    ("b", "a + b", True), ("a", "a number", False), ("y_true", "mean(y_true)", True), ("size", "the size is 3", False),
    ("kwargs", "    *args, **kwargs: others", True), ("rate", "rates: two", False), ("shape", "`f(shape)`", True),
    ("mask", "x (an array): what", False), ("x", "", False)])  # fmt: skip
def test_what_counts_as_named(name, text, named):
    assert is_named(name, text) == named


def test_a_class_says_what_its_bases_say_of_its_arguments():
    """One entry per argument: a class's own one, or that of the nearest base."""
    for path, thing in public().items():
        if inspect.isclass(thing) and part(thing) in ("layers", "losses", "metrics", "optimizers"):
            said = [name.lstrip("*") for names, _ in entries(inspect.getdoc(thing) or "") for name in names]
            assert len(said) == len(set(said)), path
    adam = dict.fromkeys(n for names, _ in entries(inspect.getdoc(fastnn.optimizers.Adam)) for n in names)
    assert list(adam) == [*parameters(fastnn.optimizers.Adam)[:-1], "**kwargs"]


def test_every_entry_names_a_parameter():
    """Where a function takes no more than it names: an entry of an argument that is gone, or misspelt, is found."""
    ghosts = []
    for path, thing, text in documented():
        function = thing.__init__ if inspect.isclass(thing) else thing
        if not inspect.isfunction(function) or not thing.__doc__:  # what has no docstring of its own shows its base's
            continue
        kinds = {p.kind for p in inspect.signature(function).parameters.values()}
        if kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}:
            continue
        unknown = {name for names, _ in entries(text) for name in names} - {*parameters(thing)}
        if unknown:
            ghosts.append(f"{path}: {' '.join(sorted(unknown))}")
    assert not ghosts, "entries of no parameter:\n" + "\n".join(ghosts)
