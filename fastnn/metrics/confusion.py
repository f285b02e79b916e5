"""Counts of true and false positives and negatives at thresholds, and the rates made of them."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.errors import ArgumentError
from fastnn.metrics.counts import NEG_INF, confusion_counts, even_thresholds, evenly_spaced, parse_thresholds
from fastnn.metrics.metric import Metric, divide_no_nan


class _Thresholded(Metric):
    """A metric made of counts at thresholds; `counts` maps the names of its variables to "tp", "fp", ...

    Args:
        thresholds: number or list of numbers in [0, 1]: a score above it is a positive prediction; None: 0.5. With a
            list the result has an entry for each.
        top_k: int: the k largest entries of a row are its positive predictions, instead; None: thresholds decide.
        class_id: int: look at this column of (n, classes) only; None: at all.
        num_thresholds: int >= 1: as many thresholds, evenly spaced from 0 to 1, are tried.
    """

    counts = {}

    def __init__(
        self,
        thresholds: Any,
        default: Any,
        name: str | None,
        dtype: Any,
        top_k: Any = None,
        class_id: int | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self.thresholds = parse_thresholds(thresholds, default)
        self._clip = evenly_spaced(self.thresholds)
        for attribute in self.counts:
            setattr(self, attribute, self.add_variable((len(self.thresholds),), name=attribute))

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: (n, ...) of one shape.
            sample_weight: (n,) or that shape, or None.
        """
        found = confusion_counts(
            y_true, y_pred, self.thresholds, self.top_k, self.class_id, sample_weight, clip=self._clip
        )
        for attribute, kind in self.counts.items():
            variable = getattr(self, attribute)
            variable.assign(ops.add(variable, found[kind]))

    def _out(self, values):
        return self.to_output(values[0] if len(self.thresholds) == 1 else values)


class _Count(_Thresholded):
    """One of the four counts."""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(thresholds, 0.5, name, dtype)

    def result(self):
        """The count so far: a scalar for one threshold, else one per threshold."""
        return self._out(self.accumulator.numpy())

    def get_config(self):
        """name, dtype, thresholds."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Number of positives that are predicted positive.

    >>> float(TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]))
    2.0
    """

    counts = {"accumulator": "tp"}


class FalsePositives(_Count):
    """Number of negatives that are predicted positive.

    >>> float(FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1]))
    2.0
    """

    counts = {"accumulator": "fp"}


class TrueNegatives(_Count):
    """Number of negatives that are predicted negative.

    >>> float(TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0]))
    2.0
    """

    counts = {"accumulator": "tn"}


class FalseNegatives(_Count):
    """Number of positives that are predicted negative.

    >>> float(FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0]))
    2.0
    """

    counts = {"accumulator": "fn"}


class _Rate(_Thresholded):
    """true_positives / (true_positives + something)."""

    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: Any = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(thresholds, 0.5 if top_k is None else NEG_INF, name, dtype, top_k, class_id)

    def result(self):
        """The rate so far: a scalar for one threshold, else one per threshold."""
        first, second = (getattr(self, attribute).numpy() for attribute in self.counts)
        return self._out(divide_no_nan(first, first + second))

    def get_config(self):
        """name, dtype, thresholds, top_k, class_id."""
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_Rate):
    """The share of positive predictions that are right.

    >>> round(float(Precision()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    counts = {"true_positives": "tp", "false_positives": "fp"}


class Recall(_Rate):
    """The share of positives that are predicted positive.

    >>> round(float(Recall()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    counts = {"true_positives": "tp", "false_negatives": "fn"}


class _AtBase(_Thresholded):
    """The best value of one rate over the thresholds at which another rate reaches a bound."""

    _direction = "up"
    counts = {"true_positives": "tp", "false_positives": "fp", "true_negatives": "tn", "false_negatives": "fn"}
    bound = ""

    def __init__(self, value: Any, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any) -> None:
        if not 0 <= value <= 1:
            raise ArgumentError(f"Argument `{self.bound}` must be in the range [0, 1]. Received: {self.bound}={value}.")
        if num_thresholds <= 0:
            raise ArgumentError(
                f"Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={num_thresholds}."
            )
        super().__init__(even_thresholds(num_thresholds), 0.5, name, dtype, class_id=class_id)
        setattr(self, self.bound, value)
        self.value = value
        self.num_thresholds = num_thresholds

    def rate(self, name):
        """One of the rates at every threshold, float64.

        Args:
            name: "precision", "recall" or "specificity".
        """
        tp, fp, tn, fn = (getattr(self, a).numpy() for a in self.counts)
        return divide_no_nan(*{"recall": (tp, tp + fn), "precision": (tp, tp + fp), "specificity": (tn, tn + fp)}[name])

    def best(self, wanted, bounded):
        """max of `wanted` where `bounded` >= the bound; 0 if it is nowhere reached."""
        feasible = self.rate(bounded) >= getattr(self, self.bound)
        return self.to_output(np.max(np.where(feasible, self.rate(wanted), 0.0), initial=0.0))

    def get_config(self):
        """name, dtype, class_id, num_thresholds and the bound."""
        return {
            **super().get_config(),
            "class_id": self.class_id,
            "num_thresholds": self.num_thresholds,
            self.bound: getattr(self, self.bound),
        }


class SensitivityAtSpecificity(_AtBase):
    """The best sensitivity (recall) at thresholds whose specificity is at least `specificity`.

    Args:
        specificity: float in [0, 1], the bound.

    >>> float(SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    bound = "specificity"

    def __init__(
        self,
        specificity: Any,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self):
        """The best sensitivity so far, a scalar."""
        return self.best("recall", "specificity")


class SpecificityAtSensitivity(_AtBase):
    """The best specificity at thresholds whose sensitivity (recall) is at least `sensitivity`.

    Args:
        sensitivity: float in [0, 1], the bound.

    >>> round(float(SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    bound = "sensitivity"

    def __init__(
        self,
        sensitivity: Any,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self):
        """The best specificity so far, a scalar."""
        return self.best("specificity", "recall")


class PrecisionAtRecall(_AtBase):
    """The best precision at thresholds whose recall is at least `recall`.

    Args:
        recall: float in [0, 1], the bound.

    >>> float(PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    bound = "recall"

    def __init__(
        self,
        recall: Any,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self):
        """The best precision so far, a scalar."""
        return self.best("precision", "recall")


class RecallAtPrecision(_AtBase):
    """The best recall at thresholds whose precision is at least `precision`.

    Args:
        precision: float in [0, 1], the bound.

    >>> float(RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.5
    """

    bound = "precision"

    def __init__(
        self,
        precision: Any,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self):
        """The best recall so far, a scalar."""
        return self.best("recall", "precision")
