"""Order and counts, by NumPy on the host: sorting, ranks, bins, places."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.core.types import Tensor
from fastnn.graph.tensor import known
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.arithmetic import add, divide, floor_divide, maximum, minimum, mod, multiply, subtract
from fastnn.ops.functions.comparison import arrays_only, equal, less_equal, logical_and, where
from fastnn.ops.functions.create import linspace
from fastnn.ops.functions.indexing import take, take_along_axis
from fastnn.ops.functions.layout import ravel
from fastnn.ops.functions.operands import (
    calculate,
    cast_to,
    dtype_of,
    floating,
    is_symbol,
    number,
    operand,
    result_dtype,
)
from fastnn.ops.functions.reduction import max as largest
from fastnn.ops.functions.reduction import min as smallest
from fastnn.ops.op import R

__all__ = ["interp", "unravel_index", "argsort", "sort", "top_k", "searchsorted", "digitize", "bincount",
           "scatter_update", "unique", "histogram", "argpartition"]  # fmt: skip


def interp(x: Any, xp: Any, fp: Any) -> Tensor:
    """The values at x of the line through the points (xp, fp), xp rising; constant outside.

    Args:
        x: numbers of any shape, where the line is read.
        xp: the points' places, rising numbers (n,).
        fp: the points' values (n,).

    >>> interp([1.5], [1.0, 2.0], [10.0, 20.0])
    array([15.], dtype=float32)
    """
    x, xp, fp = floating(x), floating(xp), floating(fp)
    i = searchsorted(xp, x, "right")
    i = maximum(where(less_equal(xp.shape[0], i), xp.shape[0] - 1, i), 1)
    j = subtract(i, 1)
    x0, x1, f0, f1 = take(xp, j), take(xp, i), take(fp, j), take(fp, i)
    t = divide(subtract(x, x0), subtract(x1, x0))
    t = where(less_equal(t, 0), 0.0, where(less_equal(1, t), 1.0, t))
    return add(f0, multiply(subtract(f1, f0), t))


def unravel_index(indices: Any, shape: Any) -> Tensor:
    """The indices in each dimension of a row-major position.

    Args:
        indices: integers of any shape.
        shape: the sizes of the array that they count in, a tuple of ints.

    Returns a tuple with one array of indices for each dimension.

    >>> [int(v) for v in unravel_index(5, (2, 3))]
    [1, 2]
    """
    x, out = operand(indices), []
    for d in reversed(shape):
        out.append(mod(x, int(d)))
        x = floor_divide(x, int(d))
    return tuple(reversed(out))


def argsort(x: Any, axis: Any = -1) -> Tensor:
    """The indices (int32) that would sort x along an axis; equal values keep their order.

    Args:
        x: numbers of any shape.
        axis: an int, or None for the flattened x.

    >>> argsort([3, 1, 2])
    array([1, 2, 0], dtype=int32)
    """
    x = operand(x)
    return R.argsort(ravel(x), axis=-1) if axis is None or not x.shape else R.argsort(x, axis=int(axis))


def sort(x: Any, axis: Any = -1) -> Tensor:
    """x in rising order along an axis.

    Args:
        x: numbers of any shape.
        axis: an int, or None for the flattened x.

    >>> sort([3, 1, 2])
    array([1, 2, 3], dtype=int32)
    """
    x = ravel(x) if axis is None else operand(x)
    axis = -1 if axis is None else int(axis)
    return take_along_axis(x, R.argsort(x, axis=axis), axis)


def _sortable(x: Any) -> Any:
    """x in a dtype that kernels compare, in the same order."""
    kind = dtype_of(x)
    if kind == "uint64":  # numbers from 2^63 on wrap; the sign turned, they are above the others again
        return R.bitwise_xor(cast_to(x, "int64"), np.int64(-(1 << 63)))
    return cast_to(x, WIDE.get(kind, "float32" if kind in dtypes.EIGHTHS else kind))


def top_k(x: Any, k: Any, sorted: bool = True) -> Tensor:
    """The k largest values of x along the last axis, the largest first.

    Args:
        x: numbers (..., n).
        k: how many, an int.
        sorted: Keras's argument; the values are in order in any case.

    Returns (values, int32 indices), (..., k) each.

    >>> top_k([3, 1, 2], 2)
    (array([3, 2], dtype=int32), array([0, 2], dtype=int32))
    """
    x = operand(x)
    indices = R.top_k_indices(_sortable(x), k=int(k))
    return take_along_axis(x, indices, -1), indices


def searchsorted(sorted_sequence: Any, values: Any, side: Any = "left") -> Tensor:
    """The index (int32) at which each value would have to be inserted to keep the sequence in order.

    Args:
        sorted_sequence: rising numbers (n,).
        values: numbers of any shape.
        side: "left" for the first such index, "right" for the last.

    >>> searchsorted([1, 3, 5], [2, 5])
    array([1, 2], dtype=int32)
    """
    dtype = result_dtype(sorted_sequence, values)
    if (rank := len(operand(sorted_sequence).shape)) != 1:
        raise ShapeError(
            "`searchsorted` only supports 1-D sorted sequences. You can use `fastnn.ops.vectorized_map` to extend it "
            f"to N-D sequences. Received: sorted_sequence of {rank} dimensions"
        )
    sequence, values = (_sortable(cast_to(v, dtype)) for v in (sorted_sequence, values))
    return R.searchsorted(sequence, values, side=side)


def digitize(x: Any, bins: Any) -> Tensor:
    """For each x how many of the bins' boundaries lie at or below it; of falling ones, how many lie above it.

    Args:
        x: numbers of any shape.
        bins: the boundaries, rising or falling numbers (n,).

    Returns int32 in x's shape.

    >>> digitize([0.5, 2.5], [1.0, 2.0])
    array([0, 2], dtype=int32)
    """
    bins = operand(bins)
    if len(bins.shape) != 1:
        raise ShapeError(f"`bins` must be a 1D array. Received: bins.shape={tuple(bins.shape)}")
    if isinstance(bins, np.ndarray) and bins.size > 1 and bins[0] > bins[-1]:
        return subtract(bins.size, searchsorted(bins[::-1], x, "right"))
    return searchsorted(bins, x, "right")


def bincount(x: Any, weights: Any = None, minlength: Any = 0, sparse: bool = False) -> Tensor:
    """How often each number from 0 up occurs along the last axis of x, or with which total weight.

    Args:
        x: integers (n,) or (batch, n), not below 0.
        weights: numbers of x's shape, or None: each counts 1.
        minlength: the result has at least so many numbers; a symbol needs it.
        sparse: Keras's argument; results are dense.

    >>> bincount([1, 1, 3])
    array([0, 2, 0, 1], dtype=int32)
    """
    x = known(operand(x))
    n = int(minlength)
    if isinstance(x, np.ndarray) and x.size:
        n = max(n, int(x.max()) + 1)
    if n < 1:
        arrays_only("bincount without minlength")
    x = cast_to(x, "int64" if dtype_of(x) == "int64" else "int32")
    return R.bincount(x, None if weights is None else number(weights), minlength=n)


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any = None) -> Tensor:
    """inputs with the values at some indices replaced by updates, or combined with them.

    Args:
        inputs: numbers of any shape.
        indices: integers (..., k), in the first k dimensions of inputs.
        updates: numbers (..., what the other dimensions have).
        reduction: None replaces; or "add", "max", "min", "mul".

    >>> scatter_update([1, 2, 3], [[1]], [9])
    array([1, 9, 3], dtype=int32)
    """
    x = operand(inputs)
    kind, places = dtype_of(x), cast_to(indices, "int32")
    updates = cast_to(updates, kind)
    if kind != "float16" or reduction is None:
        return R.scatter_update(x, places, updates, reduction=reduction)
    return calculate(lambda v, u: R.scatter_update(v, places, u, reduction=reduction), [x, updates], kind)


def unique(
    x: Any,
    sorted: bool = True,
    return_index: Any = False,
    return_inverse: Any = False,
    return_counts: Any = False,
    axis: Any = None,
    size: Any = None,
    fill_value: Any = None,
) -> Tensor:
    """The different values of x in rising order. Takes arrays only.

    Args:
        x: an array of any shape, flattened unless there is an axis.
        sorted: Keras's argument; the values are in order in any case.
        return_index, return_inverse, return_counts: whether to return also the first place of each value, the index of
            the value at each place of x, and how often each occurs.
        axis: slices along it are compared in place of single values.
        size: the result is cut, or filled, to so many values; None keeps what there is.
        fill_value: what fills; the smallest value if None. Those occur 0 times, at the first place of the smallest.

    >>> unique([3, 1, 3])
    array([1, 3], dtype=int32)
    """
    x = known(operand(x))
    if is_symbol(x):
        arrays_only("unique")
    found = np.unique(np.asarray(x), return_index, return_inverse, return_counts, axis=axis, equal_nan=False)
    if size is None:
        return found
    values, *rest = found if isinstance(found, tuple) else (found,)
    along = 0 if axis is None else normalize_axis(axis, values.ndim)
    values = np.take(values, range(min(size, values.shape[along])), axis=along)
    missing = size - values.shape[along]
    places, counts = 0 if return_index else None, len(rest) - 1 if return_counts else None
    for i in (places, counts):
        if i is not None:
            fill = np.full(max(missing, 0), 0 if i == counts else rest[i][0], rest[i].dtype)
            rest[i] = np.concatenate([rest[i][:size], fill])
    if missing > 0:
        shape = [missing if i == along else d for i, d in enumerate(values.shape)]
        fill = np.full(shape, values.min() if fill_value is None else fill_value, values.dtype)
        values = np.concatenate([values, fill], axis=along)
    return (values, *rest) if rest else values


def histogram(x: Any, bins: Any = 10, range: Any = None) -> Tensor:
    """(int32 counts, boundaries) of the values of a vector in bins of equal width; the last holds both its boundaries.

    Args:
        x: numbers (n,).
        bins: how many bins, an int.
        range: (lowest, highest) boundary, a tuple; those of the values if None.

    Raises ArgumentTypeError for bins that are no int, ArgumentError for a negative number of them or another range,
    ShapeError for more than one dimension.

    >>> histogram([1.0, 1.0, 3.0], bins=2)
    (array([2, 1], dtype=int32), array([1., 2., 3.], dtype=float32))
    """
    if not hasattr(bins, "__index__"):
        raise ArgumentTypeError(f"Argument `bins` must be of type `int`. Received: bins={bins}")
    if bins < 0:
        raise ArgumentError(f"Argument `bins` should be a non-negative integer. Received: bins={bins}")
    if range and (len(range) < 2 or not isinstance(range, tuple)):
        raise ArgumentError(f"Argument `range` must be a tuple of two elements. Received: range={range}")
    if range and range[1] < range[0]:
        raise ArgumentError(f"The second element of `range` must be greater than the first. Received: range={range}")
    x = known(operand(x))
    if len(x.shape) > 1:
        raise ShapeError(f"Input tensor must be 1-dimensional. Received: input.shape={tuple(x.shape)}")
    if is_symbol(x):
        x = floating(x)
        return _binned(x, int(bins), *(range or (smallest(x), largest(x))))
    counts, edges = np.histogram(np.asarray(x), bins=bins, range=range)
    return counts.astype(np.int32), edges.astype(np.float32)


def _binned(x: Any, bins: int, low: Any, high: Any) -> Any:
    """(counts, edges) of a vector that is a symbol: equal bins from low to high, the last one with both its edges."""
    flat = equal(low, high)
    low, high = subtract(low, where(flat, 0.5, 0.0)), add(high, where(flat, 0.5, 0.0))
    edges = linspace(low, high, bins + 1)
    place = minimum(subtract(searchsorted(edges, x, "right"), 1), bins - 1)
    inside = logical_and(less_equal(low, x), less_equal(x, high))
    # what lies outside is counted in a bin of its own
    return bincount(where(inside, place, bins), minlength=bins + 1)[:bins], edges


def argpartition(x: Any, kth: Any, axis: Any = -1) -> Tensor:
    """The indices (int32) that put the kth value of x in its sorted place, smaller ones before it.

    Args:
        x: numbers of any shape.
        kth: the index of that value in the sorted order, an int.
        axis: an int, or None for the flattened x.

    Raises ArgumentError where kth is no integer.

    >>> argpartition([3, 1, 2], 1)
    array([1, 2, 0], dtype=int32)
    """
    if not hasattr(kth, "__index__"):
        raise ArgumentError(f"kth must be an integer. Received: kth={kth!r}")
    return argsort(x, axis)
