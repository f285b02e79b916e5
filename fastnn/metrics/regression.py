"""Metrics that are means of a loss function, and R2."""

import warnings
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.losses import probabilistic, regression
from fastnn.losses.loss import align, apply_mask, float_tensor, tensor
from fastnn.metrics.metric import ACCUMULATOR, Metric
from fastnn.metrics.reduction import Mean, Named


def _simple(cls_name, function, name, doc, direction="down"):
    """A metric class without arguments of its own: the mean of a loss function."""

    def __init__(self, name=name, dtype=None):
        Named.__init__(self, function, name, dtype, direction)

    text = f"{doc}\n\n    >>> {cls_name}().name\n    '{name}'\n    "
    return type(cls_name, (Named,), {"__init__": __init__, "__doc__": text, "__module__": __name__})


MeanSquaredError = _simple(
    "MeanSquaredError", regression.mean_squared_error, "mean_squared_error", "Mean of the squared errors."
)
MeanAbsoluteError = _simple(
    "MeanAbsoluteError", regression.mean_absolute_error, "mean_absolute_error", "Mean of the absolute errors."
)
MeanAbsolutePercentageError = _simple(
    "MeanAbsolutePercentageError",
    regression.mean_absolute_percentage_error,
    "mean_absolute_percentage_error",
    "Mean of 100 |error| / max(|y_true|, epsilon).",
)
MeanSquaredLogarithmicError = _simple(
    "MeanSquaredLogarithmicError",
    regression.mean_squared_logarithmic_error,
    "mean_squared_logarithmic_error",
    "Mean squared difference of log(1 + y).",
)
LogCoshError = _simple("LogCoshError", regression.log_cosh, "logcosh", "Mean of log(cosh(error)).")
Hinge = _simple("Hinge", regression.hinge, "hinge", "Mean hinge loss.")
SquaredHinge = _simple("SquaredHinge", regression.squared_hinge, "squared_hinge", "Mean squared hinge loss.")
CategoricalHinge = _simple(
    "CategoricalHinge", regression.categorical_hinge, "categorical_hinge", "Mean categorical hinge loss."
)
KLDivergence = _simple("KLDivergence", regression.kl_divergence, "kl_divergence", "Mean Kullback-Leibler divergence.")
Poisson = _simple("Poisson", regression.poisson, "poisson", "Mean Poisson loss.")


