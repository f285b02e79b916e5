"""Python's operators as operations, for symbols and variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.types import Tensor
from fastnn.graph.active import current

Method = Callable[[Any, Any], Tensor]


def beside(self: Any, other: Any) -> Any:
    """The other operand; in a step NumPy's float64, which is what Python's lists of numbers become, takes self's dtype.

    So it is with the tensors of TensorFlow and JAX.
    """
    if isinstance(other, (np.ndarray, np.generic)) and other.dtype == np.float64 and current() is not None:
        dtype = dtypes.standardize(self.dtype)
        return other.astype(dtypes.numpy_type(dtype)) if dtypes.is_float(dtype) else other
    return other


def _operator(name: str, swap: bool = False) -> Method:
    def method(self: Any, other: Any) -> Tensor:
        operand = self, beside(self, other)
        return hooks.call("operator", name, *(operand[::-1] if swap else operand))

    return method


def _bit_by_bit(x: Any) -> bool:
    """Whether x holds integers inside a trace."""
    return getattr(x, "made_in", None) is not None and "int" in x.dtype


def _bits(name: str, swap: bool = False) -> Method:
    """& | ^: of truth values, and in the functional API, the logical operation, as in Keras; inside a trace integers
    are taken bit by bit, as arrays take them."""

    def method(self: Any, other: Any) -> Tensor:
        operand = (other, self) if swap else (self, other)
        return hooks.call("operator", ("bitwise_" if _bit_by_bit(self) else "logical_") + name, *operand)

    return method


def _is_value(x: Any) -> bool:
    """Whether x is something that a symbol or variable can be compared with, element by element."""
    return isinstance(x, (Operators, int, float, complex)) or hasattr(x, "__array__")


class Operators:
    """Python operators for anything that `fastnn.ops` takes: symbols and variables.

    `==` and `!=` against numbers and arrays are element by element; a class says what they are between two of its own.
    Hashing is by identity.
    """

    __slots__ = ()
    __array_priority__ = 1000
    __array_ufunc__: Any = None  # array + symbol asks the symbol
    __add__, __radd__ = _operator("add"), _operator("add", True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", True)
    __truediv__, __rtruediv__ = _operator("true_divide"), _operator("true_divide", True)
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _operator("floor_divide", True)
    __mod__, __rmod__ = _operator("mod"), _operator("mod", True)
    __pow__, __rpow__ = _operator("power"), _operator("power", True)
    __matmul__, __rmatmul__ = _operator("matmul"), _operator("matmul", True)
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __and__, __rand__ = _bits("and"), _bits("and", True)
    __or__, __ror__ = _bits("or"), _bits("or", True)
    __xor__, __rxor__ = _bits("xor"), _bits("xor", True)
    __lshift__, __rlshift__ = _operator("left_shift"), _operator("left_shift", True)
    __rshift__, __rrshift__ = _operator("right_shift"), _operator("right_shift", True)

    def __neg__(self) -> Tensor:
        return hooks.call("operator", "negative", self)

    def __pos__(self) -> Tensor:
        return hooks.call("operator", "convert_to_tensor", self)

    def __abs__(self) -> Tensor:
        return hooks.call("operator", "abs", self)

    def __invert__(self) -> Tensor:
        return hooks.call("operator", "bitwise_not" if _bit_by_bit(self) else "logical_not", self)

    def __round__(self, ndigits: int | None = None) -> Tensor:
        return hooks.call("operator", "round", self, ndigits or 0)

    __hash__ = object.__hash__  # C's: passes look symbols up thousands of times

    def _same(self, other: Any) -> Any:
        """What == says of two values of the graph: whether they are one, so that lists of them can be searched."""
        return self is other

    def __eq__(self, other: Any) -> Any:
        if isinstance(other, Operators):
            return self._same(other)
        return hooks.call("operator", "equal", self, other) if _is_value(other) else False

    def __ne__(self, other: Any) -> Any:
        return hooks.call("operator", "not_equal", self, other) if _is_value(other) else True

    def __getitem__(self, key: Any) -> Tensor:
        return hooks.call("operator", "getitem", self, key)
