"""Reductions of what is not NaN."""

from typing import Any

from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import divide, subtract
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.elementwise import isnan, sqrt, square
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, is_whole, operand
from fastnn.ops.functions.reduction import all, argmax, argmin, cumprod, cumsum, max, min, prod, sum

__all__ = ["nansum", "nanmean", "nanmax", "nanmin", "nanprod", "nancumsum", "nancumprod", "nanvar", "nanstd",
           "nanargmax", "nanargmin"]  # fmt: skip


def _without(x, value):
    """x with NaN replaced; integers have none and stay what they are."""
    x = operand(x)
    return x if is_whole(x) else where(isnan(x), value, x)


def _extreme(reduction, x, axis, keepdims, value):
    """max or min of what is not NaN; NaN where there is nothing else."""
    y = reduction(_without(x, value), axis, keepdims)
    return y if is_whole(y) else where(all(isnan(x), axis, keepdims), float("nan"), y)


def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum of what in x is not NaN.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> nansum([1.0, float("nan")])
    array(1., dtype=float32)
    """
    return sum(_without(x, 0.0), axis, keepdims)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean of what in x is not NaN.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> nanmean([1.0, float("nan")])
    array(1., dtype=float32)
    """
    x = floating(x)
    return divide(nansum(x, axis, keepdims), sum(cast_to(equal(x, x), dtype_of(x)), axis, keepdims))


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest value of x that is not NaN; NaN where all are.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> nanmax([1.0, float("nan")])
    array(1., dtype=float32)
    """
    return _extreme(max, x, axis, keepdims, float("-inf"))


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest value of x that is not NaN; NaN where all are.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> nanmin([1.0, float("nan")])
    array(1., dtype=float32)
    """
    return _extreme(min, x, axis, keepdims, float("inf"))


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The product of what in x is not NaN.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> float(nanprod([2.0, float("nan")]))
    2.0
    """
    return prod(_without(x, 1.0), axis, keepdims)


def nancumsum(x: Any, axis: Any = None, dtype: Any = None) -> Tensor:
    """Running sums of x, in which NaN counts as 0.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        dtype: the dtype of the result; x's by default.

    >>> nancumsum([1.0, float("nan")])
    array([1., 1.], dtype=float32)
    """
    return cumsum(_without(x, 0.0), axis, dtype)


def nancumprod(x: Any, axis: Any = None, dtype: Any = None) -> Tensor:
    """Running products of x, in which NaN counts as 1.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        dtype: the dtype of the result; x's by default.

    >>> nancumprod([2.0, float("nan")])
    array([2., 2.], dtype=float32)
    """
    return cumprod(_without(x, 1.0), axis, dtype)


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The variance (divided by n) of what in x is not NaN.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> float(nanvar([1.0, 3.0, float("nan")]))
    1.0
    """
    x = floating(x)
    there = equal(x, x)
    squares = where(there, square(subtract(x, nanmean(x, axis, True))), 0.0)
    return divide(sum(squares, axis, keepdims), sum(cast_to(there, dtype_of(x)), axis, keepdims))


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The standard deviation of what in x is not NaN.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> float(nanstd([1.0, 3.0, float("nan")]))
    1.0
    """
    return sqrt(nanvar(x, axis, keepdims))


def _place(reduction, x, axis, keepdims, value):
    """argmax or argmin of what is not NaN; -1 where there is nothing else."""
    x = operand(x)
    y = reduction(_without(x, value), axis, keepdims)
    return y if is_whole(x) else where(all(isnan(x), axis, keepdims), -1, y)


def nanargmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The index (int32) of the first largest value of x that is not NaN; -1 where all are.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        keepdims: whether the axis stays, with size 1.

    >>> int(nanargmax([1.0, float("nan"), 3.0]))
    2
    """
    return _place(argmax, x, axis, keepdims, float("-inf"))


def nanargmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The index (int32) of the first smallest value of x that is not NaN; -1 where all are.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        keepdims: whether the axis stays, with size 1.

    >>> int(nanargmin([float("nan"), 1.0, 3.0]))
    1
    """
    return _place(argmin, x, axis, keepdims, float("inf"))
