"""The part of `keras.backend` that knows dtypes."""

import numpy as np

from fastnn.core import dtypes
from fastnn.ops.functions.operands import result_dtype


def is_float_dtype(dtype):
    """Whether a dtype name is a float's.

    Args:
        dtype: a name.

    >>> is_float_dtype("float16")
    True
    """
    return dtypes.is_float(dtypes.standardize(dtype))


def is_int_dtype(dtype):
    """Whether a dtype name is an integer's.

    Args:
        dtype: a name.

    >>> is_int_dtype("int8")
    True
    """
    return not is_float_dtype(dtype) and "int" in dtypes.standardize(dtype)


def result_type(*given):
    """The dtype in which values of these dtypes meet.

    Args:
        given: names of dtypes, values that have one, or Python's int and float, which take the dtype of what they meet.

    >>> result_type("int32", "float32"), result_type("int8", int), result_type("int8", float), result_type()
    ('float32', 'int8', 'float32', 'float32')
    """
    if not given:
        return dtypes.standardize(None)
    values = [d(1) if d is int or d is float else np.zeros((), dtypes.numpy_type(dtypes.standardize(d))) for d in
              (d if isinstance(d, type) else getattr(d, "dtype", d) for d in given)]  # fmt: skip
    return result_dtype(*values)
