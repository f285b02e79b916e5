"""Accuracies: the share of predictions that are right."""

from typing import Any

from fastnn import ops
from fastnn.core import config
from fastnn.core.errors import ShapeError
from fastnn.losses.loss import align, dtype_of, float_tensor, same_shape, tensor
from fastnn.metrics.reduction import Named


def _matches(a, b):
    return ops.cast(ops.equal(a, b), config.floatx())


def accuracy(y_true, y_pred):
    """1 where y_true equals y_pred, else 0; shapes (n, ...).

    Args:
        y_true, y_pred: (n, ...) of one shape.

    >>> [float(v) for v in accuracy([1, 2], [1, 0])]
    [1.0, 0.0]
    """
    y_pred = tensor(y_pred)
    y_true, y_pred = align(tensor(y_true, dtype_of(y_pred)), y_pred)
    same_shape("accuracy", y_true, y_pred)
    return _matches(y_true, y_pred)


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where (y_pred > threshold) equals y_true, else 0.

    Args:
        y_true: 0 or 1, (n, ...).
        y_pred: scores, of its shape.
        threshold: float: what is above it counts as 1.

    >>> [float(v) for v in binary_accuracy([1, 0], [0.9, 0.8])]
    [1.0, 0.0]
    """
    y_pred = float_tensor(y_pred)
    y_true, y_pred = align(tensor(y_true, dtype_of(y_pred)), y_pred)
    same_shape("binary_accuracy", y_true, y_pred)
    return _matches(y_true, ops.cast(ops.greater(y_pred, tensor(threshold, dtype_of(y_pred))), dtype_of(y_pred)))


def categorical_accuracy(y_true, y_pred):
    """1 where the largest entry of y_true (one-hot, (n, ..., classes)) is that of y_pred, else 0.

    Args:
        y_true: one-hot labels, (n, ..., classes).
        y_pred: scores, of its shape.

    >>> [float(v) for v in categorical_accuracy([[0, 1]], [[0.3, 0.7]])]
    [1.0]
    """
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ShapeError(
            "categorical_accuracy: y_true (one-hot) and y_pred must have the same shape. Received: "
            f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}. For integer labels "
            "use sparse_categorical_accuracy."
        )
    return _matches(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))


def sparse_labels(name, y_true, y_pred):
    """Class indices (n, ...) for predictions (n, ..., classes): a last axis of 1 is dropped, the shape checked."""
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if tuple(y_true.shape) != tuple(y_pred.shape)[:-1]:
        raise ShapeError(
            f"{name}: y_true must hold one class index per prediction. Received: y_true.shape="
            f"{tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}."
        )
    return y_true


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the class index y_true ((n, ...) or (n, ..., 1)) is the largest entry of y_pred, else 0.

    Args:
        y_true: class indices, (n, ...) or (n, ..., 1).
        y_pred: scores, (n, ..., classes).

    Returns (n, ...), without a last axis of 1.

    >>> [float(v) for v in sparse_categorical_accuracy([1], [[0.3, 0.7]])]
    [1.0]
    """
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    y_true = sparse_labels("sparse_categorical_accuracy", y_true, y_pred)
    found = ops.argmax(y_pred, axis=-1)
    found = _matches(ops.cast(y_true, dtype_of(found)) if dtype_of(y_true) != dtype_of(found) else y_true, found)
    return ops.squeeze(found, -1) if len(found.shape) > 1 and found.shape[-1] == 1 else found


def _in_top_k(labels, y_pred, k):
    """Whether fewer than k classes have a larger score than the label's (ties count for the label, NaN against it)."""
    hot = ops.cast(ops.one_hot(ops.cast(labels, "int32"), y_pred.shape[-1]), "bool")
    own = ops.sum(ops.where(hot, y_pred, tensor(0.0, dtype_of(y_pred))), axis=-1, keepdims=True)
    above = ops.sum(ops.cast(ops.logical_not(ops.less_equal(y_pred, own)), dtype_of(y_pred)), axis=-1)
    return ops.cast(ops.less(above, tensor(k, dtype_of(y_pred))), config.floatx())


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the class of y_true (one-hot) is among the k largest entries of y_pred, else 0.

    Args:
        y_true: one-hot labels, (n, classes).
        y_pred: scores, of its shape.
        k: int >= 1.

    >>> [float(v) for v in top_k_categorical_accuracy([[0, 0, 1]], [[0.5, 0.2, 0.3]], k=2)]
    [1.0]
    """
    y_pred = float_tensor(y_pred)
    return _in_top_k(ops.argmax(tensor(y_true), axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the class index y_true is among the k largest entries of y_pred, else 0.

    Args:
        y_true: class indices, (n, ...) or (n, ..., 1).
        y_pred: scores, (n, ..., classes).
        k: int >= 1.
        from_sorted_ids: whether y_pred holds class indices, best first, instead of scores.

    >>> [float(v) for v in sparse_top_k_categorical_accuracy([2], [[0.5, 0.2, 0.3]], k=2)]
    [1.0]
    """
    y_pred = tensor(y_pred) if from_sorted_ids else float_tensor(y_pred)
    y_true = tensor(y_true)
    column = len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1
    if from_sorted_ids:
        ids = ops.cast(ops.squeeze(y_true, -1) if column else y_true, dtype_of(y_pred))
        hit = ops.cast(ops.any(ops.equal(ops.expand_dims(ids, -1), y_pred[..., :k]), axis=-1), config.floatx())
    else:
        hit = _in_top_k(sparse_labels("sparse_top_k_categorical_accuracy", y_true, y_pred), y_pred, k)
    return ops.expand_dims(hit, -1) if column else hit


class Accuracy(Named):
    """How often y_pred equals y_true.

    >>> float(Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype, "up")


class BinaryAccuracy(Named):
    """How often y_pred > threshold equals the 0/1 label.

    Args:
        threshold: float: what is above it counts as 1.

    >>> float(BinaryAccuracy()([1, 1, 0, 0], [0.98, 1, 0, 0.6]))
    0.75
    """

    settings = ("threshold",)

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: Any = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, "up", threshold=threshold)


class CategoricalAccuracy(Named):
    """How often the largest entry is the right one; one-hot labels.

    >>> float(CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype, "up")


class SparseCategoricalAccuracy(Named):
    """How often the largest entry is the right one; integer labels.

    >>> float(SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]]))
    0.5
    """

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype, "up")


class TopKCategoricalAccuracy(Named):
    """How often the right class is among the k largest; one-hot labels.

    Args:
        k: int >= 1, how many of the largest scores count.

    >>> float(TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    settings = ("k",)

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, "up", k=k)


class SparseTopKCategoricalAccuracy(Named):
    """How often the right class is among the k largest; integer labels.

    Args:
        k: int >= 1, how many of the largest scores count.
        from_sorted_ids: whether y_pred holds class indices, best first, instead of scores.

    >>> float(SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]))
    0.5
    """

    settings = ("k", "from_sorted_ids")
    unwritten = {"from_sorted_ids": False}

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, "up", k=k, from_sorted_ids=from_sorted_ids)
