"""Docstrings of classes: what a base says about an argument of the constructor, a class with that argument says too.

A base writes an argument once, in its section "Args:". A name there that begins with "..." stands for every argument
with that ending. What a base raises holds for a class that does not say what it raises. The docstrings are put together
when they are read, so an import pays nothing for it.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

WIDTH = 116
SECTION = re.compile(r"^Args:\n((?: {4}.*(?:\n|$))+)", re.M)
ENTRY = re.compile(r"^ {4}((?:\*{0,2}|\.\.\.)\w+(?:, (?:\*{0,2}|\.\.\.)\w+)*): (.*(?:\n {5,}.*)*)", re.M)
RAISES = re.compile(r"^Raises\b.*(?:\n.+)*", re.M)
# the paragraph that the section stands before where a docstring has none
AFTER = re.compile(r"^(?:>>>|Input:|Inputs:|Weights:|Output:|Raises\b|Source:)", re.M)


def entries(text: str) -> list[tuple[list[str], str]]:
    """[(names, meaning)] of the section "Args:" of a docstring without indentation.

    text: the docstring, as `inspect.cleandoc` gives it.

    >>> entries("Sum.\\n\\nArgs:\\n    a, b: two\\n        numbers.\\n    **more: others.\\n")
    [(['a', 'b'], 'two numbers.'), (['**more'], 'others.')]
    """
    section = SECTION.search(text)
    found = ENTRY.findall(section[1]) if section else []
    return [(names.split(", "), " ".join(meaning.split())) for names, meaning in found]


def parameters(cls: type) -> list[str]:
    """Names of the arguments of a class's constructor, "*" and "**" in front of those that take what is left.

    >>> class Pair:
    ...     def __init__(self, left, right=None, **kwargs):
    ...         pass
    >>> parameters(Pair)
    ['left', 'right', '**kwargs']
    """
    code = getattr(inspect.unwrap(cls.__init__), "__code__", None)
    if code is None:  # object's own
        return []
    count = code.co_argcount + code.co_kwonlyargcount
    rest = [sign for flag, sign in ((inspect.CO_VARARGS, "*"), (inspect.CO_VARKEYWORDS, "**")) if code.co_flags & flag]
    names = list(code.co_varnames[: count + len(rest)])
    return [*names[1:count], *(sign + name for sign, name in zip(rest, names[count:]))]


def written(cls: type) -> str:
    """The docstring that a class's own source has, without indentation; "" where it has none."""
    found = cls.__dict__.get("__doc__")
    return inspect.cleandoc((found.own if isinstance(found, Completed) else found) or "")


def inherited(cls: type) -> dict[str, str]:
    """{argument, or "..." and its ending: meaning}, from the docstrings of the bases; the nearest base says it."""
    meanings: dict[str, str] = {}
    for base in cls.__mro__[1:]:
        for names, meaning in entries(written(base)):
            for name in names:
                meanings.setdefault(name, meaning)
    return meanings


def meaning_of(name: str, meanings: dict[str, str]) -> str | None:
    """What the bases say about an argument: under its name, or under an ending of it."""
    if name in meanings:
        return meanings[name]
    return next((said for ending, said in meanings.items() if ending[:3] == "..." and name.endswith(ending[3:])), None)


def completed(cls: type) -> str:
    """A class's docstring, with what only its bases say of the arguments of its constructor and of errors.

    >>> class Base:
    ...     '''Base.
    ...
    ...     Args:
    ...         name: a str.
    ...     '''
    >>> class Named(Base):
    ...     '''Has a name and a size.
    ...
    ...     Args:
    ...         size: an int.
    ...     '''
    ...     def __init__(self, name, size):
    ...         pass
    >>> print(completed(Named))
    Has a name and a size.
    <BLANKLINE>
    Args:
        name: a str.
        size: an int.
    """
    text = with_arguments(cls)
    if "Raises" in text:
        return text
    found = next((found[0] for base in cls.__mro__[1:] if (found := RAISES.search(written(base)))), None)
    return text if found is None else put(text, found)


