"""Parts of a value, margins, and repetition."""

import builtins
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, PlaceError, ShapeError, ValuesError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Tensor
from fastnn.graph.array import as_index
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.graph.tensor import gathers, known
from fastnn.ops.functions.indexing import take
from fastnn.ops.functions.layout import (
    broadcast_to,
    concatenate,
    expand_dims,
    ints,
    ravel,
    reshape,
    split,
    squeeze,
    swapaxes,
)
from fastnn.ops.functions.operands import dtype_of, is_symbol, operand, reserve
from fastnn.ops.op import R

__all__ = ["fliplr", "flipud", "get_item", "getitem", "pad", "flip", "rot90", "roll", "tile",
           "repeat"]  # fmt: skip


def fliplr(x: Any) -> Tensor:
    """x with the order along its second axis reversed.

    Args:
        x: numbers of two dimensions or more.

    >>> fliplr([[1, 2]])
    array([[2, 1]], dtype=int32)
    """
    x = operand(x)
    if len(x.shape) < 2:
        raise ShapeError(f"`fliplr` requires input with 2 or more dimensions. Received: x.shape={tuple(x.shape)}")
    return flip(x, 1)


def flipud(x: Any) -> Tensor:
    """x with the order along its first axis reversed.

    Args:
        x: numbers of one dimension or more.

    >>> flipud([1, 2])
    array([2, 1], dtype=int32)
    """
    x = operand(x)
    if not x.shape:
        raise ShapeError("`flipud` requires input with 1 or more dimensions. Received: x.shape=()")
    return flip(x, 0)


def get_item(x: Any, key: Any) -> Tensor:
    """x[key].

    Args:
        x: numbers of one dimension or more.
        key: what stands between the brackets: see `getitem`.

    >>> int(get_item([1, 2], 1))
    2
    """
    return getitem(x, key)


# ------------------------------------------------------------------ parts
def getitem(x: Any, key: Any) -> Tensor:
    """x[key] for ints, slices (negative steps too), None and Ellipsis; a list or array of ints takes rows.

    Args:
        x: numbers of one dimension or more.
        key: one of these, or a tuple of them, one for each dimension.

    >>> getitem([[1, 2], [3, 4]], (builtins.slice(None), 1))
    array([2, 4], dtype=int32)
    """
    x = operand(x)
    key = as_index(key) if type(key) is list else key
    key = key if isinstance(key, tuple) else (key,)
    if builtins.sum(k is Ellipsis for k in key) > 1:
        raise ArgumentError(f"Slice should only have one ellipsis. Received: `{key}`")
    rank = len(x.shape)
    used = sum(k is not None and k is not Ellipsis for k in key)
    if used > rank:
        raise ShapeError(f"Received {used} indices for a value of shape {tuple(x.shape)}.")
    if Ellipsis not in [k for k in key if k is None or k is Ellipsis]:
        key = (*key, Ellipsis)
    slices: list[tuple[int | None, ...]] = []
    drop, add, gather, d, out = [], [], [], 0, 0
    for k in key:
        if k is Ellipsis:
            for _ in range(rank - used):
                slices.append((None, None, None))
                d, out = d + 1, out + 1
        elif k is None:
            add.append(out)
            out += 1
        elif isinstance(k, builtins.slice):
            slices.append(tuple(None if v is None else int(v) for v in (k.start, k.stop, k.step)))
            d, out = d + 1, out + 1
        elif is_symbol(k) and type(k) is not Lazy and k.shape == ():  # an index that a step or a loop computes
            if k.dtype == "bool":
                return _masked(x, key)
            slices.append((None, None, None))
            gather.append((d, reshape(k, (1,))))
            drop.append(d)
            d += 1
        elif hasattr(k, "__index__") and not isinstance(k, (bool, np.bool_)) and not getattr(k, "shape", ()):
            i, n = k.__index__(), x.shape[d]
            if n is not None and not -n <= i < n:
                raise PlaceError(f"index {i} is out of range for axis {d} with size {n}")
            i = i + n if i < 0 and n is not None else i
            slices.append((i, i + 1 or None, None))
            drop.append(d)
            d += 1
        else:
            if dtype_of(operand(k)) == "bool":
                return _masked(x, key)
            slices.append((None, None, None))
            gather.append((d, k))
            d, out = d + 1, out + 1
    if any(s != (None, None, None) for s in slices):
        x = R.strided_slice(x, key=tuple(slices))
    if sum(axis not in drop for axis, _ in gather) > 1:
        raise ArgumentError(
            "Indexing with several lists or arrays is not supported; use fastnn.ops.take or take_along_axis."
        )
    for axis, indices in gather:  # each leaves its axis there
        x = take(x, indices, axis=axis)
    x = squeeze(x, tuple(drop)) if drop else x
    return expand_dims(x, tuple(add)) if add else x


