"""Names of the types that signatures speak of, in one place.

>>> open_signature(len) is len
True
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

import numpy as np

Shape = tuple[int, ...]  # every dimension known
Dims = tuple[Any, ...]  # ints, or None where it is not known yet; not checked for it
PartialShape = tuple[int | None, ...]  # None: not known yet
Array = np.ndarray[Any, np.dtype[Any]]  # an array of any rank and dtype
Tensor = Any  # what ops take and give: a symbol inside a trace, else an array
Structure = Any  # one value, or a list, tuple or dict of structures
Attrs = Mapping[str, Any]  # the attributes of an operation
Config = dict[str, Any]  # what get_config() gives: plain data
Logs = dict[str, Any]  # {name of a loss or metric: number}

Result = TypeVar("Result")


def is_function(x: Any) -> TypeGuard[Callable[..., Any]]:
    """Whether x is called for what it gives.  Tensors are not, also where scripts may call them (`v.value()`).

    x: anything.

    >>> is_function(len), is_function(np.ones(2)), is_function(None)
    (True, False, False)
    """
    return callable(x) and not isinstance(x, np.ndarray) and not hasattr(x, "_fastnn_symbol")


def open_signature(function: Callable[..., Result]) -> Callable[..., Result]:
    """Marks a method whose arguments a subclass chooses, such as `call` and `build`: type checkers let it.

    function: the method, returned as it is.

    >>> class Base:
    ...     @open_signature
    ...     def call(self, *args, **kwargs):
    ...         return None
    >>> Base().call(1, training=True)
    """
    return function


def defined_in(cls: type, name: str) -> str:
    """The module of the class that a method comes from; a function's own `__module__` is what functools.wraps copies.

    Args:
        cls: the class that has the method.
        name: the method's name.
    """
    return next((base.__module__ for base in cls.__mro__ if name in vars(base)), "")
