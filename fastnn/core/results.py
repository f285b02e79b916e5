"""What arrays that users get back look like: plain ones, or a subclass with methods of another library's tensors."""

from typing import Any

import numpy as np

kind: Any = None  # a subclass of ndarray, or None


def give_as(cls: type[np.ndarray[Any, Any]] | None) -> None:
    """Give results as `cls`, a subclass of ndarray; None: as plain arrays."""
    global kind
    kind = cls


def plain(value: Any) -> Any:
    """A result as NumPy's own arrays."""
    if kind is None:
        return value
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return np.asarray(value) if isinstance(value, np.ndarray) else value


def shown(value: Any) -> Any:
    """A result as users are to see it: arrays, NumPy's numbers and lists of them in the chosen class.

    >>> shown(np.zeros(2))
    array([0., 0.])
    """
    if kind is None:
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value).view(kind)
    if type(value) in (list, tuple):
        return type(value)(map(shown, value))
    return value
