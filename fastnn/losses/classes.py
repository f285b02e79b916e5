"""The loss classes of distances, hinges and divergences: Keras's arguments around the functions in regression."""

from typing import Any

from fastnn.losses import probabilistic, regression
from fastnn.losses.loss import Loss
from fastnn.losses.probability_classes import SparseCategoricalCrossentropy
from fastnn.losses.wrapper import LossFunctionWrapper, NamedLoss


def _simple(cls_name, function, name, formula):
    """A loss class without arguments of its own."""

    def __init__(self, reduction="sum_over_batch_size", name=name, dtype=None):
        NamedLoss.__init__(self, function, reduction, name, dtype)

    doc = f"""{formula}

    reduction, name, dtype: as in `Loss`.  y_true, y_pred: (n, ..., d) of the same shape.

    >>> loss = {cls_name}()
    >>> loss.name
    '{name}'
    """
    return type(cls_name, (NamedLoss,), {"__init__": __init__, "__doc__": doc, "__module__": __name__})


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
    "100 times the mean of |error| / max(|y_true|, epsilon).",
)
MeanSquaredLogarithmicError = _simple(
    "MeanSquaredLogarithmicError",
    regression.mean_squared_logarithmic_error,
    "mean_squared_logarithmic_error",
    "Mean squared difference of log(1 + max(y, epsilon)).",
)
LogCosh = _simple("LogCosh", regression.log_cosh, "log_cosh", "Mean of log(cosh(y_pred - y_true)).")
Hinge = _simple(
    "Hinge", regression.hinge, "hinge", "Mean of max(1 - y_true * y_pred, 0), labels -1 and 1 (or 0 and 1)."
)
SquaredHinge = _simple(
    "SquaredHinge",
    regression.squared_hinge,
    "squared_hinge",
    "Mean of max(1 - y_true * y_pred, 0)^2, labels -1 and 1 (or 0 and 1).",
)
CategoricalHinge = _simple(
    "CategoricalHinge",
    regression.categorical_hinge,
    "categorical_hinge",
    "max(largest wrong score - right score + 1, 0), one-hot labels.",
)
KLDivergence = _simple(
    "KLDivergence",
    regression.kl_divergence,
    "kl_divergence",
    "Kullback-Leibler divergence: sum of y_true * log(y_true / y_pred).",
)
Poisson = _simple("Poisson", regression.poisson, "poisson", "Mean of y_pred - y_true * log(y_pred).")


class Huber(NamedLoss):
    """Squared error up to `delta`, linear beyond it.

    Args:
        delta: float > 0, where the two meet.

    Source: Huber, Robust Estimation of a Location Parameter, 1964.

    >>> float(Huber(delta=1.0)([[0.0]], [[3.0]]))
    2.5
    """

    settings = ("delta",)
    unwritten = {"delta": 1.0}

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(regression.huber, reduction, name, dtype, delta=delta)


class CosineSimilarity(NamedLoss):
    """Minus the cosine between y_true and y_pred along `axis`: minimising it turns predictions to the targets.

    Args:
        axis: int: the axis of the vectors that are compared.

    >>> float(CosineSimilarity()([[3.0, 4.0]], [[6.0, 8.0]]))
    -1.0
    """

    settings = ("axis",)
    unwritten = {"axis": -1}

    def __init__(
        self,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(regression.cosine_similarity, reduction, name, dtype, axis=axis)


def wrap(function, name=None):
    """A Loss from a user's function (y_true, y_pred); losses come back as they are.

    sparse_categorical_crossentropy becomes its class, which keeps integer labels integer.
    """
    if isinstance(function, Loss):
        return function
    if function is probabilistic.sparse_categorical_crossentropy:
        return SparseCategoricalCrossentropy(name=name or function.__name__)
    return LossFunctionWrapper(function, name=name)
