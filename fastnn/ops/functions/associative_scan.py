"""Running results of an associative function."""

from typing import Any

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.functions.choices import check_functions, leaves_of, recorded, same_structure, shown, unflattened
from fastnn.ops.functions.layout import concatenate, reshape, stack
from fastnn.ops.functions.operands import operand
from fastnn.ops.functions.slicing import flip, getitem

__all__ = ["associative_scan"]


@recorded
def associative_scan(f: Any, elems: Any, reverse: bool = False, axis: Any = 0) -> Tensor:
    """All running results of an associative f(a, b) along an axis, in about twice log2 of its size calls of f.

    Args:
        f: (a, b) -> value, structures like elems; works along the axis as on one element.
        elems: a structure of arrays with equal sizes along the axis.
        reverse: from the last element on.
        axis: the axis.

    >>> import numpy as np
    >>> associative_scan(lambda a, b: a + b, np.array([1, 2, 3], "int32"))
    array([1, 3, 6], dtype=int32)
    """
    check_functions("associative_scan", f=f)
    leaves = [operand(x) for x in leaves_of(elems)]
    axes = [axis + len(x.shape) if axis < 0 else axis for x in leaves]
    if any(a not in range(len(x.shape)) for a, x in zip(axes, leaves)):
        raise ShapeError(f"associative_scan: axis {axis} is not one of shapes {[tuple(x.shape) for x in leaves]}.")
    if len({x.shape[a] for a, x in zip(axes, leaves)}) != 1:
        raise ShapeError(
            "Array inputs to associative_scan must have the same first dimension. (saw: "
            f"{[tuple(x.shape) for x in leaves]})"
        )
    if leaves[0].shape[axes[0]] is None:
        raise ShapeError(f"associative_scan: the size of axis {axis} is not known yet.")

    def combine(a, b):
        out = f(unflattened(elems, a), unflattened(elems, b))
        if not same_structure(elems, out):
            raise ArgumentError(
                "associative_scan: f must return the structure of elems. Received: "
                f"{shown(out)}, expected that of {shown(elems)}."
            )
        return [operand(x) for x in leaves_of(out)]

    if reverse:
        leaves = [flip(x, a) for x, a in zip(leaves, axes)]
    leaves = _running(combine, leaves, axes)
    return unflattened(elems, [flip(x, a) for x, a in zip(leaves, axes)] if reverse else leaves)


def _running(f, xs, axes):
    """Results up to the odd places are those of pairs; each even place adds one element to the place before."""
    n = xs[0].shape[axes[0]]
    if n < 2:
        return xs
    odd = _running(f, f(_cut(xs, axes, 0, n - 1, 2), _cut(xs, axes, 1, n, 2)), axes)
    if n == 2:
        even = _cut(xs, axes, 0, 1)
    else:
        before = _cut(odd, axes, 0, n // 2 - 1) if n % 2 == 0 else odd
        even = [
            concatenate([a, b], axis=x)
            for a, b, x in zip(_cut(xs, axes, 0, 1), f(before, _cut(xs, axes, 2, n, 2)), axes)
        ]
    return [_interleaved(a, b, x) for a, b, x in zip(even, odd, axes)]


def _cut(xs, axes, start, stop, step=1):
    return [getitem(x, (*(slice(None),) * a, slice(start, stop, step))) for x, a in zip(xs, axes)]


def _interleaved(a, b, axis):
    """a0, b0, a1, b1, ...; a may have one more."""
    n = b.shape[axis]
    head, tail = (_cut([a], [axis], 0, n)[0], _cut([a], [axis], n, n + 1)) if a.shape[axis] > n else (a, [])
    both = reshape(stack([head, b], axis=axis + 1), (*b.shape[:axis], 2 * n, *b.shape[axis + 1 :]))
    return concatenate([both, *tail], axis=axis) if tail else both
