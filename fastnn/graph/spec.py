"""Spec: the shape and dtype of one value."""
from typing import NamedTuple

from fastnn.core import dtypes
from fastnn.core.shapes import product


class Spec(NamedTuple):
    """Shape (ints; None in the first place = rows not known yet) and canonical dtype name."""
    shape: tuple
    dtype: str

    @property
    def size(self):
        """Number of elements."""
        return product(self.shape)

    @property
    def nbytes(self):
        """Bytes of the value."""
        return product(self.shape) * dtypes.itemsize(self.dtype)
