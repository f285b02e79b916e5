"""Metrics that Keras 1 had, which are calculated batch by batch."""

from fastnn import ops
from fastnn.core.errors import ArgumentError


def _counts(y_true, y_pred):
    true, said = (ops.round(ops.clip(y, 0, 1)) for y in (y_true, y_pred))
    return ops.sum(true * said), ops.sum(true), ops.sum(said)


def precision(y_true, y_pred):
    """The share of what is said to be relevant that is, in a batch.

    Args:
        y_true, y_pred: labels and predictions in [0, 1], of one shape.

    >>> import numpy as np
    >>> round(float(precision(np.array([1.0, 0.0]), np.array([0.9, 0.8]))), 3)
    0.5
    """
    both, _, said = _counts(y_true, y_pred)
    return both / (said + 1e-7)


def recall(y_true, y_pred):
    """The share of what is relevant that is said to be, in a batch.

    Args:
        y_true, y_pred: labels and predictions in [0, 1], of one shape.

    >>> import numpy as np
    >>> round(float(recall(np.array([1.0, 0.0]), np.array([0.9, 0.8]))), 3)
    1.0
    """
    both, true, _ = _counts(y_true, y_pred)
    return both / (true + 1e-7)


def fbeta_score(y_true, y_pred, beta=1):
    """The weighted harmonic mean of precision and recall in a batch.

    Args:
        y_true, y_pred: labels and predictions in [0, 1], of one shape.
        beta: how many times as much recall counts.

    Raises ArgumentError for a negative beta.

    >>> import numpy as np
    >>> round(float(fbeta_score(np.array([1.0, 0.0]), np.array([0.9, 0.8]))), 3)
    0.667
    """
    if beta < 0:
        raise ArgumentError(f"The lowest choosable beta is zero (only precision). Received: {beta}")
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return (1 + beta**2) * (p * r) / (beta**2 * p + r + 1e-7)


def fmeasure(y_true, y_pred):
    """fbeta_score of beta 1.

    Args:
        y_true, y_pred: labels and predictions in [0, 1], of one shape.
    """
    return fbeta_score(y_true, y_pred, 1)


def matthews_correlation(y_true, y_pred):
    """The correlation of labels and predictions, rounded to 0 and 1, in a batch (Matthews, 1975).

    Args:
        y_true, y_pred: labels and predictions in [0, 1], of one shape.

    >>> import numpy as np
    >>> round(float(matthews_correlation(np.array([1.0, 0.0]), np.array([0.9, 0.2]))), 3)
    1.0
    """
    true, said = (ops.round(ops.clip(y, 0, 1)) for y in (y_true, y_pred))
    tp, tn = ops.sum(true * said), ops.sum((1 - true) * (1 - said))
    fp, fn = ops.sum((1 - true) * said), ops.sum(true * (1 - said))
    return (tp * tn - fp * fn) / (ops.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) + 1e-7)


_NAMED = {f.__name__: f for f in (fbeta_score, fmeasure, matthews_correlation)}


def named(metric):
    """The function that Keras 1 had under a name that today has none; anything else as it is.

    >>> named("fmeasure") is fmeasure, named("accuracy")
    (True, 'accuracy')
    """
    return _NAMED.get(metric, metric) if isinstance(metric, str) else metric
