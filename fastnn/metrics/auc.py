"""Area under the ROC, precision-recall or precision-recall-gain curve, from counts at thresholds."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.losses.loss import float_tensor
from fastnn.metrics.counts import confusion_counts, even_thresholds, evenly_spaced
from fastnn.metrics.metric import Metric, divide_no_nan

COUNTS = {"true_positives": "tp", "false_positives": "fp", "true_negatives": "tn", "false_negatives": "fn"}


class AUC(Metric):
    """The area under a curve over thresholds, by Keras's Riemann sums.

    Args:
        num_thresholds: int > 1: as many thresholds, evenly spaced from 0 to 1.
        curve: "ROC" (true over false positive rate), "PR" (precision over recall) or "PRGAIN".
        summation_method: between thresholds: "interpolation", "minoring" (the lower value) or "majoring" (the higher).
        thresholds: instead: numbers in [0, 1]; both ends are added.
        multi_label: whether there is one curve per column of (n, labels); the areas are averaged.
        num_labels: int: the number of columns; None: found at the first batch.
        label_weights: a number per column, how much it counts in the mean; None: 1 each.
        from_logits: whether y_pred are logits, which go through a sigmoid.

    Source: Davis and Goadrich, 2006, for "PR"; Flach and Kull, 2015, for "PRGAIN".

    >>> float(AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.curve = _choice("AUC curve", getattr(curve, "value", curve), ("ROC", "PR", "PRGAIN"), str.upper)
        self.summation_method = _choice(
            "AUC summation method",
            getattr(summation_method, "value", summation_method),
            ("interpolation", "majoring", "minoring"),
            str.lower,
        )
        self._given = thresholds is not None
        if self._given:
            inner = sorted(float(t) for t in thresholds)
            if any(not 0 <= t <= 1 for t in inner):
                raise ArgumentError(f"Threshold values must be in [0, 1]. Received: {thresholds}.")
            self._clip = evenly_spaced(np.array([0.0, *inner, 1.0]))
        elif num_thresholds <= 1:
            raise ArgumentError(
                f"Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={num_thresholds}."
            )
        else:
            inner, self._clip = even_thresholds(num_thresholds)[1:-1], True
        self._thresholds = np.array([-config.epsilon(), *inner, 1.0 + config.epsilon()])
        self.num_thresholds = len(self._thresholds)
        self.multi_label, self.num_labels, self._from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float64)
        if self.label_weights is not None and self.label_weights.ndim != 1:
            raise ArgumentError(
                f"`label_weights` must be a list with a number per label. Received: {label_weights!r:.200}."
            )
        self._built = False
        if num_labels and not multi_label:
            raise ArgumentError("`num_labels` is needed only when `multi_label` is True.")
        if not multi_label:
            self._build(None)
        elif num_labels:
            self._build((None, num_labels))

    @property
    def thresholds(self):
        """The thresholds, both ends included."""
        return list(self._thresholds)

    def _build(self, shape):
        if self.multi_label and len(shape) != 2:
            raise ShapeError(
                f"`y_pred` must have rank 2 when `multi_label=True`. Received: y_pred.shape={tuple(shape)}."
            )
        variable_shape = (self.num_thresholds,) + ((shape[1],) if self.multi_label else ())
        for attribute in COUNTS:
            setattr(self, attribute, self.add_variable(variable_shape, name=attribute))
        self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: (n,) or (n, labels) of one shape.
            sample_weight: (n,) or None.
        """
        y_pred = float_tensor(y_pred)
        if not self._built:
            self._build(y_pred.shape)
        if self._from_logits:
            y_pred = ops.sigmoid(y_pred)
        found = confusion_counts(
            y_true,
            y_pred,
            self._thresholds,
            sample_weight=sample_weight,
            multi_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
            clip=self._clip,
        )
        for attribute, kind in COUNTS.items():
            variable = getattr(self, attribute)
            variable.assign(ops.add(variable, found[kind]))

    def result(self):
        """The area so far, a scalar."""
        if not self._built:
            return self.to_output(0.0)
        tp, fp, tn, fn = (getattr(self, a).numpy() for a in COUNTS)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._aggregate(_pr_increments(tp, fp, fn))
        x, y = _curve(self.curve, tp, fp, tn, fn)
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2.0,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }[self.summation_method]
        return self._aggregate((x[:-1] - x[1:]) * heights)

    def _aggregate(self, terms):
        if not self.multi_label:
            return self.to_output(np.sum(terms))
        by_label = np.sum(terms, axis=0)
        if self.label_weights is None:
            return self.to_output(np.mean(by_label))
        return self.to_output(divide_no_nan(np.sum(by_label * self.label_weights), np.sum(self.label_weights)))

    def get_config(self):
        """The arguments that make this metric again."""
        out = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self._from_logits,
        }
        return {**out, "thresholds": [float(t) for t in self._thresholds[1:-1]]} if self._given else out


def _choice(what, value, allowed, fold):
    if not isinstance(value, str) or fold(value) not in allowed:
        raise ArgumentError(f'Invalid {what} value: "{value}". Expected values are {list(allowed)}.')
    return fold(value)


def _curve(kind, tp, fp, tn, fn):
    """(x, y) of the curve at every threshold."""
    recall = divide_no_nan(tp, tp + fn)
    if kind == "ROC":
        return divide_no_nan(fp, fp + tn), recall
    if kind == "PR":
        return recall, divide_no_nan(tp, tp + fp)
    scale = divide_no_nan(tp + fn, tn + fp)
    recall_gain = np.where(tp == 0, 0.0, 1.0 - scale * divide_no_nan(fn, tp))
    precision_gain = np.where(tp == 0, 1.0, 1.0 - scale * divide_no_nan(fp, tp))
    return np.maximum(recall_gain, 0.0), precision_gain


def _pr_increments(tp, fp, fn):
    """The area between neighbouring thresholds, precision interpolated between counts.

    Source: Davis and Goadrich, The relationship between precision-recall and ROC curves, 2006.
    """
    dtp = tp[:-1] - tp[1:]
    p = tp + fp
    slope = divide_no_nan(dtp, np.maximum(p[:-1] - p[1:], 0))
    intercept = tp[1:] - slope * p[1:]
    both = (p[:-1] > 0) & (p[1:] > 0)
    ratio = np.where(both, divide_no_nan(p[:-1], np.maximum(p[1:], 0)), 1.0)
    return divide_no_nan(slope * (dtp + intercept * np.log(ratio)), np.maximum(tp[1:] + fn[1:], 0))
