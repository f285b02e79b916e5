"""Element-wise functions that are a line of others."""
import numpy as np

from fastnn.core import dtypes
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.common import composite, dtype_of, float_call, is_whole, operand
from fastnn.ops.functions.binary import divide, multiply, power
from fastnn.ops.functions.compare import equal
from fastnn.ops.functions.elementwise import _abs, _calculable, _cos, _log, _ops, _sign, _sin, affine, isnan

__all__ = ["log2", "log10", "exp2", "tan", "nan_to_num", "isposinf", "isneginf", "deg2rad", "rad2deg", "cbrt"]


def exp2(x):
    """2 to the power x.

    >>> exp2([3.0])
    array([8.], dtype=float32)
    """
    return float_call(lambda v: power(2.0, v), x)


def log2(x):
    """The logarithm to base 2.

    >>> log2([8.0])
    array([3.], dtype=float32)
    """
    return float_call(lambda v: affine(_log(v), 1.4426950408889634), x)


def log10(x):
    """The logarithm to base 10.

    >>> log10([1.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: affine(_log(v), 0.4342944819032518), x)


def cbrt(x):
    """The real cube root.

    >>> cbrt([-8.0])
    array([-2.], dtype=float32)
    """
    return float_call(lambda v: multiply(_sign(v), power(_abs(v), 1 / 3)), x)


def tan(x):
    """The tangent of x in radians.

    >>> tan([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: divide(_sin(v), _cos(v)), x)


def deg2rad(x):
    """Degrees as radians.

    >>> deg2rad([180.0])
    array([3.1415927], dtype=float32)
    """
    return float_call(lambda v: multiply(v, np.pi / 180), x)


def rad2deg(x):
    """Radians as degrees.

    >>> rad2deg([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: multiply(v, 180 / np.pi), x)


def isposinf(x):
    """Where x is +infinity.

    >>> isposinf([1.0, float("-inf")])
    array([False, False])
    """
    return equal(_calculable(x), float("inf"))


def isneginf(x):
    """Where x is -infinity.

    >>> isneginf([1.0, float("-inf")])
    array([False,  True])
    """
    return equal(_calculable(x), float("-inf"))


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with NaN replaced by `nan` and infinities by the given numbers (the largest ones of the dtype); integers stay.

    >>> nan_to_num([float("nan"), 1.0])
    array([0., 1.], dtype=float32)
    """
    ops, x = _ops(), operand(x)
    if is_whole(x):
        return x
    info = np.finfo(dtypes.numpy_type(dtype_of(x)))
    x = ops.where(isnan(x), nan, x)
    x = ops.where(isposinf(x), float(info.max) if posinf is None else posinf, x)
    return ops.where(isneginf(x), float(info.min) if neginf is None else neginf, x)


composite("tan", tan, reference=reference.tan, low=-1.0, high=1.0, flops=60, doc="y = sin x / cos x")
