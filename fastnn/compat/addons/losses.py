"""Losses of tensorflow_addons."""

from typing import Any

import numpy as np

from fastnn import losses, ops
from fastnn.compat.addons.registered import registered
from fastnn.core.errors import ArgumentError
from fastnn.losses import LossFunctionWrapper

__all__ = [
    "ContrastiveLoss", "NpairsLoss", "PinballLoss", "SigmoidFocalCrossEntropy", "TripletHardLoss",
    "TripletSemiHardLoss", "contrastive_loss", "npairs_loss", "pinball_loss", "sigmoid_focal_crossentropy",
    "triplet_hard_loss", "triplet_semihard_loss",
]  # fmt: skip


def _floats(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, y_pred.dtype), y_pred


def sigmoid_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False):
    """alpha (1 - p)^gamma times the cross-entropy, p the probability of the right answer; summed over the last axis.

    Args:
        y_true: labels, 0 or 1.
        y_pred: probabilities, or logits with `from_logits`.
        alpha: weight of the ones, 1 - alpha that of the zeros; 0 for none.
        gamma: how much less counts what is nearly right.
        from_logits: whether y_pred are logits.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2017.

    >>> sigmoid_focal_crossentropy(np.float32([[1.0]]), np.float32([[0.5]])).round(4).tolist()
    [0.043299999088048935]
    """
    if gamma and gamma < 0:
        raise ArgumentError(f"Value of gamma should be greater than or equal to zero. Received: gamma={gamma}")
    y_true, y_pred = _floats(y_true, y_pred)
    entropy = ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits)
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * p + (1.0 - y_true) * (1.0 - p)
    weight = y_true * alpha + (1.0 - y_true) * (1.0 - alpha) if alpha else 1.0
    return ops.sum(weight * (ops.power(1.0 - right, gamma) if gamma else 1.0) * entropy, axis=-1)


def contrastive_loss(y_true, y_pred, margin=1.0):
    """y d^2 + (1 - y) max(margin - d, 0)^2 for distances d.

    Args:
        y_true: 1 where a pair belongs together, else 0.
        y_pred: distances.
        margin: how far apart is far enough.

    Source: Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping, 2006.

    >>> contrastive_loss(np.float32([1, 0]), np.float32([0.5, 0.5])).tolist()
    [0.25, 0.25]
    """
    y_true, y_pred = _floats(y_true, y_pred)
    return y_true * ops.square(y_pred) + (1.0 - y_true) * ops.square(ops.maximum(margin - y_pred, 0.0))


def npairs_loss(y_true, y_pred):
    """The mean cross-entropy of the softmax of similarities, beside equal shares for those of the same label.

    Args:
        y_true: labels (n,).
        y_pred: similarities (n, n).

    Source: Sohn, Improved Deep Metric Learning with Multi-class N-pair Loss Objective, 2016.

    >>> float(npairs_loss(np.array([0, 1]), np.zeros((2, 2), "float32")).round(4))
    0.6930999755859375
    """
    y_true, y_pred = _floats(ops.reshape(y_true, (-1,)), y_pred)
    same = ops.cast(ops.equal(y_true[:, None], y_true[None]), y_pred.dtype)
    shares = same / ops.sum(same, axis=1, keepdims=True)
    return ops.mean(ops.categorical_crossentropy(shares, y_pred, from_logits=True))


def pinball_loss(y_true, y_pred, tau=0.5):
    """max(tau e, (tau - 1) e) of errors e = y_true - y_pred, averaged over the last axis: the least is at a quantile.

    Args:
        y_true, y_pred: arrays of one shape.
        tau: the quantile, from 0 to 1, or one for each value.

    >>> round(float(pinball_loss(np.float32([0, 0, 1, 1]), np.float32([1, 1, 1, 0]), tau=0.1)), 3)
    0.475
    """
    y_true, y_pred = _floats(y_true, y_pred)
    tau = ops.expand_dims(ops.cast(tau, y_pred.dtype), 0)
    error = y_true - y_pred
    return ops.mean(ops.maximum(tau * error, (tau - 1.0) * error), axis=-1)


def _distances(x, metric):
    """Distances (n, n) of the rows of x."""
    if callable(metric):
        return metric(x)
    if metric == "angular":
        unit = x / ops.maximum(ops.sqrt(ops.sum(ops.square(x), axis=1, keepdims=True)), 1e-6)
        return ops.maximum(1.0 - ops.matmul(unit, ops.transpose(unit)), 0.0)
    if metric not in ("L2", "squared-L2"):
        raise ArgumentError(f"distance_metric={metric!r}; expected 'L2', 'squared-L2', 'angular' or a function.")
    sizes = ops.sum(ops.square(x), axis=1)
    squares = ops.maximum(sizes[:, None] + sizes[None] - 2.0 * ops.matmul(x, ops.transpose(x)), 0.0)
    apart = ops.logical_and(squares > 0.0, ~np.eye(x.shape[0], dtype=bool))
    if metric == "squared-L2":
        return ops.where(apart, squares, 0.0)
    return ops.where(apart, ops.sqrt(ops.where(apart, squares, 1.0)), 0.0)  # no gradient where they are 0