def with_arguments(cls: type) -> str:
    """A class's docstring with the arguments that only its bases explain, all in the order of the constructor's."""
    text, meanings, order = written(cls), inherited(cls), parameters(cls)
    said = {name.lstrip("*") for names in re.findall(r"(?<![\w.`])([\w*]+(?:, [\w*]+)*):", text) for name in
            names.split(", ")}  # fmt: skip
    shared: dict[str, list[str]] = {}  # arguments of one meaning are one entry
    for name in order:
        meaning = None if name.lstrip("*") in said else meaning_of(name, meanings)
        if meaning is not None:
            shared.setdefault(meaning, []).append(name)
    if not shared:
        return text
    lines = {names[0]: entry(names, meaning) for meaning, names in shared.items()}
    section = SECTION.search(text)
    if section is None:
        return put(text, "Args:\n" + "".join(lines[name] for name in order if name in lines))
    for piece in re.split(r"^(?= {4}\S)", section[1], flags=re.M):  # the entries that are there, and what else is
        found = ENTRY.match(piece)
        first = found[1].split(", ")[0] if found else ""
        lines[first] = lines.get(first, "") + piece.rstrip("\n") + "\n" if piece.strip() else lines.get(first, "")
    place_of = {name: place for place, name in enumerate(order)}
    block = "".join(lines[name] for name in sorted(lines, key=lambda name: place_of.get(name, len(order))))
    return (text[: section.start(1)] + block + text[section.end(1) :]).rstrip("\n")


def put(text: str, block: str) -> str:
    """A docstring with a further paragraph: behind the section "Args:", or before what follows arguments."""
    section, after = SECTION.search(text), AFTER.search(text)
    place = section.end() if section else after.start() if after else len(text)
    return "\n\n".join(
        part for part in (text[:place].rstrip("\n"), block.rstrip("\n"), text[place:].strip("\n")) if part
    )


def entry(names: list[str], meaning: str) -> str:
    """One entry of the section "Args:", its lines broken."""
    text = f"{', '.join(names)}: {meaning}"
    return textwrap.fill(text, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8, break_on_hyphens=False) + "\n"


class Completed:
    """What a class has as `__doc__`: its docstring, completed when it is read first."""

    def __init__(self, own: str) -> None:
        self.own = own
        self.text: str | None = None

    def __get__(self, instance: Any, owner: type) -> str:
        if self.text is None:
            self.text = completed(owner)
        return self.text


def complete(cls: type) -> None:
    """Have a class's docstring completed when it is read; one without keeps none.

    cls: the class, which is changed in place.
    """
    own = cls.__dict__.get("__doc__")
    if isinstance(own, str):
        type.__setattr__(cls, "__doc__", Completed(own))


class ConstructorSignature:
    """What a class has as `__signature__` where its `__new__` takes anything: the signature of its constructor.

    >>> class Pair:
    ...     __signature__ = ConstructorSignature()
    ...     def __new__(cls, *args, **kwargs):
    ...         return super().__new__(cls)
    ...     def __init__(self, left, right=None):
    ...         pass
    >>> str(inspect.signature(Pair))
    '(left, right=None)'
    """

    def __get__(self, instance: Any, owner: type) -> inspect.Signature | None:
        if instance is not None:
            raise AttributeError("__signature__")  # an object that can be called has that of its `__call__`
        if any("__new__" in base.__dict__ and not base.__module__.startswith("fastnn.") for base in owner.__mro__[:-1]):
            return None  # which says more than `__init__`: Python's own rule
        constructor = owner.__init__
        if not inspect.isfunction(constructor):  # object's own
            return inspect.Signature()
        found = inspect.signature(constructor)
        return found.replace(parameters=list(found.parameters.values())[1:])
