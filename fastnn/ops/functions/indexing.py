"""Values read by index: rows, one-hot rows, the largest ones."""

from typing import Any

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axis
from fastnn.core.types import Tensor
from fastnn.ops.forms import FLOATS
from fastnn.ops.functions.comparison import greater, where
from fastnn.ops.functions.layout import moveaxis, ravel
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, operand
from fastnn.ops.functions.reduction import max as largest
from fastnn.ops.op import R
from fastnn.ops.records.indexing import INTS, table_rows

__all__ = ["take", "take_along_axis", "one_hot", "multi_hot", "in_top_k"]


# ------------------------------------------------------------------ public functions
def index_operand(x):
    """Indices as int32 or int64."""
    x = operand(x)
    name = dtype_of(x)
    return x if name in INTS else cast_to(x, "int64" if name in ("uint32", "uint64", "float64") else "int32")


def take(x: Any, indices: Any, axis: Any = None) -> Tensor:
    """The slices of x at `indices` along an axis (of the flattened x, if None); negative ones count from the end.

    An index out of range is an error when the operation runs.

    Args:
        x: numbers of any shape.
        indices: integers of any shape.
        axis: an int, or None for the flattened x.

    Returns x's shape with that of the indices in the place of the axis.

    >>> take([10, 20, 30], [2, 0])
    array([30, 10], dtype=int32)
    """
    x = operand(x)
    if axis is None:
        x, axis = ravel(x), 0
    return R.take(x, index_operand(indices), axis=normalize_axis(axis, len(x.shape)))


def rows_of(table, indices):
    """The rows of a table at `indices`, which must lie in [0, rows): none counts from the end.

    Floats are truncated towards 0.  An index outside is an error when the operation runs; NaN is outside.
    """
    indices = operand(indices)
    if dtypes.is_float(dtype_of(indices)):
        inside = indices if dtype_of(indices) in FLOATS else cast_to(indices, "float32")
        indices = cast_to(where(greater(inside, -1), inside, -1), "int64")
    return table_rows(table, index_operand(indices))


def take_along_axis(x: Any, indices: Any, axis: Any = None) -> Tensor:
    """Values of x at `indices` along an axis, place by place: both have x's rank.

    Args:
        x: numbers.
        indices: integers, of x's shape but along the axis; sizes of 1, of either, are repeated elsewhere.
        axis: an int, or None for both flattened.

    >>> take_along_axis([[10, 20], [30, 40]], [[1], [0]], axis=1)
    array([[20],
           [30]], dtype=int32)
    """
    x, indices = operand(x), index_operand(indices)
    if axis is None:
        x, indices, axis = ravel(x), ravel(indices), 0
    axis = normalize_axis(axis, len(x.shape))
    if len(x.shape) == len(indices.shape):
        x, indices = _matched(x, indices, axis), _matched(indices, x, axis)
    return R.take_along_axis(x, indices, axis=axis)


def _matched(x, other, axis):
    """x with the sizes of 1 that it has off the axis, where `other` has more, repeated."""
    grows = [d == 1 and n not in (1, None) and i != axis for i, (d, n) in enumerate(zip(x.shape, other.shape))]
    if not any(grows):
        return x
    return R.broadcast_to(x, shape=tuple(n if g else d for d, n, g in zip(x.shape, other.shape, grows)))


def one_hot(x: Any, num_classes: Any, axis: Any = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """Rows of zeros with a 1 at each index; an index outside [0, num_classes) gives only zeros.

    Args:
        x: integers of any shape.
        num_classes: the size of the new dimension, an int.
        axis: where the new dimension stands in the result.
        dtype: of the result; the default float type if None.
        sparse: Keras's argument; results are dense.

    >>> one_hot([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    name = dtypes.standardize(dtype)
    direct = name in ("float32", "float64", "int32", "bool", "uint8")
    y = R.one_hot(index_operand(x), num_classes=int(num_classes), dtype=name if direct else "float32")
    y = y if direct else cast_to(y, name)
    rank = len(y.shape)
    return y if normalize_axis(axis, rank) == rank - 1 else moveaxis(y, -1, axis)


def multi_hot(inputs: Any, num_classes: Any = None, axis: Any = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """1 for each class that occurs along the last dimension of the indices, else 0.

    Args:
        inputs: integers (..., labels).
        num_classes: the size of the new dimension, an int.
        axis: where the new dimension stands in the result.
        dtype: of the result; the default float type if None.
        sparse: Keras's argument; results are dense.

    >>> multi_hot([[0, 2], [1, 1]], 3)
    array([[1., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    inputs = operand(inputs)
    if num_classes is None:
        raise ArgumentError("Argument `num_classes` must be specified.")
    y = one_hot(inputs, num_classes, axis=axis, dtype=dtype)
    return largest(y, axis=1 if len(inputs.shape) > 1 else 0)


def in_top_k(targets: Any, predictions: Any, k: Any) -> Tensor:
    """Whether each target class (n,) is among the k largest predictions (n, classes) of its row; ties count.

    Args:
        targets: integers (n,).
        predictions: floats (n, classes).
        k: how many of the largest, an int.

    Returns truth values (n,).

    >>> in_top_k([1, 0], [[0.1, 0.9], [0.2, 0.8]], k=1)
    array([ True, False])
    """
    x = floating(predictions)
    x = cast_to(x, "float32") if dtype_of(x) == "float16" else x
    return R.in_top_k(index_operand(targets), x, k=int(k))
