"""What users get back from operations: arrays of a class with the methods of tensors."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

kind: Any = None  # a subclass of ndarray: graph/array.py gives one when it is imported
numpy_joins = True  # whether a tape records what NumPy calculates of tensors; in TensorFlow's place it gives arrays
ARRAYS: set[type] = {np.ndarray}  # the classes whose values are nothing but arrays


def give_as(cls: type[np.ndarray[Any, Any]], joins: bool = True) -> None:
    """Give results as `cls`, a subclass of ndarray; joins: what numpy_joins becomes."""
    global kind, numpy_joins
    kind, numpy_joins = cls, joins
    ARRAYS.add(cls)


def plain(value: Any) -> Any:
    """A result as NumPy's own arrays."""
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return np.asarray(value) if isinstance(value, np.ndarray) else value


def is_tensor(value: Any) -> bool:
    """Whether a value is an array of the class that results have.

    >>> is_tensor(np.zeros(2)), is_tensor(shown(np.zeros(2)))
    (False, True)
    """
    return kind is not None and isinstance(value, kind)


def shown(value: Any) -> Any:
    """A result as users are to see it: arrays, NumPy's numbers and lists of them in the chosen class.

    >>> shown(np.zeros(2))
    array([0., 0.])
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return value if kind is None or type(value) is kind else np.asarray(value).view(kind)
    if type(value) in (list, tuple):
        return type(value)(map(shown, value))
    return value


def own(value: Any) -> Any:
    """A result as users are to see it, and theirs: what is no more than an array that they gave is copied.

    >>> x = np.zeros(2)
    >>> own(x) is x
    False
    """
    if type(value) is np.ndarray:
        return value.copy() if kind is None else value.copy().view(kind)
    if type(value) in (list, tuple):
        return type(value)(map(own, value))
    return value


def giving(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes arrays by NumPy, with results as operations give them."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return shown(function(*args, **kwargs))

    return call
