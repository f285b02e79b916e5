"""Attributes that are computed until somebody sets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class settable:
    """A method as an attribute, as `property` makes it, that a user's class may set: its value is read from then on.

    Where Keras has a plain attribute a class derived from it may set it, whatever it means by the name.

    >>> class Cell:
    ...     @settable
    ...     def state_size(self):
    ...         return 3
    >>> cell = Cell()
    >>> cell.state_size
    3
    >>> cell.state_size = [4, 4]
    >>> cell.state_size
    [4, 4]
    """

    def __init__(self, fget: Callable[[Any], Any]) -> None:
        self.fget = fget
        self.__doc__ = fget.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else self.fget(instance)
