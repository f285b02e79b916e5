"""Shapes, order, joining and cutting."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Tensor
from fastnn.ops.functions.operands import cast_to, dtype_of, is_symbol, of_shape, operand, reserve, result_dtype
from fastnn.ops.op import R

__all__ = ["reshape", "ravel", "expand_dims", "squeeze", "transpose", "swapaxes", "moveaxis", "broadcast_to",
           "concatenate", "stack", "unstack", "append", "vstack", "hstack", "split",
           "array_split", "vsplit", "hsplit", "dsplit", "dstack"]  # fmt: skip


_PART = 512  # bytes that a symbol takes


def sizes(shape):
    """A shape (an int, several, an array of them, a symbol that follows from constants) as a list."""
    if isinstance(shape, (tuple, list)):
        return list(shape)
    return np.asarray(shape).tolist() if getattr(shape, "shape", ()) else [shape]


def ints(shape):
    """A shape or a size as a tuple of Python ints."""
    return tuple(map(int, sizes(shape)))


def reshape(x: Any, newshape: Any) -> Tensor:
    """The elements of x in another shape.

    Args:
        x: numbers of any shape.
        newshape: a tuple of ints, or an int; one may be -1 and follows from the others. None (rows not known yet)
            counts as -1.

    >>> reshape([1, 2, 3, 4], (2, -1))
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    x = operand(x)
    wanted = sizes(newshape)
    if None in wanted:
        if -1 in wanted and None not in x.shape[1:]:  # (rows, -1): the rest follows from the known sizes
            known = product(d for d in wanted if d not in (None, -1))
            wanted[wanted.index(-1)] = product(x.shape[1:]) // max(known, 1)
        wanted = [-1 if d is None else d for d in wanted]
    return R.reshape(x, shape=ints(wanted))


def ravel(x: Any) -> Tensor:
    """All elements of x in one dimension.

    Args:
        x: numbers of any shape.

    >>> ravel([[1, 2], [3, 4]])
    array([1, 2, 3, 4], dtype=int32)
    """
    return reshape(x, (-1,))


def expand_dims(x: Any, axis: Any) -> Tensor:
    """x with a new dimension of size 1 at `axis` (an int, or several), as positions in the result.

    Args:
        x: numbers of any shape.
        axis: an int, or a tuple of them: positions in the result.

    >>> expand_dims([1, 2], 0).shape
    (1, 2)
    """
    return R.expand_dims(operand(x), axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis)


def squeeze(x: Any, axis: Any = None) -> Tensor:
    """x without dimensions of size 1: all of them, or those of `axis`.

    Args:
        x: numbers of any shape.
        axis: an int, or a tuple of them; None for all of size 1.

    >>> squeeze([[1], [2]]).shape
    (2,)
    """
    return R.squeeze(operand(x), axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis)


def transpose(x: Any, axes: Any = None) -> Tensor:
    """x with its dimensions in the order `axes` (reversed, if None).

    Args:
        x: numbers of any shape.
        axes: a permutation of the dimensions' numbers, or None.

    >>> transpose([[1, 2], [3, 4]])
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    x = operand(x)
    rank = len(x.shape)
    axes = tuple(range(rank))[::-1] if axes is None else _permutation(axes, x.shape)
    return x if axes == tuple(range(rank)) and is_symbol(x) else R.transpose(x, axes=axes)


def _permutation(axes, shape):
    """`axes` as a tuple of ints >= 0, each dimension's once."""
    rank, given = len(shape), list(axes)
    if len(given) != rank:
        raise ShapeError(
            f"transpose: `axes` must be a list of the same length as the input shape. Received: axes={given}, "
            f"input shape={tuple(shape)}"
        )
    if any(not hasattr(a, "__index__") or not -rank <= a < rank for a in given):
        raise ShapeError(
            f"transpose: Each axis in `axes` must be an integer in [-{rank}, {rank}). Received: axes={given}, "
            f"input shape={tuple(shape)}"
        )
    found = tuple(a.__index__() % rank for a in given)
    if len(set(found)) < rank:
        raise ShapeError(f"transpose: `axes` must be a valid permutation of the dimensions. Received: axes={given}")
    return found


