"""Metrics of tensorflow_addons."""

from typing import Any

import numpy as np

from fastnn import metrics, ops
from fastnn.compat.addons.registered import registered
from fastnn.core.errors import ArgumentTypeError
from fastnn.metrics import MeanMetricWrapper, Metric

__all__ = ["CohenKappa", "F1Score", "FBetaScore", "HammingLoss", "MatthewsCorrelationCoefficient", "RSquare",
           "hamming_distance", "hamming_loss_fn"]  # fmt: skip


@registered
class FBetaScore(metrics.FBetaScore):
    """The F-beta score of each class, or their mean.

    Args:
        num_classes: int: how many classes there are.
        average: "micro", "macro", "weighted", or None: one score for each class.
        beta: how much more recall counts than precision.
        threshold: scores above it are 1; None: the largest is.
        name, dtype: of the metric.
    """

    def __init__(
        self,
        num_classes: int,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, beta, threshold, name, dtype)
        self.num_classes = num_classes

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@registered
class F1Score(FBetaScore):
    """The F1 score of each class, or their mean.

    Args:
        num_classes, average, threshold, name, dtype: as of FBetaScore.
    """

    def __init__(
        self,
        num_classes: int,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(num_classes, average, 1.0, threshold, name, dtype)

    def get_config(self):
        config = super().get_config()
        del config["beta"]
        return config


@registered
class RSquare(metrics.R2Score):
    """The coefficient of determination.

    Args:
        name, dtype: of the metric.
        multioutput: "raw_values", "uniform_average" or "variance_weighted": how outputs are put together.
        num_regressors: int: corrects for so many inputs.
    """

    def __init__(
        self, name: str = "r_square", dtype: Any = None, multioutput: str = "uniform_average", num_regressors: int = 0
    ) -> None:
        words: dict[str, Any] = {"raw_values": None, "variance_weighted": "variance_weighted_average"}
        average = words.get(multioutput, multioutput)
        super().__init__(average, num_regressors, name, dtype)


class _Confusion(Metric):
    """Base: counts how often each class (rows) is taken for each (columns).

    Args:
        num_classes: int.
        name, dtype: of the metric.
    """

    def __init__(self, num_classes: int, name: str, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_classes = num_classes
        self.conf_mtx = self.add_variable((num_classes, num_classes), "zeros", name="conf_mtx")

    def _count(self, labels, found, sample_weight):
        rows, columns = (
            ops.one_hot(ops.cast(ops.reshape(c, (-1,)), "int32"), self.num_classes) for c in (labels, found)
        )
        if sample_weight is not None:
            rows = rows * ops.cast(ops.reshape(sample_weight, (-1, 1)), rows.dtype)
        self.conf_mtx.assign_add(ops.cast(ops.matmul(ops.transpose(rows), columns), self.conf_mtx.dtype))

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@registered
class CohenKappa(_Confusion):
    """Agreement of two judges beyond chance (Cohen, 1960).

    Args:
        num_classes: int.
        name, dtype: of the metric.
        weightage: None, "linear" or "quadratic": how much classes that are far apart count.
        sparse_labels: whether labels are numbers, not one-hot.
        regression: whether predictions are rounded.
    """

    def __init__(
        self,
        num_classes: int,
        name: str = "cohen_kappa",
        weightage: str | None = None,
        sparse_labels: bool = False,
        regression: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_classes, name, dtype)
        self.weightage, self.sparse_labels, self.regression = weightage, sparse_labels, regression

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: numbers (n,) with sparse_labels, else (n, num_classes); of two classes (n,) or (n, 1).
            y_pred: numbers, or scores (n, num_classes); of two classes probabilities.
            sample_weight: (n,) or None.
        """
        if self.num_classes == 2:
            self._count(y_true, ops.convert_to_tensor(y_pred) > 0.5, sample_weight)
            return
        y_pred = ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) > 1:
            y_pred = ops.round(ops.abs(y_pred)) if self.regression else ops.argmax(y_pred, axis=-1)
        self._count(y_true if self.sparse_labels else ops.argmax(y_true, axis=1), y_pred, sample_weight)

    def result(self):
        """The agreement: 1 is all, 0 that of chance."""
        n = np.arange(self.num_classes, dtype="float32")
        apart = np.abs(n[:, None] - n[None])
        weights = {None: apart != 0, "linear": apart}.get(self.weightage, apart**2).astype("float32")
        found = ops.cast(self.conf_mtx, "float32")
        chance = ops.sum(found, axis=1)[:, None] * ops.sum(found, axis=0)[None]
        seen, expected = (ops.sum(m * weights) / ops.maximum(ops.sum(m), 1e-12) for m in (found, chance))
        return ops.where(expected > 0, 1.0 - seen / ops.where(expected > 0, expected, 1.0), 0.0)

    def get_config(self):
        return {**super().get_config(), "weightage": self.weightage, "sparse_labels": self.sparse_labels,
                "regression": self.regression}  # fmt: skip


@registered
class MatthewsCorrelationCoefficient(_Confusion):
    """The correlation of classes and predictions (Matthews, 1975; Gorodkin, 2004).

    Args:
        num_classes: int.
        name, dtype: of the metric.
    """

    def __init__(self, num_classes: int, name: str = "MatthewsCorrelationCoefficient", dtype: Any = None) -> None:
        super().__init__(num_classes, name, dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true, y_pred: one-hot labels and scores (n, num_classes).
            sample_weight: (n,) or None.
        """
        self._count(ops.argmax(y_true, axis=1), ops.argmax(y_pred, axis=1), sample_weight)

    def result(self):
        """The correlation, 0 where it is not defined."""
        found = ops.cast(self.conf_mtx, "float32")
        rows, columns, count = ops.sum(found, axis=1), ops.sum(found, axis=0), ops.sum(found)
        right = ops.trace(found)
        spread = (count**2 - ops.sum(columns**2)) * (count**2 - ops.sum(rows**2))
        return ops.where(
            spread > 0, (right * count - ops.sum(rows * columns)) / ops.sqrt(ops.where(spread > 0, spread, 1.0)), 0.0
        )


def hamming_distance(actuals, predictions):
    """The share of places that differ.

    >>> round(float(hamming_distance(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]))), 4)
    0.25
    """
    return ops.mean(ops.cast(ops.not_equal(actuals, predictions), "float32"))


def hamming_loss_fn(y_true, y_pred, threshold, mode):
    """1 for each sample of a wrong class ("multiclass"), or the share of wrong labels of each ("multilabel").

    >>> hamming_loss_fn(np.array([[1, 0, 1, 0]]), np.float32([[0.82, 0.5, 0.9, 0]]), 0.8, "multilabel").tolist()
    [0.0]
    """
    if mode not in ("multiclass", "multilabel"):
        raise ArgumentTypeError(f"mode must be either multiclass or multilabel. Received: mode={mode!r}")
    y_pred = ops.convert_to_tensor(y_pred)
    if threshold is None:
        top = ops.max(y_pred, axis=-1, keepdims=True)
        found = ops.logical_and(y_pred >= top, ops.abs(y_pred) > 1e-12)
    else:
        found = y_pred > threshold
    y_true, found = ops.cast(y_true, "int32"), ops.cast(found, "int32")
    if mode == "multiclass":
        return 1.0 - ops.cast(ops.count_nonzero(y_true * found, axis=-1), "float32")
    return ops.mean(ops.cast(ops.not_equal(y_true, found), "float32"), axis=-1)


@registered
class HammingLoss(MeanMetricWrapper):
    """The mean of hamming_loss_fn.

    Args:
        mode: "multiclass" or "multilabel".
        name: of the metric.
        threshold: scores above it are 1; None: the largest is.
        dtype: of the result.
    """

    def __init__(
        self, mode: str, name: str = "hamming_loss", threshold: float | None = None, dtype: Any = None
    ) -> None:
        super().__init__(hamming_loss_fn, name=name, dtype=dtype, mode=mode, threshold=threshold)
        self.mode, self.threshold = mode, threshold

    def get_config(self):
        return {**Metric.get_config(self), "mode": self.mode, "threshold": self.threshold}
