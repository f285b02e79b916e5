"""Connectionist temporal classification (Graves et al., 2006): its loss, and readings of its predictions."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.comparison import equal, greater_equal, logical_or, where
from fastnn.ops.functions.elementwise import negative
from fastnn.ops.functions.indexing import take_along_axis
from fastnn.ops.functions.layout import concatenate, expand_dims
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, operand
from fastnn.ops.functions.order import argsort
from fastnn.ops.functions.reduction import argmax, max, sum
from fastnn.ops.functions.slicing import getitem
from fastnn.ops.functions.softmax import log_softmax
from fastnn.ops.op import R

__all__ = ["ctc_loss", "ctc_decode"]


def _scores(name, x):
    """(batch, steps, classes) in a float dtype of kernels."""
    x = floating(x)
    if len(x.shape) != 3:
        raise ShapeError(f"{name}: received shape {tuple(x.shape)}, expected (batch, steps, classes).")
    return cast_to(x, WIDE.get(dtype_of(x), dtype_of(x)))


def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: Any = 0) -> Tensor:
    """-log of the probability that a path through the steps reads as the labels.

    A path reads as its classes without repetitions and then without blanks.

    Args:
        target: (batch, most) labels.
        target_length: (batch,) how many of them count.
        output: (batch, steps, classes) logits.
        output_length: (batch,) how many of the steps count.
        mask_index: the class that is the blank.

    Returns (batch,) losses; about 1e5 for labels that do not fit into the steps.

    >>> import numpy as np
    >>> ctc_loss([[1]], np.zeros((1, 2, 3), "float32"), [1], [2]).round(4)  # log 9 - log 3
    array([1.0986], dtype=float32)
    """
    x = log_softmax(_scores("ctc_loss", output))
    labels, label_lengths, lengths = (cast_to(operand(v), "int32") for v in (target, target_length, output_length))
    if len(labels.shape) != 2:
        raise ShapeError(f"Targets `target` must be a tensor of rank 2. Received: target.shape={tuple(labels.shape)}")
    return R.ctc(x, labels, label_lengths, lengths, blank=_class(mask_index, x.shape[2]))


def _class(index, classes):
    return classes - 1 if index is None else int(index) + classes * (int(index) < 0)


def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: Any = "greedy",
    beam_width: Any = 100,
    top_paths: Any = 1,
    merge_repeated: bool = True,
    mask_index: Any = 0,
) -> Tensor:
    """What predictions (batch, steps, classes) read as.

    Args:
        inputs: logits or probabilities (batch, steps, classes).
        sequence_lengths: (batch,) how many of the steps count.
        strategy: "greedy" takes the most probable class of each step; "beam_search" adds up the paths of a reading and
            keeps the beam_width best ones after each step.
        top_paths: number of readings that a beam search returns, the best first.
        merge_repeated: whether the greedy way merges repetitions.
        mask_index: the class that is the blank.
        beam_width: how many readings a beam search keeps.

    Returns (labels (paths, batch, steps), int32, with -1 behind; scores (batch, paths)): minus the sum of the largest
    inputs, or the log probabilities of readings.

    >>> import numpy as np
    >>> x = np.eye(3, dtype="float32")[None, [1, 1, 0, 2]]
    >>> ctc_decode(x, [4])[0].tolist()
    [[[1, 2, -1, -1]]]
    """
    x, lengths = _scores("ctc_decode", inputs), cast_to(operand(sequence_lengths), "int32")
    steps, classes = x.shape[1:]
    blank = _class(mask_index, classes)
    if strategy == "beam_search":
        return tuple(
            R.ctc_beam_search(
                log_softmax(x), lengths, beam_width=int(beam_width), top_paths=int(top_paths), blank=blank
            )
        )
    if strategy != "greedy":
        raise ArgumentError(f"Invalid strategy {strategy}. Supported values are 'greedy' and 'beam_search'.")
    places = np.arange(steps, dtype=np.int32)
    behind = greater_equal(places, expand_dims(lengths, 1))
    labels = where(behind, np.int32(blank), cast_to(argmax(x, axis=-1), "int32"))
    silent = equal(labels, np.int32(blank))
    if merge_repeated and steps > 1:
        same = equal(getitem(labels, (slice(None), slice(1, None))), getitem(labels, (slice(None), slice(None, -1))))
        first = getitem(silent, (slice(None), slice(0, 1)))
        silent = concatenate([first, logical_or(same, getitem(silent, (slice(None), slice(1, None))))], axis=1)
    order = argsort(where(silent, np.int32(steps), places), axis=-1)
    labels = take_along_axis(where(silent, np.int32(-1), labels), order, axis=-1)
    best = where(behind, np.asarray(0, x.dtype), max(x, axis=-1))
    return expand_dims(labels, 0), negative(sum(best, axis=1, keepdims=True))
