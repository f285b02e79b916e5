"""What a variable says of itself: attributes that are checked when they are set, and its value as a Python number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastnn.core import changes
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.types import Array


class Checked:
    """An attribute that takes only what `fits` says.

    fits: function of a value.  error: the class of errors.  text: what is wrong with another; `{}` is the attribute.
    """

    def __init__(self, fits: Callable[[Any], bool], error: type[Exception], text: str) -> None:
        self.fits, self.error, self.text = fits, error, text

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.place = name, "_checked_" + name

    def __get__(self, owner: Any, cls: type) -> Any:
        return self if owner is None else owner.__dict__[self.place]

    def __set__(self, owner: Any, value: Any) -> None:
        if not self.fits(value):
            raise self.error(f"{self.text.format(self.name)} Received: {value!r} (of type {type(value).__name__}).")
        owner.__dict__[self.place] = value


class Switch(Checked):
    """An attribute that is made True or False, and whose changes are noted: plans may depend on it."""

    def __init__(self) -> None:
        super().__init__(lambda value: True, ArgumentTypeError, "")

    def __set__(self, owner: Any, value: Any) -> None:
        value, before = bool(value), owner.__dict__.get(self.place)
        owner.__dict__[self.place] = value
        if before is not None and before != value:
            changes.note()


def _optional_function(value: Any) -> bool:
    return value is None or callable(value)


def function_or_none(what: str) -> Checked:
    """An attribute that is None or a function.  what: the class that Keras has for such functions."""
    text = f"Invalid value for attribute `{{}}`. Expected an instance of `{what}`, a function, or None."
    return Checked(_optional_function, ArgumentError, text)


def truth() -> Checked:
    """An attribute that is True or False."""
    return Checked(lambda value: isinstance(value, bool), ArgumentTypeError, "`{}` must be a boolean.")


class AsNumber:
    """The value of a variable without dimensions as a Python number, as Keras's: never as a condition."""

    _host: Array
    _settled: Callable[[], Array]

    def _number(self) -> Array:
        if self._host.shape:
            raise ArgumentTypeError(
                "Only scalar arrays can be converted to Python scalars. "
                f"Received a variable of shape {self._host.shape}: choose one value of it."
            )
        return self._settled()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __bool__(self) -> bool:
        raise ArgumentTypeError(
            "A Keras Variable cannot be used as a boolean. Ask `is None`, or take its value: bool(variable.numpy())."
        )
