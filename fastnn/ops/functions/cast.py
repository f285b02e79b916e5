"""Conversion between dtypes."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import clip
from fastnn.ops.functions.comparison import equal, less, where
from fastnn.ops.functions.operands import dtype_of, operand
from fastnn.ops.records.cast import converted

__all__ = ["cast", "dtype", "saturate_cast", "view"]


def cast(x: Any, dtype: Any) -> Tensor:
    """x with its values converted to `dtype` (a name, a NumPy dtype or a Python type).

    Args:
        x: numbers of any shape.
        dtype: a name, a NumPy dtype or a Python type; floats lose their fraction where it is an integer's.

    >>> cast([1.7, 0.0], "int32")
    array([1, 0], dtype=int32)
    """
    found = converted(operand(x), dtypes.standardize(dtype))
    return found.value if hasattr(found, "_fastnn_variable") else found


# ------------------------------------------------------------------ dtypes
def dtype(x: Any) -> Tensor:
    """The name of x's dtype.

    Args:
        x: a number, an array, a symbol or a variable.

    >>> dtype([1.0])
    'float32'
    """
    return dtype_of(operand(x))


def saturate_cast(x: Any, dtype: Any) -> Tensor:
    """x in another dtype; values outside its range are moved to its ends, and NaN to 0.

    Args:
        x: numbers of any shape.
        dtype: a name, a NumPy dtype or a Python type.

    >>> saturate_cast([-1.0, 300.0], "uint8")
    array([  0, 255], dtype=uint8)
    """
    x, name = operand(x), dtypes.standardize(dtype)
    kind = np.dtype(dtypes.numpy_type(name))
    if kind.kind not in "iu":
        return cast(x, name)
    info = np.iinfo(kind)
    high = float(info.max)
    if dtype_of(x) == "float16":
        x = cast(x, "float32")
    if dtypes.is_float(dtype_of(x)):  # the largest float that is still within the range
        own = dtypes.numpy_type(dtype_of(x))
        high = float(own(info.max)) if float(own(info.max)) <= info.max else float(np.nextafter(own(info.max), own(0)))
        x = where(equal(x, x), x, 0.0)
        return where(less(high, x), np.array(info.max, kind), cast(clip(x, float(info.min), high), name))
    mine = np.iinfo(dtypes.numpy_type(dtype_of(x))) if dtype_of(x) != "bool" else info
    low = info.min if info.min > mine.min else mine.min
    top = info.max if info.max < mine.max else mine.max
    return cast(clip(x, int(low), int(top)), name)


def view(x: Any, dtype: Any = None) -> Tensor:
    """x's bytes read as another dtype of the same size. Takes arrays only.

    Args:
        x: an array of any shape.
        dtype: a dtype with as many bytes; the default float type if None.

    >>> view(np.array([1.0], "float32"), "int32")
    array([1065353216], dtype=int32)
    """
    return np.asarray(operand(x)).view(dtypes.numpy_type(dtypes.standardize(dtype)))
