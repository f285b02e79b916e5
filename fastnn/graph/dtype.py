"""The name of a dtype, with what libraries say of theirs."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError

LARGEST_BFLOAT16 = (2 - 2.0**-7) * 2.0**127


class DType(str):
    """The name of a dtype, with what NumPy's and TensorFlow's dtypes say of themselves.

    >>> DType("float32").name, DType("float32").itemsize, DType("int8").is_integer
    ('float32', 4, True)
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name."""
        return str(self)

    @property
    def as_numpy_dtype(self) -> type:
        """NumPy's type."""
        return np.dtype(dtypes.numpy_type(str(self))).type

    @property
    def type(self) -> type:
        """NumPy's type."""
        return self.as_numpy_dtype

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return dtypes.itemsize(str(self))

    size = itemsize

    @property
    def kind(self) -> str:
        """NumPy's letter of the kind."""
        return np.dtype(dtypes.numpy_type(str(self))).kind

    @property
    def is_floating(self) -> bool:
        """Whether it is a float dtype."""
        return dtypes.is_float(str(self))

    @property
    def is_integer(self) -> bool:
        """Whether it is an integer dtype."""
        return "int" in self

    @property
    def is_bool(self) -> bool:
        """Whether it is the dtype of truth values."""
        return self == "bool"

    @property
    def is_unsigned(self) -> bool:
        """Whether it is an integer dtype without negative numbers."""
        return self.startswith("uint")

    is_complex = False
    is_numpy_compatible = True

    @property
    def base_dtype(self) -> DType:
        """The dtype itself."""
        return self

    real_dtype = base_dtype

    def is_compatible_with(self, other: str) -> bool:
        """Whether another dtype is the same."""
        return self == other or self == getattr(other, "name", other)

    @property
    def max(self) -> Any:
        """The largest number; DTypeError (a TypeError) for truth values and text."""
        return self._bound("maximum")

    @property
    def min(self) -> Any:
        """The least number; DTypeError (a TypeError) for truth values and text."""
        return self._bound("minimum")

    def _bound(self, which: str) -> Any:
        if self == "bfloat16":
            return LARGEST_BFLOAT16 if which == "maximum" else -LARGEST_BFLOAT16
        if not self.is_floating and not self.is_integer:
            raise DTypeError(f"Cannot find {which} value of the dtype {str(self)!r}; expected one of numbers.")
        limits: Any = np.finfo(self) if self.is_floating else np.iinfo(self)
        return limits.max if which == "maximum" else limits.min


_dtypes: dict[str, DType] = {}


def dtype_of(name: str) -> DType:
    """The dtype of a name."""
    found = _dtypes.get(name)
    if found is None:
        found = _dtypes[name] = DType(name)
    return found
