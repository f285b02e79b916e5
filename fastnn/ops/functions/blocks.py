"""Blocks of a value, cut out and replaced: from places that are known, or that are calculated."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.node import known_value
from fastnn.ops.functions.comparison import greater_equal, less, logical_and, where
from fastnn.ops.functions.indexing import take
from fastnn.ops.functions.layout import reshape
from fastnn.ops.functions.operands import (
    cast_to,
    dtype_of,
    inferring,
    is_symbol,
    number_call,
    of_shape,
    operand,
    reserve,
)
from fastnn.ops.functions.slicing import getitem
from fastnn.ops.op import R

__all__ = ["slice", "slice_update"]
WHOLE = (None, None, None)
FAR = 2**31 - 1


def slice(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """The block of the given shape that begins at start_indices; one that would reach over the end is moved back.

    Args:
        inputs: numbers of any shape.
        start_indices: where the block begins, an integer for each dimension: numbers, or values that are calculated;
            negative ones count from the end.
        shape: the block's sizes, ints; -1 up to the end.

    Raises ShapeError for other numbers of dimensions and sizes that do not fit.

    >>> slice([[1, 2], [3, 4]], (0, 1), (2, 1))
    array([[2],
           [4]], dtype=int32)
    """
    x = operand(inputs)
    sizes = [int(n) for n in (shape if isinstance(shape, (tuple, list)) else np.asarray(shape).tolist())]
    rank = len(x.shape)
    if len(sizes) != rank:
        raise ShapeError(
            f"slice: the number of dimensions in `inputs` must match the number of dimensions in `shape`. Received: "
            f"inputs.shape={tuple(x.shape)}, shape={tuple(sizes)}"
        )
    starts = _starts("slice", start_indices, x.shape)
    if any(is_symbol(a) and n == -1 for a, n in zip(starts, sizes)):
        return _of_unknown_sizes(x, starts, sizes)
    sizes = [n if n != -1 else d if d is None else d - _from_front(a, d) for a, n, d in zip(starts, sizes, x.shape)]
    _check_fit("slice", sizes, x.shape)
    key: list[Any] = []
    for axis, (a, n, d) in enumerate(zip(starts, sizes, x.shape)):
        if is_symbol(a):
            x = take(x, _places(a, n, d), axis=axis)
            key.append(WHOLE)
        else:
            begin = _moved_back(a, n, d)
            key.append((begin, None if n is None else begin + n, None))
    return getitem(x, tuple(np.s_[a:b:c] for a, b, c in key))


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """inputs with the block that begins at start_indices replaced by updates; it is moved back from the end to fit.

    Args:
        inputs: numbers of any shape.
        start_indices: where the block begins, an integer for each dimension: numbers, or values that are calculated;
            negative ones count from the end.
        updates: the block, with as many dimensions.

    Raises ShapeError for other numbers of dimensions and blocks that do not fit.

    >>> slice_update([1, 2, 3], [1], [9])
    array([1, 9, 3], dtype=int32)
    """
    x, u = operand(inputs), operand(updates)
    starts = _starts("slice_update", start_indices, x.shape)
    if len(u.shape) != len(x.shape):
        raise ShapeError(
            f"slice_update: the number of dimensions in `updates` must match the number of dimensions in `inputs`. "
            f"Received: updates.shape={tuple(u.shape)}, inputs.shape={tuple(x.shape)}"
        )
    if inferring() and None in (*x.shape, *u.shape):
        return of_shape(x.shape, dtype_of(x))
    _check_fit("slice_update", u.shape, x.shape)
    u, inside, margins = cast_to(u, dtype_of(x)), None, []
    for axis, (a, n, d) in enumerate(zip(starts, u.shape, x.shape)):
        if not is_symbol(a):
            begin = _moved_back(a, n, d)
            margins.append((begin, d - begin - n))
            if n == d:
                continue
            place = np.arange(d, dtype=np.int32) - np.int32(begin)
        else:
            margins.append((0, 0))
            place = R.subtract(np.arange(d, dtype=np.int32), _within(a, n, d))
            u = take(u, number_call(R.clip, place, lo=0, hi=n - 1), axis=axis)
        here = logical_and(greater_equal(place, 0), less(place, n))
        here = reshape(here, tuple(d if i == axis else 1 for i in range(len(x.shape))))
        inside = here if inside is None else logical_and(inside, here)
    if any(map(any, margins)):
        u = R.pad(u, pad_width=tuple(margins), constant_value=0.0)
    return u if inside is None else where(inside, u, x)


# ------------------------------------------------------------------ places
def _starts(name, given, shape):
    """The beginning along each dimension: an int, or an int32 symbol without dimensions."""
    rank = len(shape)
    if not isinstance(given, (tuple, list)):
        given = operand(given)
        if tuple(given.shape) not in ((rank,), (None,)):
            given = [given] if rank == 1 and not given.shape else [None] * (rank + 1)
        else:
            given = [getitem(given, i) for i in range(rank)] if is_symbol(given) else list(np.asarray(given))
    if len(given) != rank:
        raise ShapeError(
            f"{name}: the number of dimensions in `start_indices` must match the number of dimensions in `inputs`. "
            f"Received: start_indices={given!r:.100}, inputs.shape={tuple(shape)}"
        )
    return [_start(name, a) for a in given]


def _start(name, a):
    if isinstance(a, int):
        return a
    a = operand(a)
    if is_symbol(a):
        found = known_value(a) if getattr(a, "trace", None) is not None else None  # a size of a graph is a number
        if found is None:
            return reshape(cast_to(a, "int32"), ())
        a = found
    elif hasattr(a, "_fastnn_variable") and current() is not None:
        return reshape(cast_to(a.value, "int32"), ())
    a = np.asarray(a)
    if a.size != 1 or a.dtype.kind not in "iu":
        raise ArgumentError(f"{name}: each of `start_indices` must be an integer. Received: {a!r:.100}.")
    return int(a.reshape(()))


def _check_fit(name, sizes, shape):
    if any(n is not None and d is not None and not 0 <= n <= d for n, d in zip(sizes, shape)):
        raise ShapeError(f"{name}: a block of shape {tuple(sizes)} does not fit into the shape {tuple(shape)}.")


def _from_front(a, d):
    return min(max(a + d if a < 0 else a, 0), d)


def _moved_back(a, n, d):
    """An int that begins a block of n in d."""
    return a if d is None or n is None else min(_from_front(a, d), d - n)


def _within(a, n, d):
    """A symbol that begins a block of n in d."""
    a = where(less(a, 0), a + d, a)
    return number_call(R.clip, a, lo=0, hi=d - n)


def _places(a, n, d):
    """The places of a block of n in d, an int32 symbol (n,)."""
    reserve(n)
    begin = a if d is None else _within(a, n, d)
    return R.add(reshape(begin, (1,)), np.arange(n, dtype=np.int32))


def _of_unknown_sizes(x, starts, sizes):
    """What has the shape of a block with a calculated beginning, up to the end: only while shapes are inferred."""
    if not inferring():
        raise ArgumentError(
            "slice: received -1 in `shape` and a start that is calculated: how many values are left is not known while "
            "a graph is made. Give the size."
        )
    shape = [n if n != -1 else None if d is None or is_symbol(a) else d - _from_front(a, d)
             for a, n, d in zip(starts, sizes, x.shape)]  # fmt: skip
    return of_shape(shape, dtype_of(x))
