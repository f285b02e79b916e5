"""Operands of a step: symbols of the tape or arrays, in a given dtype."""

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.graph import Symbol, current


def is_symbolic(x):
    """Whether x is a symbol or a variable (anything that is not plain data)."""
    return isinstance(x, Symbol) or hasattr(x, "_fastnn_variable")


def snapshot(variable):
    """The value now: a symbol inside a trace, a copy outside."""
    return variable.value if current() is not None else variable.numpy()


def as_dtype(value, dtype):
    """A gradient (symbol or array) as an operand of `dtype`."""
    if is_symbolic(value):
        return value if value.dtype == dtype else ops.cast(value, dtype)
    return np.asarray(value, dtypes.numpy_type(dtype))


def number(value, like):
    """A constant of the dtype of `like`."""
    return np.asarray(value, dtypes.numpy_type(dtypes.standardize(like.dtype)))
