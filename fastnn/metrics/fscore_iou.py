"""F scores and intersection over union."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import allowance, config
from fastnn.core.arguments import RULES
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.losses.loss import count, dtype_of, float_tensor, tensor
from fastnn.metrics.metric import ACCUMULATOR, Metric

_COUNTS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


def _check_float(name, value):
    if not isinstance(value, float):
        raise ArgumentError(
            f"Invalid `{name}` argument value. It should be a Python float. Received: {name}={value} of type "
            f"'{type(value)}'"
        )


class FBetaScore(Metric):
    """(1 + beta^2) * precision * recall / (beta^2 * precision + recall), for (n, classes) scores.

    Args:
        average: None (one score per class), "micro" (over all labels), "macro" (the mean over classes) or "weighted"
            (by their numbers of positives).
        beta: float > 0: how much more recall counts than precision.
        threshold: float in (0, 1], above which a score counts as positive; None = the largest entry of a row.

    >>> y_true, y_pred = [[1, 1, 1], [1, 0, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6]]
    >>> [round(float(v), 4) for v in FBetaScore(beta=2.0, threshold=0.5)(y_true, y_pred)]
    [0.0, 0.8333, 0.8333]
    """

    _direction = "up"
    argument_rules = {k: v for k, v in RULES.items() if k not in ("beta", "threshold")}  # _check_float says it

    def __init__(
        self,
        average: Any = None,
        beta: Any = 1.0,
        threshold: Any = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise ArgumentError(
                "Invalid `average` argument value. Expected one of: {None, 'micro', 'macro', "
                f"'weighted'}}. Received: average={average}"
            )
        _check_float("beta", beta)
        if not beta > 0.0:
            raise ArgumentError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
        if threshold is not None:
            _check_float("threshold", threshold)
            if not 0.0 < threshold <= 1.0:
                raise ArgumentError(
                    "Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                    f"Received: threshold={threshold}"
                )
        self.average, self.beta, self.threshold = average, beta, threshold
        self._built = False

    def _build(self, y_true, y_pred):
        if len(y_pred.shape) != 2 or tuple(y_true.shape) != tuple(y_pred.shape):
            raise ShapeError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                f"y_pred.shape={tuple(y_pred.shape)} and y_true.shape={tuple(y_true.shape)}."
            )
        if not self._built:
            shape = () if self.average == "micro" else (y_pred.shape[1],)
            for attribute in _COUNTS:
                setattr(self, attribute, self.add_variable(shape, name=attribute))
            self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: (n, classes).
            sample_weight: (n,) or None.
        """
        y_true, y_pred = tensor(y_true, self.dtype), tensor(y_pred, self.dtype)
        self._build(y_true, y_pred)
        one = tensor(1.0, self.dtype)
        if self.threshold is None:
            top = ops.greater_equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
            positive = ops.logical_and(top, ops.greater(ops.abs(y_pred), tensor(1e-9, self.dtype)))
        else:
            positive = ops.greater(y_pred, tensor(self.threshold, self.dtype))
        positive = ops.cast(positive, self.dtype)
        weight = None
        if sample_weight is not None:
            weight = ops.reshape(tensor(sample_weight, self.dtype), (y_pred.shape[0], 1))
        terms = (
            ops.multiply(positive, y_true),
            ops.multiply(positive, ops.subtract(one, y_true)),
            ops.multiply(ops.subtract(one, positive), y_true),
            y_true,
        )
        for attribute, term in zip(_COUNTS, terms):
            term = term if weight is None else ops.multiply(term, weight)
            variable = getattr(self, attribute)
            added = ops.sum(term, axis=None if self.average == "micro" else 0)
            variable.assign(ops.add(variable, ops.cast(added, ACCUMULATOR)))

    def result(self):
        """The score so far: a scalar, or (classes,) with average=None."""
        if not self._built:
            return self.to_output(0.0)
        tp, fp, fn, weights = (getattr(self, a).numpy() for a in _COUNTS)
        eps = config.epsilon()
        precision, recall = tp / (tp + fp + eps), tp / (tp + fn + eps)
        score = precision * recall / (self.beta**2 * precision + recall + eps) * (1 + self.beta**2)
        if self.average == "weighted":
            score = np.sum(score * weights / (np.sum(weights) + eps))
        elif self.average is not None:
            score = np.mean(score)
        return self.to_output(score)

    def get_config(self):
        """name, dtype, average, beta, threshold."""
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall.

    >>> round(float(F1Score(average="micro")([[0, 1], [1, 0]], [[0.2, 0.8], [0.7, 0.3]])), 4)
    1.0
    """

    def __init__(
        self, average: Any = None, threshold: Any = None, name: str | None = "f1_score", dtype: Any = None
    ) -> None:
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)

    def get_config(self):
        """name, dtype, average, threshold."""
        config_ = super().get_config()
        del config_["beta"]
        return config_


class IoU(Metric):
    """Mean over target classes of intersection / union of predicted and true class maps.

    Args:
        num_classes: int >= 1, the number of classes.
        target_class_ids: ints: the classes whose mean is taken.
        ignore_class: int: pixels of this label do not count; None: all do.
        sparse_y_true: whether y_true are class indices; else scores or one-hot labels along `axis`.
        sparse_y_pred: whether y_pred are class indices; else scores along `axis`.
        axis: int: the axis of the classes, where there are scores.

    Weights count as the floats they are (Keras rounds them down to integers here unless dtype is a float).

    >>> round(float(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: Any = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int32")
        allowance.reserve(num_classes**2, kept=False)
        if max(target_class_ids) >= num_classes:
            raise ArgumentError(
                f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes})."
            )
        self.num_classes, self.target_class_ids, self.ignore_class = num_classes, list(target_class_ids), ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: class indices (n, ...), or scores with an axis of classes.
            sample_weight: how much each pixel counts, of the shape of the indices, or one that broadcasts to it; None:
                1 each.
        """
        y_true, y_pred = tensor(y_true), tensor(y_pred)
        y_true = y_true if self.sparse_y_true else ops.argmax(y_true, axis=self.axis)
        y_pred = y_pred if self.sparse_y_pred else ops.argmax(y_pred, axis=self.axis)
        n = count(y_true.shape)
        if count(y_pred.shape) != n:
            raise ShapeError(
                f"{self.name}: y_true and y_pred must have as many entries. Received: y_true.shape="
                f"{tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}."
            )
        y_true, y_pred = (ops.reshape(ops.cast(v, "int32"), (n,)) for v in (y_true, y_pred))
        zero, classes = tensor(0, "int32"), tensor(self.num_classes, "int32")
        valid = ops.logical_and(ops.greater_equal(y_true, zero), ops.less(y_true, classes))
        valid = ops.logical_and(valid, ops.logical_and(ops.greater_equal(y_pred, zero), ops.less(y_pred, classes)))
        if self.ignore_class is not None:
            valid = ops.logical_and(valid, ops.not_equal(y_true, tensor(self.ignore_class, "int32")))
        weight = ops.cast(valid, config.floatx())
        if sample_weight is not None:
            given = tensor(float_tensor(sample_weight), config.floatx())
            given = ops.reshape(given, (n,)) if count(given.shape) == n else ops.broadcast_to(given, (n,))
            weight = ops.multiply(weight, given)
        rows, columns = (
            ops.cast(ops.one_hot(ops.where(valid, v, zero), self.num_classes), dtype_of(weight))
            for v in (y_true, y_pred)
        )
        cm = ops.matmul(ops.transpose(ops.multiply(rows, ops.reshape(weight, (n, 1)))), columns)
        self.total_cm.assign(ops.add(self.total_cm, ops.cast(cm, ACCUMULATOR)))

    def result(self):
        """The mean over the target classes that occur, a scalar."""
        cm = self.total_cm.numpy()
        tp = np.diag(cm)[self.target_class_ids]
        union = (cm.sum(axis=0) + cm.sum(axis=1) - np.diag(cm))[self.target_class_ids]
        valid = union > 1e-9
        iou = np.where(valid, tp / (union + config.epsilon()), 0.0)
        return self.to_output(iou.sum() / (valid.sum() + config.epsilon()))

    def get_config(self):
        """The arguments that make this metric again."""
        keys = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        drop = _dropped(type(self))
        own, named = {k: getattr(self, k) for k in keys if k not in drop}, super().get_config()
        first = {k: own.pop(k) for k in keys[:2] if drop and k in own}
        return {**first, **named, **own}


def _dropped(cls):
    """The arguments of IoU that a subclass fixes."""
    return getattr(cls, "fixed", ())


class MeanIoU(IoU):
    """IoU over all classes.

    >>> round(float(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    fixed = ("target_class_ids",)

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: Any = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class BinaryIoU(IoU):
    """IoU of two classes, from scores compared with a threshold.

    Args:
        target_class_ids: ints of 0 and 1: the classes whose mean is taken.
        threshold: float: a score from it on is class 1.

    >>> round(float(BinaryIoU(target_class_ids=[0, 1], threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self, target_class_ids: Any = (0, 1), threshold: Any = 0.5, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true: 0/1 labels (n, ...).
            y_pred: scores of that shape.
            sample_weight: how much each counts, likewise; None: 1 each.
        """
        y_pred = tensor(float_tensor(y_pred), config.floatx())
        positive = ops.greater_equal(y_pred, tensor(self.threshold, config.floatx()))
        super().update_state(y_true, ops.cast(positive, "int32"), sample_weight)

    def get_config(self):
        """name, dtype, target_class_ids, threshold."""
        return {"target_class_ids": self.target_class_ids, "threshold": self.threshold, **Metric.get_config(self)}


class OneHotIoU(IoU):
    """IoU from one-hot labels and scores.

    >>> y_true, y_pred = [[0, 1], [1, 0]], [[0.3, 0.7], [0.6, 0.4]]
    >>> round(float(OneHotIoU(num_classes=2, target_class_ids=[0, 1])(y_true, y_pred)), 4)
    1.0
    """

    fixed = ("sparse_y_true",)

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: Any = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """MeanIoU from one-hot labels and scores.

    >>> y_true, y_pred = [[0, 1], [1, 0]], [[0.3, 0.7], [0.6, 0.4]]
    >>> round(float(OneHotMeanIoU(num_classes=2)(y_true, y_pred)), 4)
    1.0
    """

    fixed = ("target_class_ids", "sparse_y_true")

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: Any = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
