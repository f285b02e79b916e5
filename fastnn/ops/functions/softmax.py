"""Softmax and its logarithm over any axes."""

import warnings
from typing import Any

from fastnn.core import shapes
from fastnn.core.types import Tensor
from fastnn.ops.functions.layout import reshape, transpose
from fastnn.ops.functions.operands import float_call, floating
from fastnn.ops.records.softmax import log_softmax_op, softmax_op

__all__ = ["softmax", "log_softmax"]


# ------------------------------------------------------------------ public functions
def to_last(x, axis):
    """(x with `axis` moved to the end, function that moves it back)."""
    rank = len(x.shape)
    axis = shapes.normalize_axis(axis, rank)
    if axis == rank - 1:
        return x, lambda y: y
    there = (*range(axis), *range(axis + 1, rank), axis)
    back = (*range(axis), rank - 1, *range(axis, rank - 1))
    return transpose(x, there), lambda y: transpose(y, back)


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) / sum(exp(x)) over `axis`: an int, several as a tuple, or None for all.

    Args:
        x: float array or symbol; integers become floatx.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5], dtype=float32)
    """
    shape = getattr(x, "shape", ())
    if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {tuple(shape)}. This axis has size 1. The "
            "softmax operation will always return the value 1, which is likely not what you intended. Did you mean to "
            "use a sigmoid instead?",
            stacklevel=3,
        )
    return _over(lambda v: float_call(softmax_op, v), x, axis)


def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """The logarithm of softmax(x, axis), without computing it.

    Args:
        x: float array or symbol; integers become floatx.
        axis: an int, several as a tuple, or None for all.

    >>> log_softmax([0.0, 0.0]).round(4)
    array([-0.6931, -0.6931], dtype=float32)
    """
    return _over(lambda v: float_call(log_softmax_op, v), x, axis)


def _over(op, x, axis):
    x = floating(x)
    if axis is not None and not isinstance(axis, (tuple, list)):
        x, back = to_last(x, axis)
        return back(op(x))
    rank = len(x.shape)
    axes = shapes.normalize_axes(axis, rank)
    kept = tuple(a for a in range(rank) if a not in axes)
    order = (*kept, *axes)
    moved = transpose(x, order)
    inner = [x.shape[a] for a in axes]
    flat = reshape(
        moved,
        (*(-1 if x.shape[a] is None else x.shape[a] for a in kept), -1 if None in inner else shapes.product(inner)),
    )
    y = reshape(op(flat), tuple(-1 if d is None else d for d in moved.shape))
    return transpose(y, tuple(order.index(a) for a in range(rank)))
