"""What a pipeline gives: arrays with the method numpy(), and what they look like."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.graph.tensor import gathers, here


class _AnyTensor(type):
    """Values that are still to come are tensors, too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return type.__instancecheck__(cls, instance) or (cls is Tensor and type(instance) is Lazy)


def _recorded(name: str, operation: str, swap: bool = False) -> Any:
    """An operator of arrays that a gradient tape sees, where it watches an operand."""
    plain = getattr(np.ndarray, name)

    def method(self: Any, *others: Any) -> Any:
        if here.recording and gathers((self, *others)):
            return hooks.call("operator", operation, *((*others, self) if swap else (self, *others)))
        found = plain(self, *others)
        return np.asarray(found).view(Tensor) if isinstance(found, np.generic) else found

    return method


class Tensor(np.ndarray, metaclass=_AnyTensor):
    """An array with the method that scripts for TensorFlow call on results; a tape that watches it sees operators.

    >>> np.ones(2).view(Tensor).numpy()
    array([1., 1.])
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return np.asarray(array).view(Tensor)

    __add__, __radd__ = _recorded("__add__", "add"), _recorded("__radd__", "add", True)
    __sub__, __rsub__ = _recorded("__sub__", "subtract"), _recorded("__rsub__", "subtract", True)
    __mul__, __rmul__ = _recorded("__mul__", "multiply"), _recorded("__rmul__", "multiply", True)
    __truediv__, __rtruediv__ = _recorded("__truediv__", "true_divide"), _recorded("__rtruediv__", "true_divide", True)
    __pow__, __rpow__ = _recorded("__pow__", "power"), _recorded("__rpow__", "power", True)
    __matmul__, __rmatmul__ = _recorded("__matmul__", "matmul"), _recorded("__rmatmul__", "matmul", True)
    __mod__, __floordiv__ = _recorded("__mod__", "mod"), _recorded("__floordiv__", "floor_divide")
    __neg__, __abs__ = _recorded("__neg__", "negative"), _recorded("__abs__", "abs")
    __getitem__ = _recorded("__getitem__", "getitem")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("'Tensor' object does not support item assignment. Change a copy: array = t.numpy().copy()")

    def numpy(self) -> Any:
        """The values as a plain array; of a scalar, the number."""
        return np.asarray(self) if self.ndim else np.asarray(self)[()]


class TensorSpec:
    """Shape and dtype of an array of an element; None stands for a size that is not known.

    >>> TensorSpec((None, 3), "int32")
    TensorSpec(shape=(None, 3), dtype='int32')
    """

    def __init__(self, shape: Any = None, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = None if shape is None else tuple(shape) if hasattr(shape, "__iter__") else (shape,)
        self.dtype = "string" if str(dtype) in ("string", "object", "str") else dtypes.standardize(dtype)
        self.name = name

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    @classmethod
    def of(cls, value: Any) -> Any:
        """The spec of an array; of anything else, the thing itself."""
        if not isinstance(value, np.ndarray):
            return value
        return cls(value.shape, "string" if value.dtype.kind == "O" else value.dtype.name)

    def grown(self, rows: int | None) -> TensorSpec:
        """The spec of several such arrays, stacked."""
        return TensorSpec(None if self.shape is None else (rows, *self.shape), self.dtype)
