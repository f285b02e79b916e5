"""Quantiles, percentiles and medians, of all values or of what is not NaN."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import add, maximum, multiply, subtract
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.elementwise import ceil, floor
from fastnn.ops.functions.indexing import take, take_along_axis
from fastnn.ops.functions.layout import reshape, transpose
from fastnn.ops.functions.operands import cast_to, dtype_of, floating
from fastnn.ops.functions.order import sort
from fastnn.ops.functions.reduction import sum
from fastnn.ops.functions.rounding import round

__all__ = ["quantile", "percentile", "median", "nanquantile", "nanpercentile", "nanmedian"]

# how far from the lower neighbour towards the upper one, from the place among the sorted values and its roundings
METHODS = {
    "linear": lambda place, low, high, nearest: place - low,
    "lower": lambda place, low, high, nearest: low * 0.0,
    "higher": lambda place, low, high, nearest: (high > low) * 1.0,
    "midpoint": lambda place, low, high, nearest: (high > low) * 0.5,
    "nearest": lambda place, low, high, nearest: nearest - low,
}


def _sorted_rows(name, x, axis, method):
    """(x as an operand, its axes that are reduced, the values along those in one last axis, sorted: NaN comes last)."""
    if method not in METHODS:
        raise ArgumentError(f"{name}: received method={method!r}, expected one of {', '.join(map(repr, METHODS))}.")
    x = floating(x)
    rank = len(x.shape)
    axes = range(rank) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(normalize_axis(a, rank) for a in axes)
    rest = [i for i in range(rank) if i not in axes]
    rows = reshape(transpose(x, rest + list(axes)), (*(x.shape[i] for i in rest), product(x.shape[i] for i in axes)))
    return x, axes, sort(rows, -1)


def _between(a, b, weight):
    y = add(a, multiply(subtract(b, a), weight))
    return where(equal(a, b), a, y)  # of two infinities too


def _in_order(y, x, axes, q, keepdims):
    """Results with the fractions last in the shape that quantile gives."""
    if keepdims:
        y = reshape(y, (*(1 if i in axes else d for i, d in enumerate(x.shape)), *q.shape))
    if q.ndim:  # the fractions come first
        r = len(y.shape)
        y = transpose(y, [*range(r - q.ndim, r), *range(r - q.ndim)])
    return y


# ------------------------------------------------------------------ order statistics
def quantile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Tensor:
    """The values below which the fractions q of x lie; NaN if one value of x is.

    Args:
        x: numbers of any shape; integers become the default float type.
        q: fractions in [0, 1], a number or a vector, which then is the first dimension of the result.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        method: between two neighbours: "linear", "lower", "higher", "nearest" or "midpoint".
        keepdims: whether the axes gone over stay, with size 1.

    >>> quantile([1.0, 2.0, 4.0], 0.5)
    array(2., dtype=float32)
    """
    x, axes, rows = _sorted_rows("quantile", x, axis, method)
    last, n = len(rows.shape) - 1, rows.shape[-1]
    q = np.asarray(q, np.float64)
    place = q * (n - 1)
    low, high = np.floor(place).astype(np.int32), np.ceil(place).astype(np.int32)
    weight = METHODS[method](place, low, high, np.round(place))
    a, b = (take(rows, v, axis=last) for v in (low, high))
    y = _between(a, b, np.asarray(weight, dtypes.numpy_type(dtype_of(x))))
    largest = take(rows, np.full(q.shape, n - 1, np.int32), axis=last)
    return _in_order(where(equal(largest, largest), y, largest), x, axes, q, keepdims)


def percentile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` with q in percent.

    Args:
        x: numbers of any shape; integers become the default float type.
        q: percentages in [0, 100], a number or a vector, which then is the first dimension of the result.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        method: between two neighbours: "linear", "lower", "higher", "nearest" or "midpoint".
        keepdims: whether the axes gone over stay, with size 1.

    >>> percentile([1.0, 2.0, 4.0], 50)
    array(2., dtype=float32)
    """
    return quantile(x, np.asarray(q, np.float64) / 100, axis, method, keepdims)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The middle value of x, or the mean of the two middle ones.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> median([1.0, 2.0, 4.0, 5.0])
    array(3., dtype=float32)
    """
    return quantile(x, 0.5, axis, "midpoint", keepdims)


def nanquantile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` of what in x is not NaN; NaN where there is nothing else.

    Args:
        x: numbers of any shape; integers become the default float type.
        q: fractions in [0, 1], a number or a vector, which then is the first dimension of the result.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        method: as in `quantile`.
        keepdims: whether the axes gone over stay, with size 1.

    >>> float(nanquantile([1.0, float("nan"), 3.0], 0.5))
    2.0
    """
    x, axes, rows = _sorted_rows("nanquantile", x, axis, method)
    q = np.asarray(q, np.float64)
    count = sum(cast_to(equal(rows, rows), "int32"), -1, keepdims=True)
    place = multiply(cast_to(maximum(subtract(count, 1), 0), "float64"), q.reshape(-1))
    low, high = cast_to(floor(place), "int32"), cast_to(ceil(place), "int32")
    weight = METHODS[method](place, cast_to(low, "float64"), cast_to(high, "float64"), round(place))
    a, b = (take_along_axis(rows, v, -1) for v in (low, high))
    y = _between(a, b, cast_to(weight, dtype_of(x)))
    y = where(equal(count, 0), float("nan"), y)
    return _in_order(reshape(y, (*rows.shape[:-1], *q.shape)), x, axes, q, keepdims)


def nanpercentile(x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: bool = False) -> Tensor:
    """`percentile` of what in x is not NaN; NaN where there is nothing else.

    Args:
        x: numbers of any shape; integers become the default float type.
        q: percentages in [0, 100], a number or a vector, which then is the first dimension of the result.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        method: as in `quantile`.
        keepdims: whether the axes gone over stay, with size 1.

    >>> float(nanpercentile([1.0, float("nan"), 3.0], 50))
    2.0
    """
    return nanquantile(x, np.asarray(q, np.float64) / 100, axis, method, keepdims)


def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The median of what in x is not NaN; NaN where there is nothing else.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> float(nanmedian([1.0, float("nan"), 3.0]))
    2.0
    """
    return nanquantile(x, 0.5, axis, "midpoint", keepdims)
