"""Losses of sequences without alignment: connectionist temporal classification."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.errors import ShapeError
from fastnn.losses.loss import float_tensor, tensor
from fastnn.losses.wrapper import NamedLoss

BLANK = 0


def ctc(y_true: Any, y_pred: Any) -> Any:
    """-log of the probability that a path through the steps reads as the labels: shape (n,).

    Args:
        y_true: class indices (n, most); 0 is the blank and fills what a row does not need.
        y_pred: logits (n, steps, classes), not normalized; every step counts. Other ranks are a ShapeError.

    Source: Graves et al. 2006.

    >>> import numpy as np
    >>> ctc([[1]], np.zeros((1, 2, 3), "float32")).round(4)  # log 9 - log 3
    array([1.0986], dtype=float32)
    """
    y_true, y_pred = tensor(y_true), float_tensor(y_pred)
    if len(y_true.shape) != 2:
        raise ShapeError(
            "Targets `y_true` are expected to be a tensor of shape `(batch_size, max_length)` in integer format. "
            f"Received: y_true.shape={tuple(y_true.shape)}"
        )
    if len(y_pred.shape) != 3:
        raise ShapeError(
            "Logits `y_pred` are expected to be a tensor of shape `(batch_size, max_length, num_classes)`. "
            f"Received: y_pred.shape={tuple(y_pred.shape)}"
        )
    labels = ops.cast(y_true, "int32")
    lengths = ops.sum(ops.cast(ops.not_equal(labels, BLANK), "int32"), axis=-1)
    rows, steps = y_pred.shape[:2]
    return ops.ctc_loss(labels, y_pred, lengths, np.full(rows, steps, np.int32), mask_index=BLANK)


class CTC(NamedLoss):
    """Connectionist temporal classification: class indices (n, most), 0 being the blank; logits (n, steps, classes).

    Source: Graves et al. 2006.

    >>> import numpy as np
    >>> round(float(CTC()([[1]], np.zeros((1, 2, 3)))), 4)
    1.0986
    """

    keeps_integer_labels = True

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "ctc", dtype: Any = None
    ) -> None:
        super().__init__(ctc, reduction, name, dtype)

    def call(self, y_true, y_pred):
        """The loss of each row.

        Args:
            y_true: class indices (n, most); 0 is the blank and fills what a row does not need.
            y_pred: logits (n, steps, classes).
        """
        return ctc(y_true, y_pred)
