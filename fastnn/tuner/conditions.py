"""Conditions under which hyperparameters are there, and what their values may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastnn.core.errors import ArgumentError, ArgumentTypeError

PLAIN = (str, bool, int, float)  # what a value may be: it goes to JSON and comes back
Value = str | bool | int | float


def plain(value: Any, what: str) -> Value:
    """A value as Python's own str, bool, int or float; ArgumentTypeError for anything else."""
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    if isinstance(value, PLAIN):
        return next(kind(value) for kind in PLAIN if isinstance(value, kind))
    raise ArgumentTypeError(
        f"{what} can contain only `int`, `float`, `str`, or `bool`. Received: {value!r} of type {type(value)}. "
        "Expected a name or number that says what to use: keep objects in a dict of your own."
    )


def choices(name: str, values: Any) -> list[Value]:
    """What `Choice` chooses from, checked: values of one type.

    >>> choices("units", (8, 16))
    [8, 16]
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise ArgumentTypeError(f"`values` of `Choice` must be a list. Received: name={name!r}, values={values!r}.")
    found = [plain(v, "A `Choice`") for v in values]
    if any(v != v for v in found):
        raise ArgumentError(f"A `Choice` cannot contain NaN. Received: name={name!r}, values={found}.")
    if not found:
        raise ArgumentError(f"`values` must be provided for `Choice`. Received: name={name!r}, values={values!r}.")
    if len({type(v) for v in found}) > 1:
        raise ArgumentTypeError(
            f"A `Choice` can contain only one type of value, found values: {found} with types "
            f"{sorted({type(v).__name__ for v in found})}. Name={name!r}: make them all numbers or all text."
        )
    return found


class Parent:
    """A condition: the hyperparameter `name` has one of `values`.

    >>> Parent("kind", ["cnn"]).is_active({"kind": "cnn"})
    True
    """

    def __init__(self, name: str, values: Any) -> None:
        several = list(values) if isinstance(values, (list, tuple, set, range)) else [values]
        self.name, self.values = name, [plain(v, "A condition") for v in several]

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds where hyperparameters have these values."""
        return self.name in values and values[self.name] in self.values

    def get_config(self) -> dict[str, Any]:
        """The arguments that make it again."""
        return {"name": self.name, "values": self.values}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parent) and other.get_config() == self.get_config()

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.values)))

    def __repr__(self) -> str:
        return f"Parent({self.name!r}, {self.values})"
