"""Quantiles, percentiles and medians."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import add, multiply, subtract
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.indexing import take
from fastnn.ops.functions.layout import reshape, transpose
from fastnn.ops.functions.operands import dtype_of, floating
from fastnn.ops.functions.order import sort

__all__ = ["quantile", "percentile", "median"]


# ------------------------------------------------------------------ order statistics
def quantile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Tensor:
    """The values below which the fractions q of x lie, interpolated between neighbours by `method`; NaN if one is.

    >>> quantile([1.0, 2.0, 4.0], 0.5)
    array(2., dtype=float32)
    """
    if method not in ("linear", "lower", "higher", "nearest", "midpoint"):
        raise ArgumentError(
            f"quantile: received method={method!r}, expected 'linear', 'lower', 'higher', 'nearest' or 'midpoint'."
        )
    x = floating(x)
    rank = len(x.shape)
    axes = (
        tuple(range(rank))
        if axis is None
        else tuple(normalize_axis(a, rank) for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    )
    rest = [i for i in range(rank) if i not in axes]
    rows = reshape(transpose(x, rest + list(axes)), (*(x.shape[i] for i in rest), product(x.shape[i] for i in axes)))
    rows, n = sort(rows, -1), product(x.shape[i] for i in axes)
    q = np.asarray(q, np.float64)
    place = q * (n - 1)
    low, high = np.floor(place).astype(np.int32), np.ceil(place).astype(np.int32)
    weight = {
        "linear": place - low,
        "lower": low * 0.0,
        "higher": (high > low) * 1.0,
        "midpoint": (high > low) * 0.5,
        "nearest": np.round(place) - low,
    }[method]
    a, b = (take(rows, v, axis=len(rest)) for v in (low, high))
    y = add(a, multiply(subtract(b, a), np.asarray(weight, dtypes.numpy_type(dtype_of(x)))))
    y = where(equal(a, b), a, y)  # of two infinities too
    last = take(rows, np.full(q.shape, n - 1, np.int32), axis=len(rest))
    y = where(equal(last, last), y, last)  # NaN is sorted behind everything
    if keepdims:
        y = reshape(y, (*(1 if i in axes else d for i, d in enumerate(x.shape)), *q.shape))
    if q.ndim:  # the fractions come first
        r = len(y.shape)
        y = transpose(y, [*range(r - q.ndim, r), *range(r - q.ndim)])
    return y


def percentile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Tensor:
    """quantile with q in percent.

    >>> percentile([1.0, 2.0, 4.0], 50)
    array(2., dtype=float32)
    """
    return quantile(x, np.asarray(q, np.float64) / 100, axis, method, keepdims)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The middle value, or the mean of the two middle ones.

    >>> median([1.0, 2.0, 4.0, 5.0])
    array(3., dtype=float32)
    """
    return quantile(x, 0.5, axis, "midpoint", keepdims)