def _masked(x, key):
    """x[key] with truth values among the indices: how many rows that gives depends on them."""
    key = tuple(known(k) for k in key)
    if any(is_symbol(k) for k in key) or (is_symbol(x) and None in x.shape):
        raise ValuesError(
            "Indexing by truth values gives a size that depends on the data, which no graph has; "
            "use fastnn.ops.where to choose by a condition."
        )
    key = tuple(np.asarray(k) if hasattr(k, "shape") else k for k in key)
    if gathers((x,)) or (is_symbol(x) and type(x) is not Lazy):  # as the elements of numbers, so that gradients pass
        numbers = np.arange(product(x.shape), dtype=np.int32).reshape(x.shape)[key]
        return take(reshape(x, (-1,)), numbers, axis=0)
    return np.asarray(known(x))[key]


def pad(x: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = None) -> Tensor:
    """x with margins.

    Args:
        x: numbers of any shape.
        pad_width: an int, one (before, after) pair, or a pair per dimension.
        mode: "constant" for one number; "reflect", "symmetric" and "edge" take values of x.
        constant_values: the number; 0 if None.

    Raises ArgumentError for another mode, and for a number with a mode that takes none.

    >>> pad([1, 2], (1, 0))
    array([0, 1, 2], dtype=int32)
    """
    x = operand(x)
    rank = len(x.shape)
    width = np.asarray(pad_width, np.int64)
    if width.shape not in ((), (1,), (2,), (1, 1), (rank, 1), (1, 2), (rank, 2)):
        raise ArgumentError(
            f"`pad_width` must have the same length as `x.shape`. Received: pad_width={pad_width} and "
            f"x.shape={tuple(x.shape)} (of length {rank}); expected a pair (before, after) for each dimension."
        )
    width = np.broadcast_to(width, (rank, 2))
    width = tuple((int(a), int(b)) for a, b in width)
    if mode == "constant":
        fill = 0 if constant_values is None else np.asarray(constant_values).item()
        return R.pad(x, pad_width=width, constant_value=fill)
    if mode not in ("reflect", "symmetric", "edge"):
        raise ArgumentError(f"pad: received mode={mode!r}, expected 'constant', 'reflect', 'symmetric' or 'edge'.")
    if constant_values is not None:
        raise ArgumentError(
            "Argument `constant_values` can only be provided when `mode == 'constant'`. Received: "
            f"mode={mode}, constant_values={constant_values!r}"
        )
    for axis, margins in enumerate(width):
        if any(margins):
            reserve((x.shape[axis] or 0) + sum(margins))
            x = take(x, np.pad(np.arange(x.shape[axis]), margins, mode=mode), axis=axis)
    return x


def flip(x: Any, axis: Any = None) -> Tensor:
    """x with the order along some axes (all, if None) reversed.

    Args:
        x: numbers of any shape.
        axis: an int, or a tuple of them; None for all.

    >>> flip([1, 2, 3])
    array([3, 2, 1], dtype=int32)
    """
    x = operand(x)
    rank = len(x.shape)
    axes = (
        range(rank)
        if axis is None
        else [normalize_axis(a, rank) for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]
    )
    return getitem(x, tuple(builtins.slice(None, None, -1) if d in axes else builtins.slice(None) for d in range(rank)))