def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between y_true and y_pred along `axis` (the metric: 1 = same direction).

    Args:
        y_true, y_pred: (n, ..., d), of one shape.
        axis: int: the axis of the vectors that are compared.
    """
    return ops.negative(regression.cosine_similarity(y_true, y_pred, axis))


class CosineSimilarity(Named):
    """Mean cosine between y_true and y_pred: 1 = same direction (the loss of this name is its negative).

    Args:
        axis: int: the axis of the vectors that are compared.

    >>> float(CosineSimilarity()([[3.0, 4.0]], [[6.0, 8.0]]))
    1.0
    """

    settings = ("axis",)
    unwritten = {"axis": -1}

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(cosine_similarity, name, dtype, "up", axis=axis)


class BinaryCrossentropy(Named):
    """Mean binary cross-entropy.

    Args:
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float in [0, 1]: labels move towards 0.5 by half of it.

    >>> round(float(BinaryCrossentropy()([[0, 1]], [[0.5, 0.5]])), 4)
    0.6931
    """

    settings = ("from_logits", "label_smoothing")

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            probabilistic.binary_crossentropy,
            name,
            dtype,
            "down",
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


class CategoricalCrossentropy(Named):
    """Mean categorical cross-entropy; one-hot labels.

    Args:
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float in [0, 1]: labels move towards 1 / classes.
        axis: int: the axis of the classes.

    >>> round(float(CategoricalCrossentropy()([[0, 1]], [[0.5, 0.5]])), 4)
    0.6931
    """

    settings = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: Any = -1,
    ) -> None:
        super().__init__(
            probabilistic.categorical_crossentropy,
            name,
            dtype,
            "down",
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(Named):
    """Mean categorical cross-entropy; integer labels.

    Args:
        from_logits: whether y_pred are logits instead of probabilities.
        ignore_class: int: samples of this label do not count; None: all do.
        axis: int: the axis of the classes.

    >>> round(float(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    settings = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: Any = -1,
    ) -> None:
        super().__init__(
            probabilistic.sparse_categorical_crossentropy,
            name,
            dtype,
            "down",
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch; what ignore_class leaves out has no weight where weights are given, as in Keras.

        Args:
            y_true: class indices, (n, ...) or (n, ..., 1).
            y_pred: probabilities or logits, (n, ..., classes).
            sample_weight: (n,) or the shape of the indices; None: 1 each.
        """
        if self.ignore_class is None or sample_weight is None:
            super().update_state(y_true, y_pred, sample_weight)
            return
        y_true, y_pred = align(tensor(y_true), tensor(y_pred))
        _, mask = probabilistic.sparse_categorical_crossentropy_and_mask(y_true, y_pred, **self._fn_kwargs)
        super().update_state(y_true, y_pred, apply_mask(sample_weight, mask, self.dtype, "sum"))


class RootMeanSquaredError(Mean):
    """The root of the mean squared error.

    >>> float(RootMeanSquaredError()([[0.0, 0.0]], [[3.0, 3.0]]))
    3.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: (n, ...) of one shape.
            sample_weight: (n,) or None.
        """
        y_true, y_pred = regression.operands(self.name, y_true, tensor(y_pred, self.dtype))
        super().update_state(ops.square(ops.subtract(y_pred, y_true)), sample_weight)

    def result(self):
        """The root of the mean so far, a scalar."""
        return self.to_output(np.sqrt(self.mean()))


class R2Score(Metric):
    """1 - (sum of squared errors) / (spread of y_true around its mean): 1 is perfect, 0 the mean's prediction.

    Args:
        class_aggregation: "uniform_average", "variance_weighted_average" or None (one score per column).
        num_regressors: int >= 0, the number of independent predictors, for the adjusted score; 0: the plain score.

    y_true and y_pred are (n, d).

    >>> round(float(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in (allowed := (None, "uniform_average", "variance_weighted_average")):
            raise ArgumentError(
                f"Invalid value for argument `class_aggregation`. Expected one of {allowed}. Received: "
                f"class_aggregation={class_aggregation!r}."
            )
        if num_regressors < 0:
            raise ArgumentError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. Received: "
                f"num_regressors={num_regressors}."
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), name="num_samples")
        self._built = False

    def _build(self, y_true, y_pred):
        if len(y_pred.shape) != 2 or tuple(y_pred.shape) != tuple(y_true.shape):
            raise ShapeError(
                "R2Score expects 2D inputs with shape (batch_size, output_dim). Received: y_pred.shape="
                f"{tuple(y_pred.shape)} and y_true.shape={tuple(y_true.shape)}."
            )
        if not self._built:
            shape = (y_pred.shape[1],)
            self.squared_sum = self.add_variable(shape, name="squared_sum")
            self.sum = self.add_variable(shape, name="sum")
            self.total_mse = self.add_variable(shape, name="residual")
            self.count = self.add_variable(shape, name="count")
            self._built = True

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch.

        Args:
            y_true, y_pred: (n, d).
            sample_weight: (n,), (n, d) or None.
        """
        # float64 from the start: squared_sum - sum * mean cancels almost completely for a large mean.
        y_true, y_pred = align(tensor(y_true, ACCUMULATOR), tensor(float_tensor(y_pred), ACCUMULATOR))
        self._build(y_true, y_pred)
        weight = tensor(1.0 if sample_weight is None else sample_weight, ACCUMULATOR)
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, 1)
        weight = ops.broadcast_to(weight, tuple(y_true.shape))
        weighted = ops.multiply(y_true, weight)
        error = ops.square(ops.subtract(y_true, y_pred))
        for v, term in (
            (self.sum, weighted),
            (self.squared_sum, ops.multiply(y_true, weighted)),
            (self.total_mse, ops.multiply(error, weight)),
            (self.count, weight),
        ):
            v.assign(ops.add(v, ops.sum(term, axis=0)))
        self.num_samples.assign(ops.add(self.num_samples, np.float64(y_true.shape[0] * y_true.shape[1])))

    def result(self):
        """The score so far: a scalar, or (d,) without aggregation."""
        if not self._built:
            return self.to_output(0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = self.squared_sum.numpy() - self.sum.numpy() * (self.sum.numpy() / self.count.numpy())
            raw = 1 - self.total_mse.numpy() / total
            raw = np.where(np.isinf(raw), 0.0, raw)
            score = {
                "uniform_average": np.mean(raw),
                "variance_weighted_average": np.sum(total * raw) / np.sum(total),
                None: raw,
            }[self.class_aggregation]
        n = float(self.num_samples.numpy())
        if self.num_regressors and self.num_regressors >= n - 1:
            warnings.warn(
                "Adjusted R2 score needs more data points than independent predictors + 1; falling back to "
                "the standard R2 score.",
                stacklevel=2,
            )
        elif self.num_regressors:
            score = 1 - (1 - score) * (n - 1) / (n - self.num_regressors - 1)
        return self.to_output(score)

    def get_config(self):
        """name, dtype, class_aggregation, num_regressors."""
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }


def _correlation_operands(y_true, y_pred, axis):
    y_true, y_pred = regression.operands("correlation", y_true, y_pred)
    mean_t, mean_p = (ops.mean(v, axis=axis, keepdims=True) for v in (y_true, y_pred))
    return y_true, y_pred, mean_t, mean_p


def pearson_correlation(y_true, y_pred, axis=-1):
    """The linear correlation of y_true and y_pred along `axis`, in [-1, 1].

    Args:
        y_true, y_pred: (n, ..., d), of one shape.
        axis: int: the axis of the vectors that are compared.

    >>> round(float(pearson_correlation([[1.0, 2.0, 4.0]], [[2.0, 4.0, 8.0]])[0]), 4)
    1.0
    """
    y_true, y_pred, mean_t, mean_p = _correlation_operands(y_true, y_pred, axis)
    t, p = ops.subtract(y_true, mean_t), ops.subtract(y_pred, mean_p)
    t = ops.divide(t, ops.sqrt(ops.mean(ops.square(t), axis=axis, keepdims=True)))
    p = ops.divide(p, ops.sqrt(ops.mean(ops.square(p), axis=axis, keepdims=True)))
    return ops.mean(ops.multiply(t, p), axis=axis)


def concordance_correlation(y_true, y_pred, axis=-1):
    """Agreement of y_true and y_pred along `axis`: 1 only where they are equal (Keras's formula).

    Args:
        y_true, y_pred: (n, ..., d), of one shape.
        axis: int: the axis of the vectors that are compared.

    >>> round(float(concordance_correlation([[1.0, 2.0, 4.0]], [[1.0, 2.0, 4.0]])[0]), 4)
    1.0
    """
    y_true, y_pred, mean_t, mean_p = _correlation_operands(y_true, y_pred, axis)
    var_t = ops.mean(ops.square(ops.subtract(y_true, mean_t)), axis=axis, keepdims=True)
    var_p = ops.mean(ops.square(ops.subtract(y_pred, mean_p)), axis=axis, keepdims=True)
    both = ops.multiply(ops.subtract(y_true, mean_p), ops.subtract(y_pred, mean_p))
    norm = ops.add(ops.add(var_t, var_p), ops.square(ops.subtract(mean_t, mean_p)))
    norm = ops.add(norm, regression.number(config.epsilon(), norm))
    return ops.mean(ops.divide(ops.multiply(regression.number(2.0, both), both), norm), axis=axis)


class PearsonCorrelation(Named):
    """Mean Pearson correlation along `axis`.

    Args:
        axis: int: the axis of the vectors that are compared.

    >>> PearsonCorrelation().name
    'pearson_correlation'
    """

    settings = ("axis",)

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, "up", axis=axis)


class ConcordanceCorrelation(Named):
    """Mean concordance correlation along `axis`.

    Args:
        axis: int: the axis of the vectors that are compared.

    >>> ConcordanceCorrelation().name
    'concordance_correlation'
    """

    settings = ("axis",)

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, "up", axis=axis)
