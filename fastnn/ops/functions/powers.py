"""Powers, roots and logarithms."""

from typing import Any

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import clip, multiply, subtract
from fastnn.ops.functions.bits import right_shift
from fastnn.ops.functions.elementwise import affine, reciprocal, rsqrt, sqrt, square
from fastnn.ops.functions.operands import (
    calculate,
    cast_to,
    dtype_of,
    float_call,
    float_pair,
    floating,
    is_number,
    number_dtype,
    operand,
)
from fastnn.ops.op import R

__all__ = ["power", "float_power", "exp2", "log2", "log10", "cbrt", "logaddexp", "ldexp", "logaddexp2"]


def power(x1: Any, x2: Any) -> Tensor:
    """x1 to the power x2, broadcast.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> power([2.0, 3.0], 2)
    array([4., 9.], dtype=float32)
    """
    if is_number(x2) and not is_number(x1):
        x = operand(x1)
        if x2 == 1:
            return cast_to(x, number_dtype(x1, x2))
        if x2 in (2, 3, 4):
            x = cast_to(x, number_dtype(x1, x2))
            s = square(x)
            return s if x2 == 2 else multiply(s, x) if x2 == 3 else square(s)
        if dtypes.is_inexact(dtype_of(x)) and x2 in (0.5, -0.5, -1):
            return {0.5: sqrt, -0.5: rsqrt, -1: reciprocal}[x2](x)
    dtype = number_dtype(x1, x2)
    if is_number(x2) and x2 < 0 and not dtypes.is_inexact(dtype):
        raise ArgumentError(f"power: integers to the negative power {x2} are not integers; cast them to a float dtype.")
    return calculate(R.power, (x1, x2), dtype)


# ------------------------------------------------------------------ small ones
def float_power(x1: Any, x2: Any) -> Tensor:
    """x1 to the power x2, as floats.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> float_power([2], 3)
    array([8.], dtype=float32)
    """
    return power(floating(x1), x2)


def exp2(x: Any) -> Tensor:
    """2 to the power x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> exp2([3.0])
    array([8.], dtype=float32)
    """
    return float_call(lambda v: power(2.0, v), x)


def log2(x: Any) -> Tensor:
    """The logarithm of x to base 2; -inf for 0, NaN below.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> log2([8.0])
    array([3.], dtype=float32)
    """
    return float_call(lambda v: affine(R.log(v), 1.4426950408889634), x)


def log10(x: Any) -> Tensor:
    """The logarithm of x to base 10; -inf for 0, NaN below.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> log10([1.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: affine(R.log(v), 0.4342944819032518), x)


def cbrt(x: Any) -> Tensor:
    """The real cube root of x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> cbrt([-8.0])
    array([-2.], dtype=float32)
    """
    return float_call(lambda v: multiply(R.sign(v), power(R.abs(v), 1 / 3)), x)


def logaddexp(x1: Any, x2: Any) -> Tensor:
    """log(e^x1 + e^x2), without overflow.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> logaddexp([0.0], [0.0])
    array([0.6931472], dtype=float32)
    """
    return float_pair(R.logaddexp, x1, x2)


def ldexp(x1: Any, x2: Any) -> Tensor:
    """x1 * 2^x2.

    Args:
        x1: numbers; integers become the default float type.
        x2: integers; their shape broadcasts with x1's.

    >>> ldexp([3.0], [2])
    array([12.], dtype=float32)
    """
    x, name = floating(x1), dtype_of(floating(x1))
    # in four factors, none of which overflows; more than 1100 halvings or doublings do not change what is left
    n = cast_to(clip(operand(x2), -1100, 1100), "int32")
    quarter = right_shift(n, 2)
    for part in (quarter, quarter, quarter, subtract(n, multiply(quarter, 3))):
        x = multiply(x, cast_to(power(2.0, cast_to(part, "float64")), "float64"))
    return cast_to(x, name)


def logaddexp2(x1: Any, x2: Any) -> Tensor:
    """log2(2^x1 + 2^x2), without overflow.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> logaddexp2([0.0], [0.0])
    array([1.], dtype=float32)
    """
    return float_pair(R.logaddexp2, x1, x2)