def rot90(array: Any, k: Any = 1, axes: Any = (0, 1)) -> Tensor:
    """array turned k times by 90 degrees in the plane of two axes, from the first towards the second.

    Args:
        array: numbers of two dimensions or more.
        k: how many turns, an int; negative ones go the other way.
        axes: the two axes.

    Raises ShapeError for less than two dimensions, ArgumentError for other than two different axes.

    >>> rot90([[1, 2], [3, 4]])
    array([[2, 4],
           [1, 3]], dtype=int32)
    """
    array = operand(array)
    rank = len(array.shape)
    if rank < 2:
        raise ShapeError(f"Input array must have at least 2 dimensions. Received: array.shape={tuple(array.shape)}")
    if len(axes) != 2 or (axes[0] - axes[1]) % rank == 0:
        raise ArgumentError(f"Invalid axes: {axes}. Axes must be a tuple of two different dimensions.")
    a, b = axes
    if k % 4 == 2:
        return flip(array, (a, b))
    if k % 4 == 1:
        return swapaxes(flip(array, b), a, b)
    return flip(swapaxes(array, a, b), b) if k % 4 else operand(array)


def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """x with elements moved by `shift` along an axis; what leaves one end enters at the other.

    Args:
        x: numbers of any shape.
        shift: by how many places, an int.
        axis: an int, or None for the flattened x, whose result has x's shape again.

    >>> roll([1, 2, 3], 1)
    array([3, 1, 2], dtype=int32)
    """
    x = operand(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    if isinstance(axis, (tuple, list)):
        for s, a in zip(shift if isinstance(shift, (tuple, list)) else [shift] * len(axis), axis):
            x = roll(x, s, a)
        return x
    n = x.shape[normalize_axis(axis, len(x.shape))]
    k = n - shift % n if n else 0
    return concatenate(split(x, [k], axis)[::-1], axis) if 0 < k < n else x


def tile(x: Any, repeats: Any) -> Tensor:
    """x repeated `repeats` times along each axis.

    Args:
        x: numbers of any shape.
        repeats: an int, or one for each dimension.

    >>> tile([1, 2], 2)
    array([1, 2, 1, 2], dtype=int32)
    """
    x, repeats = operand(x), list(ints(repeats))
    own = [1] * (len(repeats) - len(x.shape)) + list(x.shape)
    repeats = [1] * (len(own) - len(repeats)) + repeats
    return _repeated(
        x,
        [v for d in own for v in (1, d)],
        [v for r, d in zip(repeats, own) for v in (r, d)],
        [None if d is None else d * r for d, r in zip(own, repeats)],
    )


def _repeated(x, narrow, wide, final):
    return reshape(broadcast_to(reshape(x, narrow), wide), final)


def repeat(x: Any, repeats: Any, axis: Any = None) -> Tensor:
    """Each element of x (each slice along an axis) several times in a row; repeats may differ per element.

    Args:
        x: numbers of any shape.
        repeats: an int, or one for each element along the axis.
        axis: an int, or None for the flattened x.

    >>> repeat([1, 2], 2)
    array([1, 1, 2, 2], dtype=int32)
    """
    x = operand(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, len(x.shape))
    if not isinstance(repeats, (int, np.integer)):
        counts = np.asarray(repeats)
        if counts.ndim > 1 or (counts.size != 1 and x.shape[axis] not in (None, counts.size)):
            raise ShapeError(
                f"Size of `repeats` and dimensions of `axis {axis} of x` should be compatible. "
                f"Received: {counts.size} and {tuple(x.shape)}"
            )
        counts = counts if counts.size else counts.astype("int64")  # of nothing there are floats
        counts = np.broadcast_to(counts, (x.shape[axis],)) if counts.size == 1 else counts
        reserve((x.shape[axis] or 0) + int(np.sum(counts)))
        return take(x, np.repeat(np.arange(x.shape[axis]), counts), axis=axis)
    shape = list(x.shape)
    head, n, tail = shape[:axis], shape[axis], shape[axis + 1 :]
    return _repeated(
        x,
        [*head, n, 1, *tail],
        [*head, n, int(repeats), *tail],
        [*head, None if n is None else n * int(repeats), *tail],
    )
