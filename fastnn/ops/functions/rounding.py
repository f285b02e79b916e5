"""Rounding, signs, and what takes the place of NaN and infinities."""

from typing import Any

from fastnn.core import dtypes
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import add, divide, floor_divide, mod, multiply, subtract
from fastnn.ops.functions.cast import saturate_cast
from fastnn.ops.functions.comparison import equal, greater, less, less_equal, where
from fastnn.ops.functions.constants import zeros_like
from fastnn.ops.functions.elementwise import abs, calculable, isnan, reciprocal
from fastnn.ops.functions.operands import cast_to, dtype_of, float_call, float_dtype, floating, is_whole, operand
from fastnn.ops.op import R

__all__ = ["signbit", "copysign", "heaviside", "isposinf", "isneginf", "nan_to_num", "nextafter", "round"]


def signbit(x: Any) -> Tensor:
    """Whether x is below 0, or -0.

    Args:
        x: numbers of any shape.

    >>> signbit([1.0, -1.0])
    array([False,  True])
    """
    x = operand(x)
    if is_whole(x):
        return less(x, 0)
    return less(where(equal(x, 0), reciprocal(x), x), 0)


def copysign(x1: Any, x2: Any) -> Tensor:
    """|x1| with x2's sign.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> copysign([1.0], [-2.0])
    array([-1.], dtype=float32)
    """
    a = abs(floating(x1))
    return where(signbit(x2), multiply(a, -1.0), a)


def heaviside(x1: Any, x2: Any) -> Tensor:
    """The step function of x1: 0 below 0, 1 above, x2 at 0; NaN for NaN.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> heaviside([-1.0, 0.0, 2.0], 0.5)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = cast_to(x1, float_dtype(x1, x2))
    step = cast_to(less_equal(0, x), dtype_of(x))
    return where(equal(x, 0), cast_to(x2, dtype_of(x)), where(equal(x, x), step, x))


def isposinf(x: Any) -> Tensor:
    """Where x is +infinity.

    Args:
        x: numbers of any shape.

    >>> isposinf([1.0, float("-inf")])
    array([False, False])
    """
    return equal(calculable(x), float("inf"))


def isneginf(x: Any) -> Tensor:
    """Where x is -infinity.

    Args:
        x: numbers of any shape.

    >>> isneginf([1.0, float("-inf")])
    array([False,  True])
    """
    return equal(calculable(x), float("-inf"))


def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Tensor:
    """x with NaN replaced by `nan` and infinities by the given numbers (the largest ones of the dtype); integers stay.

    Args:
        x: numbers of any shape.
        nan: the number in place of NaN.
        posinf, neginf: the numbers in place of the infinities; if None the largest and the smallest of the dtype.

    >>> nan_to_num([float("nan"), 1.0])
    array([0., 1.], dtype=float32)
    """
    x = operand(x)
    if is_whole(x):
        return x
    info = dtypes.finfo(dtype_of(x))
    x = where(isnan(x), nan, x)
    x = where(isposinf(x), float(info.max) if posinf is None else posinf, x)
    return where(isneginf(x), float(info.min) if neginf is None else neginf, x)


def round(x: Any, decimals: Any = 0) -> Tensor:
    """x rounded to `decimals` places (below 0: to tens, hundreds, ...), halves to the even digit; the dtype stays.

    Args:
        x: numbers of any shape.
        decimals: how many places stay behind the point, an int.

    >>> round([0.5, 1.5, 2.6])
    array([0., 2., 3.], dtype=float32)
    """
    x = operand(x)
    if is_whole(x):
        return x if decimals >= 0 else _whole_tens(x, 10**-decimals)
    scale = 10.0**decimals
    return float_call(lambda v: R.round(v) if not decimals else divide(R.round(multiply(v, scale)), scale), x)


def _whole_tens(x, unit):
    """Integers rounded to multiples of `unit`; what its dtype does not hold becomes the next end of its range."""
    name = dtype_of(x)
    if unit >= 2**31 or name == "bool":
        return zeros_like(x)
    x = cast_to(x, "int64")
    low = floor_divide(x, unit)
    twice = multiply(subtract(x, multiply(low, unit)), 2)
    up = greater(add(twice, mod(low, 2)), unit)
    return saturate_cast(multiply(add(low, cast_to(up, "int64")), unit), name)


def nextafter(x1: Any, x2: Any) -> Tensor:
    """The float next to x1 in the direction of x2.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> float(nextafter(1.0, 2.0) - 1.0)
    1.1920928955078125e-07
    """
    kind = float_dtype(x1, x2)
    return R.nextafter(cast_to(x1, kind), cast_to(x2, kind))
