"""What a pipeline gives: arrays with the method numpy(), and what they look like."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import dtypes


class Tensor(np.ndarray):
    """An array with the method that scripts for TensorFlow call on results.

    >>> np.ones(2).view(Tensor).numpy()
    array([1., 1.])
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return np.asarray(array).view(Tensor)

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
