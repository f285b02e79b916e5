"""Reductions over any axes: each is a chain of reductions of (outer, red, inner), whose sums have one fixed shape."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.shapes import normalize_axes, normalize_axis
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.kernels.reference import reduce as reference
from fastnn.ops.forms import WIDE, composite
from fastnn.ops.functions.arithmetic import add, clip, divide, maximum, minimum, multiply, subtract
from fastnn.ops.functions.comparison import where
from fastnn.ops.functions.elementwise import isfinite, sqrt, square, stop_gradient
from fastnn.ops.functions.layout import broadcast_to, ravel, reshape
from fastnn.ops.functions.operands import (
    calculate,
    cast_to,
    counted,
    dtype_of,
    floating,
    is_number,
    is_symbol,
    is_whole,
    number,
    operand,
    result_dtype,
)
from fastnn.ops.op import Array, Case, R

__all__ = ["cumprod", "sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all", "var", "std", "moments",
           "ptp", "argmax", "argmin", "count_nonzero", "logsumexp", "cumsum", "average"]  # fmt: skip


def sum_of_squares(x: Any) -> Any:
    """The sum of the squares of all values: in one pass, where x is not part of a functional graph.

    >>> sum_of_squares([3.0, 4.0])
    array(25., dtype=float32)
    """
    x = operand(x)
    if dtype_of(x) in ("float32", "float64") and (current() is not None or not is_symbol(x)):
        return R.sum_squares(x)
    return sum(square(x))


def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Tensor:
    """Running products of x along an axis.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        dtype: the dtype of the result; x's by default.

    >>> cumprod([1, 2, 3])
    array([1, 2, 6], dtype=int32)
    """
    x = operand(x) if dtype is None else cast_to(x, dtypes.standardize(dtype))
    x = number(x)
    x, axis = (ravel(x), 0) if axis is None else (x, single_axis(axis))
    return calculate(lambda v: R.cumprod(v, axis=axis), [x], dtype_of(x))


def single_axis(axis):
    """The one axis of a running result, also where it is given as a tuple of one."""
    return int(*axis) if isinstance(axis, (tuple, list)) else int(axis)


# ------------------------------------------------------------------ public functions
def _axis(axis):
    several = isinstance(axis, (tuple, list)) or (isinstance(axis, np.ndarray) and axis.ndim)  # np.arange(1, rank)
    return tuple(int(a) for a in axis) if several else None if axis is None else int(axis)


def _call(op, x, axis, keepdims):
    """op in x's own dtype."""
    x = operand(x)
    return calculate(lambda v: op(v, axis=_axis(axis), keepdims=bool(keepdims)), [x], dtype_of(x))


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum of x along axes; truth values and small integers are counted in int32 or uint32.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> sum([[1, 2], [3, 4]], axis=0)
    array([4, 6], dtype=int32)
    """
    return _call(R.sum, counted(x), axis, keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean of x along axes, as a float.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> mean([[1, 2], [3, 4]], axis=0)
    array([2., 3.], dtype=float32)
    """
    x = operand(x)  # of integers never in a half type, as in Keras
    return _call(R.mean, cast_to(x, dtypes.standardize(float)) if is_whole(x) else x, axis, keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The largest value of x along axes (and of `initial`); NaN where there is one.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.
        initial: a number that counts as one more value, or None.

    >>> max([[1, 2], [3, 4]], axis=0)
    array([3, 4], dtype=int32)
    """
    y = _call(R.max, x, axis, keepdims)
    return y if initial is None else maximum(y, initial)


def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """The smallest value of x along axes (and of `initial`); NaN where there is one.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.
        initial: a number that counts as one more value, or None.

    >>> min([[1, 2], [3, 4]], axis=0)
    array([1, 2], dtype=int32)
    """
    y = _call(R.min, x, axis, keepdims)
    return y if initial is None else minimum(y, initial)


amax, amin = max, min


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The product of x along axes; truth values and small integers are multiplied in int32 or uint32.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.
        dtype: the dtype of the result; x's by default.

    >>> prod([[1, 2], [3, 4]], axis=1)
    array([ 2, 12], dtype=int32)
    """
    return _call(R.prod, counted(x) if dtype is None else cast_to(x, dtypes.standardize(dtype)), axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether one value of x along axes is true.

    Args:
        x: values of any shape; any number but 0 counts as true.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> any([[True, False], [False, False]], axis=1)
    array([ True, False])
    """
    return R.any(cast_to(x, "bool"), axis=_axis(axis), keepdims=bool(keepdims))


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all values of x along axes are true.

    Args:
        x: values of any shape; any number but 0 counts as true.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> all([[True, False], [True, True]], axis=1)
    array([False,  True])
    """
    return R.all(cast_to(x, "bool"), axis=_axis(axis), keepdims=bool(keepdims))


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The variance (divided by n) of x along axes: the mean squared distance from the mean.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> var([1.0, 3.0])
    array(1., dtype=float32)
    """
    x = floating(x)
    away = subtract(x, mean(x, axis, True))
    return mean(square(abs(away) if dtype_of(x) in dtypes.COMPLEX else away), axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The standard deviation of x along axes: the square root of `var`.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> std([1.0, 3.0])
    array(1., dtype=float32)
    """
    return sqrt(var(x, axis, keepdims))


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Tensor:
    """(mean, variance) of x along axes.

    Args:
        x: numbers of any shape; integers become the default float type.
        axes: the axis (an int) or axes (a tuple) to go over.
        keepdims: whether the axes gone over stay, with size 1.
        synchronized: Keras's argument for several devices; the result is the same.

    Of float16 they are calculated in float32; what float16 does not hold is its largest number.

    >>> [float(v) for v in moments([1.0, 3.0], axes=0)]
    [2.0, 1.0]
    """
    if dtype_of(operand(x)) != "float16":
        return mean(x, axes, keepdims), var(x, axes, keepdims)
    wide = cast_to(x, "float32")
    far = dtypes.far(float("inf"), "float16")
    return tuple(cast_to(clip(f(wide, axes, keepdims), -far, far), "float16") for f in (mean, var))


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest minus the smallest value of x along axes.

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> ptp([1, 4])
    array(3, dtype=int32)
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The index (int32) of the first largest value of x along an axis.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        keepdims: whether the axis stays, with size 1.

    >>> argmax([[1, 9], [8, 3]], axis=1)
    array([1, 0], dtype=int32)
    """
    return _index(R.argmax, x, axis, keepdims)


def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The index (int32) of the first smallest value of x along an axis.

    Args:
        x: numbers of any shape.
        axis: the axis; None for the flattened value.
        keepdims: whether the axis stays, with size 1.

    >>> argmin([[1, 9], [8, 3]], axis=1)
    array([0, 1], dtype=int32)
    """
    return _index(R.argmin, x, axis, keepdims)


def _index(op, x, axis, keepdims):
    x = operand(x)
    rank = len(x.shape)
    if axis is None:
        x, axis = ravel(x), 0
        y = calculate(lambda v: op(v, axis=0), [x], dtype_of(x), back=False)
        return reshape(y, (1,) * rank) if keepdims else y
    return calculate(lambda v: op(v, axis=int(axis), keepdims=bool(keepdims)), [x], dtype_of(x), back=False)


def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """How many values of x along axes are not 0 (int32).

    Args:
        x: numbers of any shape.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.

    >>> count_nonzero([1, 0, 2])
    array(2, dtype=int32)
    """
    return sum(cast_to(x, "bool"), axis)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """log(sum(e^x)) along axes, without overflow.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        keepdims: whether the axes gone over stay, with size 1.

    >>> logsumexp([0.0, 0.0])
    array(0.6931472, dtype=float32)
    """
    x = floating(x)
    if dtype_of(x) in WIDE:
        return calculate(lambda v: logsumexp(v, axis, keepdims), [x], dtype_of(x))
    top = stop_gradient(max(x, axis, True))
    top = where(isfinite(top), top, 0.0)
    y = add(R.log(sum(R.exp(subtract(x, top)), axis, True)), top)
    return y if keepdims else reshape(y, shape_without(y.shape, axis))


def shape_without(shape, axis):
    """A reduced shape without the reduced axes; unknown rows as -1."""
    axes = normalize_axes(axis, len(shape))
    return tuple(-1 if d is None else d for i, d in enumerate(shape) if i not in axes)


def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Tensor:
    """Running sums of x along an axis.

    Args:
        x: numbers of any shape; truth values count as int32.
        axis: the axis; None for the flattened value.
        dtype: the dtype of the result; x's by default.

    >>> cumsum([1, 2, 3])
    array([1, 3, 6], dtype=int32)
    """
    x = number(x) if dtype is None else cast_to(x, dtypes.standardize(dtype))
    if axis is None:
        x, axis = ravel(x), 0
    return calculate(lambda v: R.cumsum(v, axis=single_axis(axis)), [x], dtype_of(x))


def average(x: Any, axis: Any = None, weights: Any = None) -> Tensor:
    """The mean of x along an axis, each value with its weight.

    Args:
        x: numbers of any shape; integers become the default float type.
        axis: the axis (an int) or axes (a tuple) to go over; None for all values.
        weights: of x's shape, or one for each place along the axis; None for equal ones.

    >>> average([1.0, 3.0], weights=[3.0, 1.0])
    array(1.5, dtype=float32)
    """
    x = floating(x)
    if weights is None:
        return mean(x, axis)
    x = cast_to(x, result_dtype(x, weights))
    w = cast_to(weights, dtype_of(x)) if is_number(weights) else operand(weights)
    if tuple(w.shape) != tuple(x.shape):
        if axis is None:
            raise ShapeError(
                "`weights` must have the same shape as `x` when `axis=None`, but received "
                f"`weights.shape={tuple(w.shape)}` and `x.shape={tuple(x.shape)}`."
            )
        rank, a = len(x.shape), normalize_axis(axis, len(x.shape))
        if len(w.shape) != 1 or (None not in (w.shape[0], x.shape[a]) and w.shape[0] != x.shape[a]):
            raise ShapeError(
                f"`weights` must have the same size as `x` at `axis={axis}` but received "
                f"`weights.shape={tuple(w.shape)}` while x.shape at `{axis}` is `{x.shape[a]}`."
            )
        w = reshape(w, tuple(-1 if i == a else 1 for i in range(rank)))
    w = broadcast_to(cast_to(w, dtype_of(x)), x.shape)
    return divide(sum(multiply(x, w), axis), sum(w, axis))


for _name, _f, _flops in (("var", var, 4), ("std", std, 5), ("logsumexp", logsumexp, 45)):
    composite(
        _name,
        _f,
        attrs={"axis": None, "keepdims": False},
        reference=getattr(reference, _name),
        flops=_flops,
        cases=lambda draw: Case(
            [Array((draw.integer(2, 4), draw.integer(3, 9)))],
            {"axis": draw.choice((1, -1, (0, 1))), "keepdims": draw.boolean()},
        ),
        doc=getattr(reference, _name).__doc__,
    )
