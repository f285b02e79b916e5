"""Counts of right and wrong predictions at thresholds."""

import numpy as np

from fastnn import ops
from fastnn.core import allowance, config, dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.losses.loss import align, count, dtype_of, float_tensor, tensor
from fastnn.metrics.metric import ACCUMULATOR

NEG_INF = -1e10


def parse_thresholds(thresholds, default=0.5):
    """Thresholds (None, a number or a sequence) as a list; all must be in [0, 1]."""
    if thresholds is None:
        return [default]
    values = list(np.ravel(thresholds)) if not isinstance(thresholds, (list, tuple)) else list(thresholds)
    bad = [t for t in values if t is None or not 0 <= t <= 1]
    if bad:
        raise ArgumentError(f"Threshold values must be in [0, 1]. Received: {bad}.")
    return [float(t) for t in values]


def evenly_spaced(thresholds):
    """Whether thresholds are 0, 1/n, ..., 1 (within epsilon): Keras then clips predictions to [0, 1]."""
    n = len(thresholds)
    return n >= 3 and np.allclose(thresholds, np.arange(n, dtype=np.float32) / (n - 1), atol=config.epsilon())


def keep_top_k(y_pred, k):
    """y_pred with all but the k largest entries of the last axis set to NEG_INF."""
    _, index = ops.top_k(y_pred, k)
    hot = ops.cast(ops.one_hot(index, y_pred.shape[-1]), dtype_of(y_pred))
    kind = dtype_of(y_pred)
    return ops.where(
        ops.greater(ops.sum(hot, axis=-2), tensor(0.0, kind)), y_pred, tensor(dtypes.far(NEG_INF, kind), kind)
    )


def confusion_counts(
    y_true,
    y_pred,
    thresholds,
    top_k=None,
    class_id=None,
    sample_weight=None,
    multi_label=False,
    label_weights=None,
    clip=False,
):
    """{"tp", "fp", "tn", "fn"}: weighted counts at each threshold, float64 (thresholds,) or (thresholds, labels).

    y_true: labels, non-zero = positive; y_pred: scores of the same shape.  A prediction is positive where
    it is > threshold.
    """
    y_pred = float_tensor(y_pred)
    dtype = dtype_of(y_pred)
    y_pred, y_true = align(y_pred, tensor(y_true, dtype))
    if tuple(y_pred.shape) != tuple(y_true.shape):
        raise ShapeError(
            "y_true and y_pred must have the same shape. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}. "
            "For integer labels of several classes use one-hot labels."
        )
    if top_k is not None:
        y_pred = keep_top_k(y_pred, top_k)
    if class_id is not None:
        if len(y_pred.shape) == 1:
            raise ShapeError(
                "When class_id is provided, y_pred must be a 2D array with shape (num_samples, "
                f"num_classes), found shape: {tuple(y_pred.shape)}."
            )
        y_true, y_pred = y_true[..., class_id : class_id + 1], y_pred[..., class_id : class_id + 1]
    if clip:
        y_pred = ops.clip(y_pred, 0.0, 1.0)
    positive = ops.cast(ops.not_equal(y_true, tensor(0.0, dtype)), dtype)
    weight = _weights(y_pred, sample_weight, label_weights)
    pos = positive if weight is None else ops.multiply(positive, weight)
    neg = ops.subtract(tensor(1.0, dtype), positive)
    neg = neg if weight is None else ops.multiply(neg, weight)
    limits = np.asarray([dtypes.far(t, dtype) for t in thresholds], dtypes.numpy_type(dtype))
    tp, fp = _above(y_pred, pos, neg, limits, multi_label, dtype)
    total = [ops.cast(ops.sum(x, axis=0 if multi_label else None), ACCUMULATOR) for x in (pos, neg)]
    return {"tp": tp, "fp": fp, "fn": ops.subtract(total[0], tp), "tn": ops.subtract(total[1], fp)}


def _above(y_pred, pos, neg, limits, multi_label, dtype):
    """The weighted positives and negatives whose prediction lies above each limit."""
    n = len(limits)
    if multi_label:
        above = ops.cast(ops.greater(ops.expand_dims(y_pred, 0), limits.reshape(n, 1, 1)), dtype)
        return [ops.cast(ops.sum(ops.multiply(above, ops.expand_dims(x, 0)), axis=1), ACCUMULATOR) for x in (pos, neg)]
    m = count(y_pred.shape)
    above = ops.cast(ops.greater(ops.reshape(y_pred, (1, m)), limits.reshape(n, 1)), dtype)
    return [ops.cast(ops.reshape(ops.matmul(above, ops.reshape(x, (m, 1))), (n,)), ACCUMULATOR) for x in (pos, neg)]


def _weights(y_pred, sample_weight, label_weights):
    """Sample and label weights in the shape of the predictions, or None."""
    dtype, shape, out = dtype_of(y_pred), tuple(y_pred.shape), None
    if sample_weight is not None:
        w = tensor(sample_weight, dtype)
        if len(w.shape) == len(shape) and w.shape[-1] == 1 and shape[-1] != 1:
            w = ops.squeeze(w, -1)
        if 0 < len(w.shape) < len(shape):
            w = ops.reshape(w, tuple(w.shape) + (1,) * (len(shape) - len(w.shape)))
        out = ops.broadcast_to(w, shape) if tuple(w.shape) != shape else w
    if label_weights is not None:
        w = ops.broadcast_to(ops.reshape(tensor(label_weights, dtype), (1, shape[-1])), shape)
        out = w if out is None else ops.multiply(out, w)
    return out


def even_thresholds(n):
    """n thresholds from 0 to 1, evenly spaced; [0.5] for one."""
    allowance.reserve(n, 32)
    return [0.5] if n == 1 else [0.0] + [(i + 1) * 1.0 / (n - 1) for i in range(n - 2)] + [1.0]
