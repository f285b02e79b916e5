"""The table of Keras 3.15.1's public names (keras_3_15.txt.gz, see make.py), read; and fastnn's names beside it."""

import ast
import functools
import gzip
from pathlib import Path

import fastnn


@functools.cache
def methods():
    """{"Model.fit": "(x=None, ...)"}, without self."""
    return {name[1:]: text for name, text in _read().items() if name[0] == "{"}


@functools.cache
def rows():
    """{"layers.Dense": the text after the name}: " = ..." of an object elsewhere, "(...)" of a callable, or ""."""
    return {name: text for name, text in _read().items() if name[0] != "{"}


@functools.cache
def _read():
    found, module = {}, ""
    path = Path(__file__).resolve().parent / "keras_3_15.txt.gz"
    for line in filter(None, gzip.decompress(path.read_bytes()).decode().split("\n")):
        if line[0] == "{":
            module = line.strip("}")
            continue
        if line[0] == "[":
            module = line.strip("[]").removeprefix("keras").lstrip(".")
            found[module] = ""
            continue
        name = line.partition("(")[0].partition(" = ")[0]
        found[f"{module}.{name}".lstrip(".")] = line[len(name) :]
    del found[""]
    return found


def find(path):
    """fastnn's object of that name; AttributeError where there is none."""
    return functools.reduce(getattr, path.split("."), fastnn)


def has(path):
    """Whether fastnn has the name, and lists it among the module's public ones."""
    home, _, name = path.rpartition(".")
    try:
        find(path)
        return name in dir(find(home)) if home else name in dir(fastnn)
    except AttributeError:
        return False


def parameters(text):
    """{name: (kind, default or ...)} of "(a, b=1, *, c=2)", in its order."""
    arguments = ast.parse(f"def f{text}: 0", mode="exec").body[0].args
    ordered = arguments.posonlyargs + arguments.args
    defaults = [...] * (len(ordered) - len(arguments.defaults)) + [ast.unparse(d) for d in arguments.defaults]
    found = {a.arg: ("positional", d) for a, d in zip(ordered, defaults)}
    if arguments.vararg:
        found[arguments.vararg.arg] = ("*", ...)
    for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults):
        found[a.arg] = ("keyword", ... if d is None else ast.unparse(d))
    if arguments.kwarg:
        found[arguments.kwarg.arg] = ("**", ...)
    return found


def same(mine, theirs):
    """Whether two defaults, as text, are one value: 1 and 1.0 are, and 1 and (1, 1), but not 1 and True."""
    try:
        mine, theirs = ast.literal_eval(mine), ast.literal_eval(theirs)
    except (ValueError, SyntaxError):
        return mine == theirs
    if isinstance(theirs, tuple) and not isinstance(mine, tuple) and set(theirs) == {mine}:
        return True
    return mine == theirs and (isinstance(mine, bool) == isinstance(theirs, bool))


def differences(mine, theirs):
    """How "(...)" of fastnn refuses or takes otherwise what "(...)" of Keras takes: a list of texts.

    fastnn may have more: behind Keras's arguments or by keyword, with a default; and a default where Keras has none.
    """
    mine, theirs = parameters(mine), parameters(theirs)
    found, place = [], [name for name, (kind, _) in mine.items() if kind == "positional"]
    for index, (name, (kind, default)) in enumerate(theirs.items()):
        if kind == "**":
            continue
        if name not in mine:
            if kind == "*" and (name == "args" or any(k == "*" for k, _ in mine.values())):
                continue  # `*args` of a method stands for what its subclasses take
            found.append(f"no {name}")
            continue
        my_kind, my_default = mine[name]
        if kind == "*" and my_kind != "*":
            found.append(f"{name} is no *")
            continue
        if kind == "positional" and (my_kind != kind or place.index(name) != index):
            found.append(f"{name} at {place.index(name) if my_kind == kind else my_kind}, not {index}")
        if default is not ... and (my_default is ... or not same(my_default, default)):
            found.append(f"{name}={'' if my_default is ... else my_default}, not {default}")
    open_ended = any(kind == "*" for kind, _ in theirs.values())
    for name, (kind, default) in mine.items():
        if not open_ended and name not in theirs and kind in ("positional", "keyword") and default is ...:
            found.append(f"{name} is required")
    return found
