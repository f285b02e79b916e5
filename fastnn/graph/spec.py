"""Spec: the shape and dtype of one value."""

from typing import NamedTuple

from fastnn.core import dtypes
from fastnn.core.shapes import product
from fastnn.core.types import Dims


class Spec(NamedTuple):
    """Shape (ints; None in the first place = rows not known yet) and canonical dtype name."""

    shape: Dims
    dtype: str

    @property
    def size(self) -> int:
        """Number of elements."""
        return product(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the value."""
        return product(self.shape) * dtypes.itemsize(self.dtype)
