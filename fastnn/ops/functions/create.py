"""Constants: ranges, grids, identity matrices, diagonals. Made at once, as arrays that graphs take as constants."""

import operator
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.tensor import gathers
from fastnn.ops.functions.arithmetic import add, multiply, subtract
from fastnn.ops.functions.comparison import where
from fastnn.ops.functions.constants import full
from fastnn.ops.functions.elementwise import abs as absolute
from fastnn.ops.functions.elementwise import exp, log, sign
from fastnn.ops.functions.indexing import take
from fastnn.ops.functions.layout import broadcast_to, expand_dims, moveaxis, reshape, stack
from fastnn.ops.functions.operands import cast_to, dtype_of, float_dtype, is_symbol, operand, reserve, same_floats
from fastnn.ops.functions.powers import power
from fastnn.ops.functions.reduction import sum
from fastnn.ops.functions.slicing import pad
from fastnn.ops.op import R

__all__ = ["arange", "linspace", "logspace", "geomspace", "eye", "tri", "tril", "triu", "meshgrid", "indices",
           "diagonal", "diag", "diagflat", "trace", "vander", "identity"]  # fmt: skip


def as_default(value, dtype=None):
    """A NumPy result in `dtype`, or with float64 and int64 narrowed to the default types."""
    if dtype is None:
        dtype = {"i": "int32", "f": dtypes.standardize(None)}.get(value.dtype.kind, value.dtype)
    return value.astype(dtypes.numpy_type(dtypes.standardize(dtype)))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Numbers from start (0, if only one bound is given) up to but not including stop, in one dimension.

    Args:
        start, stop: the bounds, numbers; with start alone it is the upper one.
        step: the distance of neighbours, 1 if None.
        dtype: of the result; int32 for ints, the default float type for floats.

    >>> arange(3)
    array([0, 1, 2], dtype=int32)
    """
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    reserve(np.max(abs((np.asarray(stop) - start) / step)) if np.all(step) else 0)
    return as_default(np.arange(start, stop, step), dtype)


def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, retstep: Any = False, dtype: Any = None, axis: Any = 0
) -> Tensor:
    """`num` numbers at equal distances from start to stop.

    Args:
        start, stop: numbers, arrays or symbols, which broadcast.
        num: how many numbers, an int.
        endpoint: whether stop is the last of them.
        retstep: whether to return (numbers, distance).
        dtype: of the result; the float dtype of the bounds by default.
        axis: where the new dimension stands in the result.

    >>> linspace(0, 1, 3)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    reserve(num)
    if not is_symbol(start) and not is_symbol(stop) and not gathers((start, stop)):
        values = np.linspace(np.asarray(start), np.asarray(stop), num, endpoint, retstep, axis=axis)
        name = dtypes.standardize(dtype, float_dtype(start, stop))
        return (as_default(values[0], name), values[1]) if retstep else as_default(values, name)
    steps = np.linspace(0, 1, num, endpoint, dtype=dtypes.numpy_type(dtypes.standardize(dtype)))
    start, stop = operand(start), operand(stop)
    rank = max(len(start.shape), len(stop.shape))
    steps = steps.reshape(-1, *(1,) * rank)
    y = add(multiply(expand_dims(start, 0), 1.0 - steps), multiply(expand_dims(stop, 0), steps))
    y = y if dtype is None else cast_to(y, dtypes.standardize(dtype))
    y = y if normalize_axis(axis, rank + 1) == 0 else moveaxis(y, 0, axis)
    return (y, multiply(subtract(stop, start), 1.0 / max(num - bool(endpoint), 1))) if retstep else y