def _pairs(y_true, y_pred, metric):
    """(distances, whether each pair of rows has one label, whether it does and is of two rows)."""
    labels = ops.reshape(ops.convert_to_tensor(y_true), (-1,))
    same = ops.equal(labels[:, None], labels[None])
    return (
        _distances(ops.convert_to_tensor(y_pred), metric),
        same,
        ops.logical_and(same, ~np.eye(len(labels), dtype=bool)),
    )


def _largest(x, mask):
    """Of each row the largest value where the mask is True, the least one of all where it never is."""
    return ops.max(ops.where(mask, x, ops.min(x, axis=-1, keepdims=True)), axis=-1)


def _least(x, mask):
    return ops.min(ops.where(mask, x, ops.max(x, axis=-1, keepdims=True)), axis=-1)


def triplet_semihard_loss(y_true, y_pred, margin=1.0, distance_metric="L2"):
    """max(d(a, p) - d(a, n) + margin, 0), averaged over the pairs (a, p) of one label.

    n is the nearest of another label that is farther away than p; the farthest of another label where none is.

    Args:
        y_true: labels (n,) or (n, 1).
        y_pred: vectors (n, features), usually of length 1.
        margin: how much farther is far enough.
        distance_metric: "L2", "squared-L2", "angular", or a function of the vectors that gives (n, n).

    Source: Schroff et al., FaceNet, 2015.

    >>> y = triplet_semihard_loss(np.array([0, 0]), np.float32([[0, 1], [1, 0]]))
    >>> round(float(y), 4)
    2.4142
    """
    d, same, pairs = _pairs(y_true, y_pred, distance_metric)
    other = ops.logical_not(same)
    behind = ops.logical_and(other[:, None, :], d[:, None, :] > d[:, :, None])  # (a, p, n)
    every = ops.broadcast_to(d[:, None, :], behind.shape)
    chosen = ops.where(ops.any(behind, axis=-1), _least(every, behind), _largest(d, other)[:, None])
    count = ops.cast(pairs, d.dtype)
    return ops.sum(ops.maximum((margin + d - chosen) * count, 0.0)) / ops.sum(count)


def triplet_hard_loss(y_true, y_pred, margin=1.0, soft=False, distance_metric="L2"):
    """max(d(a, p) - d(a, n) + margin, 0), averaged over all a: p the farthest of its label, n the nearest of another.

    Args:
        y_true, y_pred, margin, distance_metric: as of `triplet_semihard_loss`.
        soft: log(1 + exp(d(a, p) - d(a, n))) instead.

    Source: Hermans et al., In Defense of the Triplet Loss for Person Re-Identification, 2017.

    >>> float(triplet_hard_loss(np.array([0, 0]), np.float32([[0, 1], [1, 0]])))
    1.0
    """
    d, same, pairs = _pairs(y_true, y_pred, distance_metric)
    gap = _largest(d, pairs) - _least(d, ops.logical_not(same))
    return ops.mean(ops.softplus(gap) if soft else ops.maximum(gap + margin, 0.0))


def _loss(name, function, order, reduction="sum_over_batch_size"):
    """A Loss class of a function: the arguments that `order` names, then reduction and name."""

    class Made(LossFunctionWrapper):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            given = {**dict(zip((*order, "reduction", "name"), args)), **kwargs}
            kept = {"reduction": given.pop("reduction", reduction), "name": given.pop("name", function.__name__)}
            super().__init__(function, **kept, **given)
            self._given = given

        def get_config(self):
            return {**losses.Loss.get_config(self), **self._given}

        @classmethod
        def from_config(cls, config):
            return cls(**config)

    Made.__name__ = Made.__qualname__ = name
    Made.__doc__ = f"`{function.__name__}` as a Loss, which takes {', '.join(order) or 'nothing'}, reduction and name."
    return registered(Made)


SigmoidFocalCrossEntropy = _loss(
    "SigmoidFocalCrossEntropy", sigmoid_focal_crossentropy, ("from_logits", "alpha", "gamma"), "none"
)
ContrastiveLoss = _loss("ContrastiveLoss", contrastive_loss, ("margin",))
NpairsLoss = _loss("NpairsLoss", npairs_loss, ())
PinballLoss = _loss("PinballLoss", pinball_loss, ("tau",))
TripletSemiHardLoss = _loss("TripletSemiHardLoss", triplet_semihard_loss, ("margin", "distance_metric"))
TripletHardLoss = _loss("TripletHardLoss", triplet_hard_loss, ("margin", "soft", "distance_metric"))