def swapaxes(x: Any, axis1: Any, axis2: Any) -> Tensor:
    """x with the dimensions axis1 and axis2 exchanged.

    Args:
        x: numbers of any shape.
        axis1, axis2: ints; negative ones count from the end.

    >>> swapaxes([[1, 2]], 0, 1).shape
    (2, 1)
    """
    x = operand(x)
    axes = list(range(len(x.shape)))
    a, b = normalize_axis(axis1, len(axes)), normalize_axis(axis2, len(axes))
    axes[a], axes[b] = b, a
    return transpose(x, axes)


def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """x with dimensions moved from `source` to `destination` positions; the others keep their order.

    Args:
        x: numbers of any shape.
        source, destination: an int each, or as many in a tuple each.

    >>> moveaxis([[[1, 2]]], -1, 0).shape
    (2, 1, 1)
    """
    x = operand(x)
    rank = len(x.shape)
    source, target = (
        [normalize_axis(a, rank) for a in (axes if isinstance(axes, (tuple, list)) else (axes,))]
        for axes in (source, destination)
    )
    if len(source) != len(target):
        raise ArgumentError(
            "`source` and `destination` arguments must have the same number of elements. "
            f"Received: source={source}, destination={target}"
        )
    axes = [a for a in range(rank) if a not in source]
    for t, s in sorted(zip(target, source)):
        axes.insert(t, s)
    return transpose(x, axes)


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """x in a larger shape: repeated along new leading dimensions and those of size 1.

    Args:
        x: numbers of any shape.
        shape: a tuple of ints.

    >>> broadcast_to([1, 2], (2, 2))
    array([[1, 2],
           [1, 2]], dtype=int32)
    """
    x, shape = operand(x), tuple(None if d is None else int(d) for d in sizes(shape))
    return x if tuple(x.shape) == shape else R.broadcast_to(x, shape=shape)


def _joined(xs):
    xs = list(xs)
    if not xs:
        raise ArgumentError("Received an empty list of values to join; expected at least one.")
    dtype = result_dtype(*xs)
    return [cast_to(x, dtype) for x in xs]


def concatenate(xs: Any, axis: Any = 0) -> Tensor:
    """The values one after the other along an axis; their other sizes must be equal.

    Args:
        xs: a list of values of equal rank.
        axis: an int; negative ones count from the end.

    >>> concatenate([[1, 2], [3]])
    array([1, 2, 3], dtype=int32)
    """
    xs = _joined(xs)
    return xs[0] if len(xs) == 1 else R.concatenate(*xs, axis=axis)