def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: Any = 0
) -> Tensor:
    """`num` numbers from base^start to base^stop with equal ratios.

    Args:
        start, stop: the exponents: numbers, arrays or symbols, which broadcast.
        num: how many numbers, an int.
        endpoint: whether base^stop is the last of them.
        base: the base of the powers, a number.
        dtype: of the result; the float dtype of the bounds by default.
        axis: where the new dimension stands in the result.

    >>> logspace(0, 2, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    reserve(num)
    if is_symbol(start) or is_symbol(stop) or gathers((start, stop)):
        y = power(base, linspace(start, stop, num, endpoint, axis=axis))
        return y if dtype is None else cast_to(y, dtypes.standardize(dtype))
    name = dtypes.standardize(dtype, float_dtype(start, stop))
    return as_default(np.logspace(start, stop, num, endpoint, base, axis=axis), name)


def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: Any = 0) -> Tensor:
    """`num` numbers from start to stop with equal ratios.

    Args:
        start, stop: the first and the last number, of one sign; arrays and symbols broadcast.
        num: how many numbers, an int.
        endpoint: whether stop is the last of them.
        dtype: of the result; the float dtype of the bounds by default.
        axis: where the new dimension stands in the result.

    >>> geomspace(1, 100, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    reserve(num)
    if is_symbol(start) or is_symbol(stop) or gathers((start, stop)):
        signs, (start, stop) = sign(start), same_floats(start, stop)
        y = exp(linspace(log(absolute(start)), log(absolute(stop)), num, endpoint, axis=axis))
        y = multiply(y, expand_dims(signs, normalize_axis(axis, len(y.shape))))
        return y if dtype is None else cast_to(y, dtypes.standardize(dtype))
    name = dtypes.standardize(dtype, float_dtype(start, stop))
    return as_default(np.geomspace(start, stop, num, endpoint, axis=axis), name)


def _whole(name, value):
    """An int, given as one, as an array of integers or as a symbol that follows from constants."""
    if is_symbol(value):
        return int(value)
    try:
        return operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"`{name}` must be an integer. Received: {name}={value!r}.") from None


def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Tensor:
    """Ones on the k-th diagonal of an N x M matrix of zeros.

    Args:
        N, M: rows and columns, ints; M is N if None.
        k: the diagonal: 0 the main one, above it if positive.
        dtype: of the result; the default float type if None.

    Raises ArgumentTypeError for sizes that are no integers.

    >>> eye(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    rows, columns = _whole("N", N), None if M is None else _whole("M", M)
    reserve(rows * (rows if columns is None else columns))
    return np.eye(rows, columns, _whole("k", k), dtypes.numpy_type(dtypes.standardize(dtype)))


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Tensor:
    """Ones at and below the k-th diagonal of an N x M matrix.

    Args:
        N, M: rows and columns, ints; M is N if None.
        k: the diagonal: 0 the main one, above it if positive.
        dtype: of the result; the default float type if None.

    >>> tri(2)
    array([[1., 0.],
           [1., 1.]], dtype=float32)
    """
    reserve(int(N) * int(N if M is None else M))
    return np.tri(int(N), None if M is None else int(M), int(k), dtypes.numpy_type(dtypes.standardize(dtype)))


def _matrices(x):
    """x, which has rows and columns, as an operand; a mask of them is counted."""
    x = operand(x)
    if len(x.shape) < 2:
        raise ShapeError(f"Expected at least 2 dimensions, rows and columns. Received: x.shape={tuple(x.shape)}")
    reserve((x.shape[-2] or 0) * (x.shape[-1] or 0), 1)
    return x


def tril(x: Any, k: Any = 0) -> Tensor:
    """x with everything above the k-th diagonal of its last two dimensions set to 0.

    Args:
        x: numbers (..., rows, columns).
        k: the diagonal: 0 the main one, above it if positive.

    >>> tril([[1, 2], [3, 4]])
    array([[1, 0],
           [3, 4]], dtype=int32)
    """
    x = _matrices(x)
    return where(np.tri(x.shape[-2], x.shape[-1], k, bool), x, np.zeros((), dtypes.numpy_type(dtype_of(x))))


def triu(x: Any, k: Any = 0) -> Tensor:
    """x with everything below the k-th diagonal of its last two dimensions set to 0.

    Args:
        x: numbers (..., rows, columns).
        k: the diagonal: 0 the main one, above it if positive.

    >>> triu([[1, 2], [3, 4]])
    array([[1, 2],
           [0, 4]], dtype=int32)
    """
    x = _matrices(x)
    return where(np.tri(x.shape[-2], x.shape[-1], k - 1, bool), np.zeros((), dtypes.numpy_type(dtype_of(x))), x)


def meshgrid(*x: Any, indexing: Any = "xy") -> Tensor:
    """One grid for each vector x: the coordinates of all combinations.

    Args:
        x: vectors.
        indexing: "xy" puts the first vector along the columns, "ij" along the rows.

    Raises ArgumentError for another indexing.

    >>> [g.tolist() for g in meshgrid([1, 2], [3])]
    [[[1, 2]], [[3, 3]]]
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"Valid values for `indexing` are 'xy' and 'ij', but received {indexing!r}.")
    xs = [operand(v) for v in x]
    xs = [reshape(v, (-1,)) for v in xs]
    sizes = [v.shape[0] for v in xs]
    grids = []
    for i, v in enumerate(xs):
        place = [1] * len(xs)
        place[i] = -1
        g = broadcast_to(reshape(v, place), sizes)
        grids.append(moveaxis(g, 0, 1) if indexing == "xy" and len(xs) > 1 else g)
    return grids


