"""Arithmetic and choices of two values, with NumPy's broadcasting and Keras's promotion of dtypes."""

import math
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.types import Tensor
from fastnn.ops.forms import NUMBERS
from fastnn.ops.functions.comparison import equal, not_equal, where
from fastnn.ops.functions.elementwise import affine
from fastnn.ops.functions.operands import (
    calculate,
    cast_to,
    dtype_of,
    float_pair,
    floating,
    is_number,
    is_symbol,
    number,
    number_call,
    number_dtype,
    operand,
    result_dtype,
    traced,
)
from fastnn.ops.op import R

__all__ = ["add", "subtract", "multiply", "divide", "true_divide", "divide_no_nan", "floor_divide", "mod", "maximum",
           "minimum", "fmax", "fmin", "squared_difference", "clip", "fmod"]  # fmt: skip


# ------------------------------------------------------------------ public functions
def _call(op, x, y):
    """op on operands brought to their common dtype."""
    if is_symbol(x) and is_symbol(y) and x.dtype == y.dtype and x.dtype in NUMBERS:
        return op(x, y)
    return calculate(op, (x, y), result_dtype(x, y))


def _number(x, c):
    """Whether `x op c` is a float symbol and a number, for which an affine node does."""
    return is_number(c) and not is_number(x) and traced(x) and dtypes.is_float(dtype_of(operand(x)))


def _shift(x, scale, shift):
    """scale x + shift; a node that only scaled x is taken in."""
    node = x.node if scale == 1.0 and is_symbol(x) else None
    if node is not None and node.op.name == "affine" and node.attrs["shift"] == 0:
        scale, x = x.node.attrs["scale"], x.node.inputs[0]
    return affine(x, scale, shift)


def add(x1: Any, x2: Any) -> Tensor:
    """x1 + x2, broadcast.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> add([1.0, 2.0], 3.0)
    array([4., 5.], dtype=float32)
    """
    if _number(x1, x2):
        return _shift(x1, 1.0, float(x2))
    return _shift(x2, 1.0, float(x1)) if _number(x2, x1) else _call(R.add, x1, x2)


def subtract(x1: Any, x2: Any) -> Tensor:
    """x1 - x2, broadcast.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> subtract([1.0, 2.0], 3.0)
    array([-2., -1.], dtype=float32)
    """
    if _number(x1, x2):
        return _shift(x1, 1.0, -float(x2))
    return affine(x2, -1.0, float(x1)) if _number(x2, x1) else _call(R.subtract, x1, x2)


def multiply(x1: Any, x2: Any) -> Tensor:
    """x1 * x2, broadcast.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> multiply([1.0, 2.0], 3.0)
    array([3., 6.], dtype=float32)
    """
    if _number(x1, x2):
        return affine(x1, float(x2))
    return affine(x2, float(x1)) if _number(x2, x1) else _call(R.multiply, x1, x2)


def divide(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, broadcast; integers become floats.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> divide([1.0, 2.0], 4.0)
    array([0.25, 0.5 ], dtype=float32)
    """
    if _number(x1, x2) and x2 != 0 and math.frexp(x2)[0] in (0.5, -0.5):
        return affine(x1, 1.0 / x2)  # a power of two: the quotient is exact
    return float_pair(R.divide, x1, x2)


true_divide = divide


def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, and 0 where x2 is 0.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> divide_no_nan([1.0, 2.0], [0.0, 4.0])
    array([0. , 0.5], dtype=float32)
    """

    def quotient(x, y):
        zero = equal(y, 0)
        return where(zero, 0.0, divide(x, where(zero, 1.0, y)))

    return float_pair(quotient, x1, x2)


def floor_divide(x1: Any, x2: Any) -> Tensor:
    """floor(x1 / x2), broadcast.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> floor_divide([7, -7], 2)
    array([ 3, -4], dtype=int32)
    """
    return calculate(R.floor_divide, (x1, x2), number_dtype(x1, x2))


def mod(x1: Any, x2: Any) -> Tensor:
    """The remainder x1 - x2 * floor(x1 / x2); it has x2's sign.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> mod([7, -7], 3)
    array([1, 2], dtype=int32)
    """
    return calculate(R.mod, (x1, x2), number_dtype(x1, x2))


def maximum(x1: Any, x2: Any) -> Tensor:
    """The larger of x1 and x2, NaN where either is.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> maximum([1.0, 5.0], 3.0)
    array([3., 5.], dtype=float32)
    """
    if _number(x1, x2) and x2 == x2:
        return number_call(R.clip, x1, lo=float(x2), hi=math.inf)
    return _call(R.maximum, x1, x2)


def minimum(x1: Any, x2: Any) -> Tensor:
    """The smaller of x1 and x2, NaN where either is.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> minimum([1.0, 5.0], 3.0)
    array([1., 3.], dtype=float32)
    """
    if _number(x1, x2) and x2 == x2:  # gradients of arrays take more than one step
        return number_call(R.clip, x1, lo=-math.inf, hi=float(x2))
    return _call(R.minimum, x1, x2)


def fmax(x1: Any, x2: Any) -> Tensor:
    """The larger of x1 and x2; a number wins over NaN.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> fmax([float("nan")], [3.0])
    array([3.], dtype=float32)
    """
    return where(not_equal(x1, x1), x2, where(not_equal(x2, x2), x1, maximum(x1, x2)))


def fmin(x1: Any, x2: Any) -> Tensor:
    """The smaller of x1 and x2; a number wins over NaN.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> fmin([float("nan")], [3.0])
    array([3.], dtype=float32)
    """
    return where(not_equal(x1, x1), x2, where(not_equal(x2, x2), x1, minimum(x1, x2)))


def squared_difference(x1: Any, x2: Any) -> Tensor:
    """(x1 - x2)^2, broadcast.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> squared_difference([3.0], [1.0])
    array([4.], dtype=float32)
    """
    return _call(R.squared_difference, x1, x2)


def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """x with values below x_min raised to it and values above x_max lowered to it.

    Args:
        x: numbers of any shape.
        x_min, x_max: the bounds, numbers or arrays that broadcast against x.

    >>> clip([-1.0, 0.5, 2.0], 0, 1)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = number(x)
    numbers = all(isinstance(v, (int, float, np.generic)) and v == v for v in (x_min, x_max))
    if not numbers:
        if x_min is not None:
            x = maximum(x, cast_to(x_min, dtype_of(x)))
        return x if x_max is None else minimum(x, cast_to(x_max, dtype_of(x)))
    kind = float if dtypes.is_float(dtype_of(x)) else int
    if kind is int and any(v != int(v) for v in (float(x_min), float(x_max)) if np.isfinite(v)):
        x = floating(x)
        kind = float
    return number_call(R.clip, x, lo=kind(x_min), hi=kind(x_max))


def fmod(x1: Any, x2: Any) -> Tensor:
    """The remainder of x1 / x2 with x1's sign.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the dtype in which theirs meet.

    >>> fmod([-7.0], [3.0])
    array([-1.], dtype=float32)
    """
    return calculate(R.fmod, (x1, x2), number_dtype(x1, x2))
