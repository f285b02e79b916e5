"""Reductions of what is not NaN."""
import numpy as np

from fastnn.ops.binary import divide, subtract
from fastnn.ops.common import cast_to, dtype_of, floating
from fastnn.ops.compare import equal, where
from fastnn.ops.elementwise import isnan, sqrt, square
from fastnn.ops.host import cumprod
from fastnn.ops.reduce import argmax, argmin, cumsum, max, min, prod, sum

__all__ = ["nanmean", "nansum", "nanmax", "nanmin", "nanprod", "nanvar", "nanstd", "nancumsum", "nancumprod",
           "nanargmax", "nanargmin", "nanmedian", "nanquantile", "nanpercentile"]


def nansum(x, axis=None, keepdims=False):
    """The sum of what is not NaN.

    >>> nansum([1.0, float("nan")])
    array(1., dtype=float32)
    """
    return sum(where(isnan(x), 0, x), axis, keepdims)


def nanmean(x, axis=None, keepdims=False):
    """The mean of what is not NaN.

    >>> nanmean([1.0, float("nan")])
    array(1., dtype=float32)
    """
    x = floating(x)
    return divide(nansum(x, axis, keepdims), sum(cast_to(equal(x, x), dtype_of(x)), axis, keepdims))


def nanmax(x, axis=None, keepdims=False):
    """The largest value that is not NaN.

    >>> nanmax([1.0, float("nan")])
    array(1., dtype=float32)
    """
    return max(where(isnan(x), float("-inf"), x), axis, keepdims)


def nanmin(x, axis=None, keepdims=False):
    """The smallest value that is not NaN.

    >>> nanmin([1.0, float("nan")])
    array(1., dtype=float32)
    """
    return min(where(isnan(x), float("inf"), x), axis, keepdims)


def _without(x, value):
    x = floating(x)
    return where(isnan(x), value, x)


def nanprod(x, axis=None, keepdims=False):
    """The product of what is not NaN.

    >>> float(nanprod([2.0, float("nan")]))
    2.0
    """
    return prod(_without(x, 1.0), axis, keepdims)


def nancumsum(x, axis=None, dtype=None):
    """Running sums in which NaN counts as 0.

    >>> nancumsum([1.0, float("nan")])
    array([1., 1.], dtype=float32)
    """
    return cumsum(_without(x, 0.0), axis, dtype)


def nancumprod(x, axis=None, dtype=None):
    """Running products in which NaN counts as 1.

    >>> nancumprod([2.0, float("nan")])
    array([2., 2.], dtype=float32)
    """
    return cumprod(_without(x, 1.0), axis, dtype)


def nanvar(x, axis=None, keepdims=False):
    """The variance of what is not NaN.

    >>> float(nanvar([1.0, 3.0, float("nan")]))
    1.0
    """
    x = floating(x)
    return nanmean(square(subtract(x, nanmean(x, axis, True))), axis, keepdims)


def nanstd(x, axis=None, keepdims=False):
    """The standard deviation of what is not NaN.

    >>> float(nanstd([1.0, 3.0, float("nan")]))
    1.0
    """
    return sqrt(nanvar(x, axis, keepdims))


def nanargmax(x, axis=None, keepdims=False):
    """The index of the first largest value that is not NaN.

    >>> int(nanargmax([1.0, float("nan"), 3.0]))
    2
    """
    return argmax(_without(x, float("-inf")), axis, keepdims)


def nanargmin(x, axis=None, keepdims=False):
    """The index of the first smallest value that is not NaN.

    >>> int(nanargmin([float("nan"), 1.0, 3.0]))
    1
    """
    return argmin(_without(x, float("inf")), axis, keepdims)


def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """quantile of what is not NaN. Takes arrays only: how many values that are depends on the data.

    >>> float(nanquantile([1.0, float("nan"), 3.0], 0.5))
    2.0
    """
    x = np.asarray(floating(x))
    return np.nanquantile(x, q, axis=axis, method=method, keepdims=keepdims).astype(x.dtype)


def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """percentile of what is not NaN. Takes arrays only.

    >>> float(nanpercentile([1.0, float("nan"), 3.0], 50))
    2.0
    """
    return nanquantile(x, np.asarray(q) / 100, axis, method, keepdims)


def nanmedian(x, axis=None, keepdims=False):
    """The median of what is not NaN. Takes arrays only.

    >>> float(nanmedian([1.0, float("nan"), 3.0]))
    2.0
    """
    return nanquantile(x, 0.5, axis, "midpoint", keepdims)