def indices(dimensions: Any, dtype: Any = "int32") -> Tensor:
    """The index of each element of a grid: (number of dimensions, *dimensions).

    Args:
        dimensions: the sizes of the grid, ints.
        dtype: of the result.

    >>> indices((1, 2)).tolist()
    [[[0, 0]], [[0, 1]]]
    """
    reserve(product(dimensions) * len(dimensions))
    return as_default(np.indices(tuple(dimensions)), dtype)


# ------------------------------------------------------------------ diagonals
def diagonal(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Tensor:
    """The diagonal of the planes of two dimensions of x, as the last dimension of the result.

    Args:
        x: numbers of two dimensions or more.
        offset: the diagonal: 0 the main one, above it if positive.
        axis1, axis2: the dimensions of the planes, rows and columns.

    >>> diagonal([[1, 2], [3, 4]])
    array([1, 4], dtype=int32)
    """
    x = operand(x)
    if len(x.shape) < 2:
        raise ShapeError(
            f"`diagonal` requires an array of at least two dimensions, but `x` is of shape {tuple(x.shape)}."
        )
    if (axis1 - axis2) % len(x.shape) == 0:
        raise ArgumentError(f"`axis1` and `axis2` cannot be the same. Received: axis1={axis1}, axis2={axis2}")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    *lead, n, m = x.shape
    count = max(0, min(n, m - offset) if offset >= 0 else min(n + offset, m))
    first = offset if offset >= 0 else -offset * m
    reserve(count)
    places = first + np.arange(count, dtype=np.int32) * (m + 1)
    return take(reshape(x, (*(-1 if d is None else d for d in lead), n * m)), places, axis=len(lead))


def diag(x: Any, k: Any = 0) -> Tensor:
    """The k-th diagonal of a matrix; of a vector the matrix with that diagonal.

    Args:
        x: a matrix, or a vector (n,).
        k: the diagonal: 0 the main one, above it if positive.

    >>> diag([1, 2])
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    x = operand(x)
    if len(x.shape) == 2:
        return diagonal(x, k)
    if len(x.shape) != 1:
        raise ShapeError(f"`x` must be 1-D or 2-D, but received shape {tuple(x.shape)}.")
    n = x.shape[0]
    reserve((n or 0) ** 2)
    matrix = multiply(expand_dims(x, 1), np.eye(n, dtype=dtypes.numpy_type(dtype_of(x))))
    return pad(matrix, ((max(-k, 0), max(k, 0)), (max(k, 0), max(-k, 0)))) if k else matrix


def diagflat(x: Any, k: Any = 0) -> Tensor:
    """The matrix whose k-th diagonal holds all values of x.

    Args:
        x: numbers of any shape.
        k: the diagonal: 0 the main one, above it if positive.

    >>> diagflat([[1], [2]])
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    return diag(reshape(x, (-1,)), k)


def trace(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Tensor:
    """The sum of a diagonal of the planes of two dimensions of x.

    Args:
        x: numbers of two dimensions or more.
        offset: the diagonal: 0 the main one, above it if positive.
        axis1, axis2: the dimensions of the planes, rows and columns.

    >>> trace([[1, 2], [3, 4]])
    array(5, dtype=int32)
    """
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)


def vander(x: Any, N: Any = None, increasing: bool = False) -> Tensor:
    """The matrix of powers of a vector, the highest first unless increasing.

    Args:
        x: a vector (n,).
        N: columns, an int; n if None.
        increasing: whether the lowest power comes first.

    >>> vander([1.0, 2.0], 2)
    array([[1., 1.],
           [2., 1.]], dtype=float32)
    """
    x = operand(x)
    if len(x.shape) != 1:
        raise ShapeError(f"Input tensor must be 1-dimensional. Received: input.shape={tuple(x.shape)}")
    n = x.shape[0] if N is None else int(N)
    reserve(product(d or 0 for d in x.shape))
    powers = [full(x.shape, 1, dtype_of(x))]
    for _ in range(n - 1):
        powers.append(multiply(powers[-1], x))
    return stack(powers if increasing else powers[::-1], axis=1) if n else reshape(x, (-1, 1))[:, :0]


def identity(n: Any, dtype: Any = None) -> Tensor:
    """The n x n identity matrix; of a value that is not a Python int the value itself.

    Args:
        n: rows and columns, an int.
        dtype: of the result; the default float type if None.

    >>> identity(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    if type(n) is int:
        return eye(n, dtype=dtype)
    x = operand(n)
    return x if isinstance(x, np.ndarray) and current() is None else R.identity(x)
