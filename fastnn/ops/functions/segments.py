"""Values gathered by number: sums and extremes of segments, scattering."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import product
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import multiply
from fastnn.ops.functions.comparison import equal, greater_equal, less, logical_and, where
from fastnn.ops.functions.indexing import index_operand
from fastnn.ops.functions.layout import expand_dims, ravel, reshape
from fastnn.ops.functions.operands import cast_to, dtype_of, inferring, is_symbol, of_shape, operand, reserve
from fastnn.ops.functions.reduction import max, min, prod, sum
from fastnn.ops.functions.slicing import getitem
from fastnn.ops.op import R

__all__ = ["segment_sum", "segment_max", "scatter", "segment_min", "segment_prod"]


# ------------------------------------------------------------------ scattering
def segment_sum(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Tensor:
    """Sums of the slices of data that share an id, one per id from 0 to num_segments - 1; other ids are left out.

    Args:
        data: numbers (n, ...).
        segment_ids: an integer for each slice, (n,).
        num_segments: how many sums; the largest id and 1 by default, which needs values: no graph runs without it.
        sorted: whether the ids are in rising order; the result is the same.

    >>> segment_sum([1.0, 2.0, 3.0], [0, 0, 1], 2)
    array([3., 3.], dtype=float32)
    """
    x, ids = _numbered(data, segment_ids)
    if _of_shapes_only(x, ids, num_segments):
        return _shape_of(x, num_segments)
    n = _count(ids, num_segments)
    inside = logical_and(greater_equal(ids, 0), less(ids, n))
    return getitem(_added(x, where(inside, ids, np.array(n, dtypes.numpy_type(dtype_of(ids)))), n + 1), slice(0, n))


def _added(x, ids, size):
    """Zeros (size, ...) with each slice of x added at its id."""
    name = dtype_of(x)
    y = R.take_grad(x if name in ("float32", "float64") else cast_to(x, "float64"), ids, axis=0, size=size)
    return y if name in ("float32", "float64") else cast_to(y, name)


def segment_max(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Tensor:
    """The largest of the slices of data that share an id; -inf (the smallest integer) for an id without one.

    Args:
        data: numbers (n, ...).
        segment_ids: an integer for each slice, (n,).
        num_segments: how many results; the largest id and 1 by default, which needs values: no graph runs without it.
        sorted: whether the ids are in rising order; the result is the same.

    >>> segment_max([1.0, 5.0, 3.0], [0, 0, 1], 2)
    array([5., 3.], dtype=float32)
    """
    kind = np.dtype(dtypes.numpy_type(dtype_of(operand(data))))
    low = -np.inf if kind.kind == "f" else 0 if kind.kind == "b" else np.iinfo(kind).min
    return segments(max, data, segment_ids, num_segments, low)


def _numbered(data, segment_ids):
    """(data, ids) of one leading size: an id for each slice."""
    x, ids = operand(data), index_operand(segment_ids)
    if len(ids.shape) != 1:
        raise ShapeError(
            f"Argument `segment_ids` should be an 1-D vector, got shape: {tuple(ids.shape)}. Flatten it, and the same "
            "leading dimensions of `data`."
        )
    if x.shape[:1] != ids.shape and None not in (*x.shape[:1], *ids.shape):
        raise ShapeError(
            "Argument `segment_ids` and `data` should have same leading dimension. Got "
            f"{tuple(ids.shape)} v.s. {tuple(x.shape)}."
        )
    return x, ids


def _of_shapes_only(x, ids, num_segments):
    """Whether only shapes are asked for, and the number of slices or of segments is not known."""
    return inferring() and (x.shape[0] is None or (num_segments is None and is_symbol(ids)))


def _shape_of(x, num_segments):
    reserve(1 if num_segments is None else num_segments)  # a file may have asked for it
    return of_shape((num_segments, *x.shape[1:]), dtype_of(x))


def _count(ids, num_segments):
    """How many segments there are; in a graph, whose shapes do not follow from values, it must be said."""
    if num_segments is not None:
        return int(num_segments)
    if is_symbol(ids):
        raise ArgumentError(
            "Argument `num_segments` is None, and the ids are symbols: how many there are is not known while a graph "
            "is made. Pass `num_segments=`."
        )
    return int(np.max(np.asarray(ids))) + 1


def segments(reduction, data, segment_ids, num_segments, empty):
    """reduction(x, axis=1) of the slices of data that share an id, with `empty` in the place of the others."""
    x, ids = _numbered(data, segment_ids)
    if _of_shapes_only(x, ids, num_segments):
        return _shape_of(x, num_segments)
    n = _count(ids, num_segments)
    rank = len(x.shape)
    reserve(n)
    mine = equal(reshape(ids, (1, -1, *(1,) * (rank - 1))), np.arange(n, dtype=np.int32).reshape(-1, *(1,) * rank))
    return reduction(where(mine, expand_dims(x, 0), np.array(empty, dtypes.numpy_type(dtype_of(x)))), axis=1)


def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """Zeros of a shape, with each value added at its index.

    Args:
        indices: integers (..., k), in the first k dimensions of the shape.
        values: numbers (..., what the other dimensions have).
        shape: of the result, a tuple of ints.

    >>> scatter([[1], [3]], [5.0, 7.0], (4,))
    array([0., 5., 0., 7.], dtype=float32)
    """
    index, values, shape = index_operand(indices), operand(values), tuple(int(d) for d in shape)
    k = index.shape[-1]
    steps = np.array([product(shape[i + 1 : k]) for i in range(k)], np.int32)
    flat = ravel(sum(multiply(index, cast_to(steps, dtype_of(index))), axis=-1))
    rows = reshape(values, (product(index.shape[:-1]), *shape[k:]))
    return reshape(_added(rows, flat, product(shape[:k])), shape)


# ------------------------------------------------------------------ segments, activations
def segment_min(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Tensor:
    """The smallest of the slices of data that share an id; inf (the largest integer) for an id without one.

    Args:
        data: numbers (n, ...).
        segment_ids: an integer for each slice, (n,).
        num_segments: how many results; the largest id and 1 by default, which needs values: no graph runs without it.
        sorted: whether the ids are in rising order; the result is the same.

    >>> segment_min([4.0, 5.0, 3.0], [0, 0, 1], 2)
    array([4., 3.], dtype=float32)
    """
    kind = np.dtype(dtypes.numpy_type(dtype_of(operand(data))))
    return segments(min, data, segment_ids, num_segments, np.inf if kind.kind == "f" else np.iinfo(kind).max)


def segment_prod(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Tensor:
    """The product of the slices of data that share an id; 1 for an id without one.

    Args:
        data: numbers (n, ...).
        segment_ids: an integer for each slice, (n,).
        num_segments: how many results; the largest id and 1 by default, which needs values: no graph runs without it.
        sorted: whether the ids are in rising order; the result is the same.

    >>> segment_prod([4.0, 5.0, 3.0], [0, 0, 1], 2)
    array([20.,  3.], dtype=float32)
    """
    return cast_to(segments(prod, data, segment_ids, num_segments, 1), dtype_of(operand(data)))
