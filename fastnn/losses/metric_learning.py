"""Losses that learn a distance.  The circle loss: embeddings of one class near each other, those of others far away."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.losses.loss import dtype_of, float_tensor, tensor
from fastnn.losses.regression import number
from fastnn.losses.wrapper import NamedLoss

FAR = -1e9  # of a pair that is left out: its exponential is 0, and unlike infinity's so is its gradient


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """log(1 + sum over pairs of exp(gamma (w_n (s_n - margin) - w_p (s_p - 1 + margin)))), for each row: shape (n,).

    Args:
        y_true: class indices, (n,) or (n, 1).
        y_pred: embeddings of length 1, (n, d); other ranks are a ShapeError.
        ref_labels, ref_embeddings: what they are compared with; themselves if None.
        remove_diagonal: leave out a row's likeness with itself.
        gamma: the scale.
        margin: the relaxation.

    Source: Sun et al. 2020, arXiv:2002.10857.

    >>> import numpy as np
    >>> np.round(circle([0, 0, 1], [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), 3)
    array([0., 0., 0.], dtype=float32)
    """
    return circle_and_mask(y_true, y_pred, ref_labels, ref_embeddings, remove_diagonal, gamma, margin)[0]


def circle_and_mask(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """circle(...), and the mask of the rows whose loss is above 0: a mean is over these."""
    y_pred = float_tensor(y_pred)
    if len(y_pred.shape) != 2:
        raise ShapeError(f"circle: y_pred must be embeddings of shape (n, d). Received: y_pred.shape={y_pred.shape}")
    others = y_pred if ref_embeddings is None else tensor(ref_embeddings, dtype_of(y_pred))
    labels = _labels(y_true)
    keys = labels if ref_labels is None else _labels(ref_labels)
    alike = ops.equal(ops.expand_dims(labels, 1), ops.expand_dims(keys, 0))
    positive, negative = alike, ops.logical_not(alike)
    if remove_diagonal:
        positive = ops.logical_and(alike, ~np.eye(*alike.shape, dtype=bool))
    one, m = number(1.0, y_pred), number(margin, y_pred)
    zero = number(0.0, y_pred)
    distance = ops.maximum(ops.subtract(one, ops.matmul(y_pred, ops.transpose(others))), zero)
    near = ops.multiply(ops.maximum(ops.add(m, distance), zero), ops.subtract(distance, m))
    off = ops.subtract(ops.add(one, m), distance)
    away = ops.multiply(ops.maximum(off, zero), ops.subtract(ops.subtract(one, m), distance))
    scale, far = number(gamma, y_pred), number(dtypes.far(FAR, dtype_of(y_pred)), y_pred)
    exponents = [
        ops.logsumexp(ops.where(chosen, ops.multiply(scale, value), far), axis=1)
        for chosen, value in ((positive, near), (negative, away))
    ]
    loss = ops.softplus(ops.add(*exponents))
    return loss, ops.greater(loss, number(0.0, loss))


def _labels(y):
    y = tensor(y)
    y = ops.squeeze(y, -1) if len(y.shape) == 2 and y.shape[1] == 1 else y
    if len(y.shape) != 1:
        raise ShapeError(f"circle: labels must be class indices of shape (n,) or (n, 1). Received: shape={y.shape}")
    return ops.cast(y, "int32")


class Circle(NamedLoss):
    """The circle loss of integer labels (n,) and embeddings of length 1 (n, d); end the model in UnitNormalization.

    Args:
        gamma: the scale of the likenesses.
        margin: the relaxation.
        remove_diagonal: leave out a row's likeness with itself.

    Source: Sun et al. 2020, arXiv:2002.10857.

    >>> round(float(Circle()([0, 1], [[1.0, 0.0], [0.6, 0.8]])), 3)
    0.0
    """

    settings = ("gamma", "margin", "remove_diagonal")
    keeps_integer_labels = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(circle, reduction, name, dtype, gamma=gamma, margin=margin, remove_diagonal=remove_diagonal)

    def call_with_mask(self, y_true, y_pred):
        """The values, and the mask of the rows that have a loss.

        Args:
            y_true, y_pred: as of `call`.
        """
        return circle_and_mask(y_true, y_pred, **self._fn_kwargs)

    def call(self, y_true, y_pred):
        """The loss of each row.

        Args:
            y_true: class indices, (n,) or (n, 1).
            y_pred: embeddings of length 1, (n, d).
        """
        return circle(y_true, y_pred, **self._fn_kwargs)
