"""Docstrings that say what bases say of arguments."""

from __future__ import annotations

import inspect
import pickle

import pytest

from fastnn.core import docstrings


class Base:
    """A base.

    Args:
        name: a str.
        ..._rate: a share in [0, 1], of the thing
            of that name.
        **kwargs: nothing else.

    Raises:
        ArgumentError: for other names,
            and more.
        ShapeError: never.

    >>> 1
    1
    """

    def __init__(self, name=None, **kwargs):
        self.name = name


class Own(Base):
    """Has entries of its own, in another order.

    Args:
        up_rate: a rise.
        size: an int.

    Raises nothing.
    """

    def __init__(self, size, down_rate, up_rate, left_rate=0, name=None, **kwargs):
        super().__init__(name, **kwargs)


class Without(Base):
    """Has no section.

    Source: none.
    """

    def __init__(self, size, *rest, name=None, down_rate=0):
        super().__init__(name)


class Bare(Own):
    """Takes what its base takes."""


class Silent(Own):
    def __init__(self, size):
        super().__init__(size, 0, 0)


for _class in (Own, Without, Bare, Silent):
    docstrings.complete(_class)


def names(cls):
    return [", ".join(found) for found, _ in docstrings.entries(inspect.getdoc(cls))]


def test_arguments_of_bases_come_in_the_order_of_the_signature():
    assert names(Own) == ["size", "down_rate, left_rate", "up_rate", "name", "**kwargs"]
    assert names(Bare) == names(Own)
    text = inspect.getdoc(Own)
    assert "down_rate, left_rate: a share in [0, 1], of the thing of that name." in text
    assert text.endswith("\n\nRaises nothing.")


def test_a_section_stands_before_what_follows_arguments():
    assert names(Without) == ["name", "down_rate"]
    text = inspect.getdoc(Without)
    assert text.index("Has no section.") < text.index("Args:") < text.index("\n\nSource: none.")


def test_what_a_base_raises_holds_unless_a_class_says_more():
    said = "Raises:\n    ArgumentError: for other names,\n        and more.\n    ShapeError: never."
    assert inspect.getdoc(Own).count("Raises") == 1 and said not in inspect.getdoc(Own)
    assert f"\n\n{said}\n\nSource: none." in inspect.getdoc(Without)


def test_what_has_no_docstring_gets_none_of_its_own():
    assert Silent.__doc__ is None
    assert inspect.getdoc(Silent) == inspect.getdoc(Own)


def test_the_source_stays_as_it_is():
    assert docstrings.written(Own) == inspect.cleandoc(Own.__dict__["__doc__"].own)
    assert "name: a str" not in docstrings.written(Own)
    assert Base.__doc__ is Base.__dict__["__doc__"]
    assert Own(1, 2, 3).__doc__ == Own.__doc__
    assert pickle.loads(pickle.dumps(Own)) is Own


def test_an_entry_is_broken_into_lines():
    text = docstrings.entry(["a", "b"], "word " * 60)
    assert max(map(len, text.splitlines())) <= docstrings.WIDTH
    assert docstrings.entries(f"Args:\n{text}") == [(["a", "b"], ("word " * 60).strip())]


@pytest.mark.parametrize(("cls", "found"), [
    (object, []), (dict, []), (Base, ["name", "**kwargs"]), (Without, ["size", "name", "down_rate", "*rest"]),
    (Silent, ["size"])])  # fmt: skip
def test_parameters_of_a_constructor(cls, found):
    assert docstrings.parameters(cls) == found


class Anything:
    __signature__ = docstrings.ConstructorSignature()

    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


Anything.__module__ = "fastnn.anything"


class Fewer(Anything):
    def __init__(self, size: int = 3):
        self.size = size

    def __call__(self, x):
        return x


class Made(Anything):
    def __new__(cls, size, *, name=None):
        return super().__new__(cls, size)


@pytest.mark.parametrize(("thing", "shown"), [
    (Anything, "()"), (Fewer, "(size: 'int' = 3)"), (Fewer(), "(x)"), (Made, "(size, *, name=None)")])  # fmt: skip
def test_the_signature_of_a_class_is_its_constructors(thing, shown):
    assert str(inspect.signature(thing)) == shown
