"""Activations with exact zeros or thresholds, and the gated linear unit."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.core.types import Tensor
from fastnn.ops.functions import elementwise
from fastnn.ops.functions.arithmetic import add, clip, divide, multiply, subtract
from fastnn.ops.functions.comparison import greater, where
from fastnn.ops.functions.elementwise import affine, sqrt, square
from fastnn.ops.functions.layout import moveaxis, split
from fastnn.ops.functions.operands import cast_to, dtype_of, float_call, floating, reserve
from fastnn.ops.functions.order import sort
from fastnn.ops.functions.reduction import cumsum, sum
from fastnn.ops.functions.slicing import flip
from fastnn.ops.op import R

__all__ = ["tanh_shrink", "hard_shrink", "soft_shrink", "squareplus", "threshold", "sparse_plus", "glu",
           "sparse_sigmoid", "sparsemax"]  # fmt: skip


def tanh_shrink(x: Any) -> Tensor:
    """x - tanh(x).

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> tanh_shrink([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: subtract(v, R.tanh(v)), x)


def hard_shrink(x: Any, threshold: Any = 0.5) -> Tensor:
    """x where |x| > threshold, else 0.

    Args:
        x: numbers of any shape; integers become the default float type.
        threshold: a number >= 0.

    >>> hard_shrink([0.2, -1.0])
    array([ 0., -1.], dtype=float32)
    """
    return float_call(lambda v: where(greater(elementwise.abs(v), threshold), v, 0.0), x)


def soft_shrink(x: Any, threshold: Any = 0.5) -> Tensor:
    """x moved towards 0 by threshold, 0 where |x| <= threshold.

    Args:
        x: numbers of any shape; integers become the default float type.
        threshold: a number >= 0.

    >>> soft_shrink([0.2, -1.0])
    array([ 0. , -0.5], dtype=float32)
    """
    return float_call(lambda v: subtract(v, clip(v, -float(threshold), float(threshold))), x)


def squareplus(x: Any, b: Any = 4) -> Tensor:
    """(x + sqrt(x^2 + b)) / 2.

    Args:
        x: numbers of any shape; integers become the default float type.
        b: a number; larger ones bend less (Barron, 2021).

    >>> squareplus([0.0])
    array([1.], dtype=float32)
    """
    return float_call(lambda v: affine(add(v, sqrt(affine(square(v), 1.0, float(b)))), 0.5), x)


def threshold(x: Any, threshold: Any, default_value: Any) -> Tensor:
    """x where x > threshold, else default_value.

    Args:
        x: numbers of any shape; integers become the default float type.
        threshold: a number.
        default_value: a number.

    >>> threshold([1.0, 3.0], 2.0, 0.0)
    array([0., 3.], dtype=float32)
    """
    return float_call(lambda v: where(greater(v, float(threshold)), v, float(default_value)), x)


def sparse_plus(x: Any) -> Tensor:
    """0 for x <= -1, x for x >= 1, (x + 1)^2 / 4 between.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> sparse_plus([-2.0, 0.0, 3.0])
    array([0.  , 0.25, 3.  ], dtype=float32)
    """
    # x - 1 above 1, and the square of what lies within [-1, 1]
    return float_call(
        lambda v: add(affine(square(affine(clip(v, -1.0, 1.0), 1.0, 1.0)), 0.25), R.relu(affine(v, 1.0, -1.0))), x
    )


def glu(x: Any, axis: Any = -1) -> Tensor:
    """The first half of x along an axis, times the sigmoid of the second.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: an int; its size is even.

    >>> glu([1.0, 0.0])
    array([0.5], dtype=float32)
    """

    def halves(v):
        if (n := v.shape[normalize_axis(axis, len(v.shape))]) is not None and n % 2:
            raise ShapeError(f"axis size must be divisible by 2. Received: x.shape={tuple(v.shape)} with axis={axis}")
        a, b = split(v, 2, axis)
        return multiply(a, R.sigmoid(b))

    return float_call(halves, x)


def sparse_sigmoid(x: Any) -> Tensor:
    """0 for x <= -1, 1 for x >= 1, (x + 1) / 2 between.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> sparse_sigmoid([-2.0, 0.0, 2.0])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return clip(affine(floating(x), 0.5, 0.5), 0.0, 1.0)


def sparsemax(x: Any, axis: Any = -1) -> Tensor:
    """The projection of x onto the probabilities along an axis (Martins and Astudillo 2016): many exact zeros.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: an int.

    >>> sparsemax([0.1, 2.0])
    array([0., 1.], dtype=float32)
    """
    x = moveaxis(floating(x), axis, -1)
    falling = flip(sort(x, -1), -1)
    n = x.shape[-1]
    reserve(n)
    k = np.arange(1, n + 1, dtype=dtypes.numpy_type(dtype_of(x)))
    total = cumsum(falling, -1)
    inside = cast_to(greater(affine(multiply(falling, k), 1.0, 1.0), total), dtype_of(x))
    count = sum(inside, -1, True)
    tau = divide(affine(sum(multiply(falling, inside), -1, True), 1.0, -1.0), count)
    return moveaxis(R.relu(subtract(x, tau)), -1, axis)
