"""Element-wise functions of one value."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError
from fastnn.core.types import Tensor
from fastnn.ops.forms import FLOATS
from fastnn.ops.functions.operands import (
    cast_to,
    dtype_of,
    float_call,
    floating,
    is_whole,
    number,
    number_call,
    operand,
)
from fastnn.ops.op import R

__all__ = ["negative", "abs", "absolute", "square", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt",
           "reciprocal", "floor", "ceil", "trunc", "sin", "cos", "erf", "affine", "isnan", "isinf", "isfinite",
           "logical_not", "stop_gradient", "fabs", "erfc"]  # fmt: skip


# ------------------------------------------------------------------ public functions
def negative(x: Any) -> Tensor:
    """-x, element by element; the dtype stays.

    Args:
        x: numbers of any shape.

    >>> negative([1, -2])
    array([-1,  2], dtype=int32)
    """
    return number_call(R.negative, x)


def abs(x: Any) -> Tensor:
    """|x|, element by element; the dtype stays.

    Args:
        x: numbers of any shape.

    >>> abs([1.0, -2.0])
    array([1., 2.], dtype=float32)
    """
    return number_call(R.abs, x)


absolute = abs


def square(x: Any) -> Tensor:
    """x * x, element by element.

    Args:
        x: numbers of any shape; truth values count as int32.

    >>> square([3, -2])
    array([9, 4], dtype=int32)
    """
    return number_call(R.square, number(x))


def sign(x: Any) -> Tensor:
    """-1, 0 or 1 (NaN for NaN), in x's dtype.

    Args:
        x: numbers of any shape.

    >>> sign([3.0, 0.0, -2.0])
    array([ 1.,  0., -1.], dtype=float32)
    """
    return number_call(R.sign, x)


def exp(x: Any) -> Tensor:
    """e to the power x; integers become floats.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> exp([0, 1])
    array([1.       , 2.7182817], dtype=float32)
    """
    return float_call(R.exp, x)


def expm1(x: Any) -> Tensor:
    """e^x - 1, accurate near 0.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> expm1([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.expm1, x)


def log(x: Any) -> Tensor:
    """The natural logarithm of x; -inf for 0, NaN below.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> log([1.0, 0.0])
    array([  0., -inf], dtype=float32)
    """
    return float_call(R.log, x)


def log1p(x: Any) -> Tensor:
    """log(1 + x), accurate near 0.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> log1p([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.log1p, x)


def sqrt(x: Any) -> Tensor:
    """The square root of x; NaN below 0.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> sqrt([9.0])
    array([3.], dtype=float32)
    """
    return float_call(R.sqrt, x)


def rsqrt(x: Any) -> Tensor:
    """1 / sqrt(x).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> rsqrt([4.0])
    array([0.5], dtype=float32)
    """
    return float_call(R.rsqrt, x)


def reciprocal(x: Any) -> Tensor:
    """1 / x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> reciprocal([4.0])
    array([0.25], dtype=float32)
    """
    return float_call(R.reciprocal, x)


def floor(x: Any) -> Tensor:
    """The largest integer <= x, as a float.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> floor([1.5, -1.5])
    array([ 1., -2.], dtype=float32)
    """
    return float_call(R.floor, x)


def ceil(x: Any) -> Tensor:
    """The smallest integer >= x, as a float.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> ceil([1.5, -1.5])
    array([ 2., -1.], dtype=float32)
    """
    return float_call(R.ceil, x)


def trunc(x: Any) -> Tensor:
    """x without its fraction; integers stay what they are.

    Args:
        x: numbers of any shape.

    >>> trunc([1.5, -1.5])
    array([ 1., -1.], dtype=float32)
    """
    x = operand(x)
    return x if is_whole(x) else float_call(R.trunc, x)


def sin(x: Any) -> Tensor:
    """The sine of x in radians.

    Args:
        x: radians, any shape; integers become the default float type.

    >>> sin([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.sin, x)


def cos(x: Any) -> Tensor:
    """The cosine of x in radians.

    Args:
        x: radians, any shape; integers become the default float type.

    >>> cos([0.0])
    array([1.], dtype=float32)
    """
    return float_call(R.cos, x)


def erf(x: Any) -> Tensor:
    """The error function of x: 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> erf([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.erf, x)


def affine(x: Any, scale: Any = 1.0, shift: Any = 0.0) -> Tensor:
    """x * scale + shift with two numbers, in x's dtype; one pass, and one rounding where the product is exact.

    Args:
        x: numbers of any shape.
        scale, shift: Python numbers.

    >>> affine([1.0, 2.0], 2.0, 1.0)
    array([3., 5.], dtype=float32)
    """
    return number_call(R.affine, x, scale=scale, shift=shift)


def isnan(x: Any) -> Tensor:
    """Where x is not a number, as truth values.

    Args:
        x: numbers of any shape.

    >>> isnan([1.0, float("nan")])
    array([False,  True])
    """
    return R.isnan(calculable(x))


def isinf(x: Any) -> Tensor:
    """Where x is infinite.

    Args:
        x: numbers of any shape.

    >>> isinf([1.0, float("-inf")])
    array([False,  True])
    """
    return R.isinf(calculable(x))


def isfinite(x: Any) -> Tensor:
    """Where x is neither infinite nor NaN.

    Args:
        x: numbers of any shape.

    >>> isfinite([1.0, float("inf")])
    array([ True, False])
    """
    return R.isfinite(calculable(x))


def calculable(x):
    """x in a float dtype that kernels calculate in."""
    x = floating(x)
    return cast_to(x, "float32") if dtype_of(x) not in FLOATS else x


def logical_not(x: Any) -> Tensor:
    """True where x is 0 or False.

    Args:
        x: values of any shape; any number but 0 counts as true.

    >>> logical_not([True, False])
    array([False,  True])
    """
    return R.logical_not(cast_to(x, "bool"))


def stop_gradient(variable: Any) -> Tensor:
    """The value itself, through which no gradient flows.

    Args:
        variable: a value or variable of any shape; its dtype stays.

    >>> stop_gradient([1.0])
    array([1.], dtype=float32)
    """
    x = operand(variable)
    return x.view() if isinstance(x, np.ndarray) else R.stop_gradient(x)  # a tape may watch x, not this


def fabs(x: Any) -> Tensor:
    """|x| as a float.

    Args:
        x: numbers of any shape; integers become the default float type. DTypeError for complex numbers.

    >>> fabs([-1])
    array([1.], dtype=float32)
    """
    x = floating(x)
    if dtype_of(x) in dtypes.COMPLEX:
        raise DTypeError(f"fabs does not support complex inputs. Received: x.dtype={dtype_of(x)}; use abs.")
    return abs(x)


def erfc(x: Any) -> Tensor:
    """1 - erf(x), with all its digits where erf(x) is near 1.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> erfc([0.0])
    array([1.], dtype=float32)
    """
    return float_call(R.erfc, x)
