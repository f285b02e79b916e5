"""Cross-entropies of probabilities and of logits."""

from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.layout import squeeze
from fastnn.ops.functions.operands import floating
from fastnn.ops.functions.softmax import to_last
from fastnn.ops.records import softmax_crossentropy as nn
from fastnn.ops.records.crossentropy import (
    binary_crossentropy_op,
    categorical_crossentropy_op,
    sigmoid_cross_entropy,
    sparse_categorical_crossentropy_op,
)
from fastnn.ops.records.softmax import LABELS

__all__ = ["categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy"]


# ------------------------------------------------------------------ public functions
def _operands(name, target, output):
    """(target, output) as floats of output's dtype, of one shape."""
    output = floating(output)
    target = floating(target)
    if tuple(target.shape) != tuple(output.shape):
        raise ShapeError(
            "Arguments `target` and `output` must have the same shape. Received: "
            f"target.shape={tuple(target.shape)}, output.shape={tuple(output.shape)}"
        )
    if name == "categorical_crossentropy" and len(output.shape) < 1:
        raise ShapeError(
            "Arguments `target` and `output` must be at least rank 1. Received: "
            f"target.shape={tuple(target.shape)}, output.shape={tuple(output.shape)}"
        )
    return (target if str(target.dtype) == str(output.dtype) else cast(target, output.dtype)), output


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: Any = -1) -> Tensor:
    """-sum(target * log(output)) over `axis`; probabilities are renormalised, then clipped to [epsilon, 1 - epsilon].

    Args:
        target: (..., classes), probabilities or one-hot rows.
        output: the same shape, probabilities, or logits with from_logits=True.
        from_logits: whether output holds logits.
        axis: of the classes, an int.

    Returns:
        One loss per row: the shape without `axis`.

    Raises:
        ShapeError: if the shapes differ.

    >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
    array([0.6931], dtype=float32)
    """
    target, output = _operands("categorical_crossentropy", target, output)
    target, _ = to_last(target, axis)
    output, _ = to_last(output, axis)
    if from_logits:
        return nn.softmax_cross_entropy(output, target)[0]
    return categorical_crossentropy_op(output, target, epsilon=float(config.epsilon()))


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: Any = -1) -> Tensor:
    """-log(output[target]) along `axis`: categorical_crossentropy for integer labels.

    Args:
        target: integers (...), or (..., 1); one label in [0, classes) per row of output.
        output: (..., classes), probabilities, or logits with from_logits=True.
        from_logits: whether output holds logits.
        axis: of the classes, an int.

    Raises:
        ShapeError: if the shapes do not agree.
        KernelError: for a label outside [0, classes).

    >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
    array([0.6931], dtype=float32)
    """
    output = floating(output)
    if not hasattr(target, "dtype"):
        target = np.asarray(target)
    if len(output.shape) < 1:
        raise ShapeError(f"Argument `output` must be at least rank 1. Received: output.shape={tuple(output.shape)}")
    output, _ = to_last(output, axis)
    if len(target.shape) == len(output.shape) and target.shape[axis] == 1:
        target = squeeze(target, axis=axis)
    if tuple(target.shape) != tuple(output.shape[:-1]):
        raise ShapeError(
            "Arguments `target` and `output` must have the same shape up until the last dimension: "
            f"target.shape={tuple(target.shape)}, output.shape={tuple(output.shape)}"
        )
    if str(target.dtype) != LABELS:
        target = cast(target, LABELS)
    if from_logits:
        return nn.sparse_softmax_cross_entropy(output, target)[0]
    return sparse_categorical_crossentropy_op(output, target, epsilon=float(config.epsilon()))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """-(target log(output) + (1 - target) log(1 - output)), element by element; output is clipped as above.

    Args:
        target: probabilities of the positive class, any shape.
        output: the same shape, probabilities, or logits with from_logits=True.
        from_logits: whether output holds logits.

    Raises:
        ShapeError: if the shapes differ.

    >>> binary_crossentropy([1.0], [0.5]).round(4)
    array([0.6931], dtype=float32)
    """
    target, output = _operands("binary_crossentropy", target, output)
    if from_logits:
        return sigmoid_cross_entropy(output, target)
    return binary_crossentropy_op(output, target, epsilon=float(config.epsilon()))