def stack(x: Any, axis: Any = 0) -> Tensor:
    """The values (of one shape) along a new axis.

    Args:
        x: a list of values of one shape.
        axis: where the new dimension stands in the result, an int.

    >>> stack([[1, 2], [3, 4]], axis=1)
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    return concatenate([expand_dims(v, axis) for v in _joined(x)], axis)


def unstack(x: Any, num: Any = None, axis: Any = 0) -> Tensor:
    """The parts of x along an axis, which they lose.

    Args:
        x: numbers of any shape.
        num: how many parts there are, needed where that is not known.
        axis: an int; negative ones count from the end.

    >>> [int(v) for v in unstack([1, 2])]
    [1, 2]
    """
    x = operand(x)
    place = normalize_axis(axis, len(x.shape))
    n = x.shape[place]
    if n is None and num is None:
        raise ShapeError(f"unstack: Cannot infer argument `num` from shape {tuple(x.shape)} at axis {axis}; give it.")
    if n is None:  # while shapes alone are asked for
        rest = [d for i, d in enumerate(x.shape) if i != place]
        return [of_shape(rest, dtype_of(x)) for _ in range(int(num))]
    if num is not None and num != n:
        raise ShapeError(f"unstack: axis {axis} of the shape {tuple(x.shape)} does not have num={num} parts.")
    return [squeeze(v, axis) for v in split(x, n, axis)]


def append(x1: Any, x2: Any, axis: Any = None) -> Tensor:
    """x2 after x1 along an axis; both flattened if axis is None.

    Args:
        x1, x2: values of equal rank.
        axis: an int, or None.

    >>> append([1, 2], [3])
    array([1, 2, 3], dtype=int32)
    """
    return concatenate([ravel(x1), ravel(x2)] if axis is None else [x1, x2], axis or 0)


def vstack(xs: Any) -> Tensor:
    """The values below each other: along the first axis, vectors as rows.

    Args:
        xs: a list of values.

    >>> vstack([[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    return concatenate([reshape(x, (1, -1)) if len(x.shape) < 2 else x for x in map(operand, xs)], 0)


def hstack(xs: Any) -> Tensor:
    """The values side by side: along the second axis, vectors along their only one.

    Args:
        xs: a list of values.

    >>> hstack([[1, 2], [3]])
    array([1, 2, 3], dtype=int32)
    """
    xs = [reshape(x, (1,)) if not x.shape else x for x in map(operand, xs)]
    return concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


def split(x: Any, indices_or_sections: Any, axis: Any = 0) -> Tensor:
    """A list of parts of x along an axis.

    Args:
        x: numbers of one dimension or more.
        indices_or_sections: an int: so many equal parts; or a rising list of ints: the indices before which x is cut.
        axis: an int; negative ones count from the end.

    >>> split([1, 2, 3, 4], 2)
    [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    x = operand(x)
    axis = normalize_axis(axis, len(x.shape))
    n = x.shape[axis]
    if n is None:
        raise ShapeError(f"split: the size of axis {axis} of the shape {tuple(x.shape)} is not known yet.")
    if isinstance(indices_or_sections, (int, np.integer)):
        parts = int(indices_or_sections)
        if parts < 1 or n % parts:
            raise ShapeError(
                "`x` size on given `axis` must be divisible by `indices_or_sections` when `indices_or_sections` is an "
                f"int. But received {n} and {parts}: {n} elements along axis {axis} do not divide into equal parts."
            )
        reserve(parts, _PART)
        sizes = (n // parts,) * parts
    else:
        cuts = [min(max(int(i) + (n if i < 0 else 0), 0), n) for i in indices_or_sections]
        sizes = tuple(b - a for a, b in zip([0, *cuts], [*cuts, n]))
    return [x] if len(sizes) == 1 else list(R.split(x, sizes=sizes, axis=axis))


def array_split(x: Any, indices_or_sections: Any, axis: Any = 0) -> Tensor:
    """Like `split`, but the parts need not be equal: the first ones are larger by one.

    Args:
        x: numbers of one dimension or more.
        indices_or_sections: as in `split`.
        axis: an int; negative ones count from the end.

    >>> [len(v) for v in array_split([1, 2, 3], 2)]
    [2, 1]
    """
    x = operand(x)
    n, parts = x.shape[normalize_axis(axis, len(x.shape))], int(indices_or_sections)
    reserve(parts, _PART)
    small, extra = divmod(n, parts)
    return split(x, [small * i + min(i, extra) for i in range(1, parts)], axis)


def vsplit(x: Any, indices_or_sections: Any) -> Tensor:
    """Parts of x along the first axis.

    Args:
        x: numbers of two dimensions or more.
        indices_or_sections: as in `split`.

    >>> [v.shape for v in vsplit([[1], [2]], 2)]
    [(1, 1), (1, 1)]
    """
    return split(x, indices_or_sections, 0)


def hsplit(x: Any, indices_or_sections: Any) -> Tensor:
    """Parts of x along the second axis (the first, of a vector).

    Args:
        x: numbers of one dimension or more.
        indices_or_sections: as in `split`.

    >>> [v.shape for v in hsplit([[1, 2]], 2)]
    [(1, 1), (1, 1)]
    """
    return split(x, indices_or_sections, 1 if len(operand(x).shape) > 1 else 0)


def dsplit(x: Any, indices_or_sections: Any) -> Tensor:
    """Parts of x along the third axis.

    Args:
        x: numbers of three dimensions or more.
        indices_or_sections: as in `split`.

    >>> [v.shape for v in dsplit([[[1, 2]]], 2)]
    [(1, 1, 1), (1, 1, 1)]
    """
    return split(x, indices_or_sections, 2)


def dstack(xs: Any) -> Tensor:
    """The values behind each other: along the third axis, which vectors and matrices get.

    Args:
        xs: a list of values.

    >>> dstack([[1, 2], [3, 4]]).shape
    (1, 2, 2)
    """

    def deep(x):
        x = operand(x)
        if len(x.shape) < 2:
            x = reshape(x, (1, -1))
        return expand_dims(x, 2) if len(x.shape) == 2 else x

    return concatenate([deep(x) for x in xs], 2)
