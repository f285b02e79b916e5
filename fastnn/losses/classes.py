"""The loss classes: Keras's names and arguments around the functions of this package."""

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.graph import calls
from fastnn.losses import probabilistic, regression
from fastnn.losses.loss import Loss, align
from fastnn.saving import identifiers as serial


class LossFunctionWrapper(Loss):
    """A function (y_true, y_pred, **kwargs) -> one value per sample, as a Loss.

    y_true and y_pred reach the function with aligned ranks: (n,) against (n, 1) becomes (n, 1) twice.

    >>> def half_square(y_true, y_pred):
    ...     return 0.5 * (y_true - y_pred) ** 2
    >>> float(LossFunctionWrapper(half_square)([[0.0]], [[2.0]]))
    2.0
    """

    def __init__(
        self,
        fn: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def _own_code(self):
        return super()._own_code() and calls.own_function(self.fn)

    def call(self, y_true, y_pred):
        """The wrapped function's values."""
        if isinstance(y_pred, (dict, list, tuple)):
            return self.fn(y_true, y_pred, **self._fn_kwargs)
        y_true, y_pred = align(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        """name, reduction, and the function with its arguments."""
        config = {**super().get_config(), "fn": serial.serialize(self.fn)}
        return {**config, **{k: serial.serialize(v) for k, v in self._fn_kwargs.items()}}

    @classmethod
    def from_config(cls, config):
        """A loss from what get_config returned; the function is looked up by its registered name."""
        if isinstance(config.get("fn"), (dict, str)):
            config = {**config, "fn": serial.deserialize(config["fn"])}
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} {getattr(self.fn, '__name__', self.fn)} {self._fn_kwargs or ''}>"


class NamedLoss(LossFunctionWrapper):
    """A wrapper of one known function whose extra arguments are in `settings`, kept as attributes."""

    settings = ()

    def __init__(self, fn: Any, reduction: str | None, name: str | None, dtype: Any, **kwargs: Any) -> None:
        super().__init__(fn, reduction=reduction, name=name, dtype=dtype, **kwargs)
        for key in self.settings:
            setattr(self, key, kwargs[key])

    def get_config(self):
        """name, reduction and the arguments of the formula."""
        return {**Loss.get_config(self), **{key: getattr(self, key) for key in self.settings}}

    from_config = classmethod(lambda cls, config: cls(**config))


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

    delta: float > 0, where the two meet.

    >>> float(Huber(delta=1.0)([[0.0]], [[3.0]]))
    2.5
    """

    settings = ("delta",)

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

    >>> float(CosineSimilarity()([[3.0, 4.0]], [[6.0, 8.0]]))
    -1.0
    """

    settings = ("axis",)

    def __init__(
        self,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(regression.cosine_similarity, reduction, name, dtype, axis=axis)


class BinaryCrossentropy(NamedLoss):
    """Cross-entropy of independent yes/no labels.

    from_logits: y_pred are logits instead of probabilities.  label_smoothing: float in [0, 1], labels move
    towards 0.5.  axis: the axis that is averaged.

    >>> round(float(BinaryCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    settings = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            probabilistic.binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(NamedLoss):
    """Binary cross-entropy that weighs a sample by (1 - p_t)^gamma.

    apply_class_balancing: weigh class 1 by alpha, class 0 by 1 - alpha.  Others as in BinaryCrossentropy.

    >>> round(float(BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733
    """

    settings = ("from_logits", "label_smoothing", "axis", "apply_class_balancing", "alpha", "gamma")

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: Any = 0.25,
        gamma: Any = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            probabilistic.binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(NamedLoss):
    """Cross-entropy of one-hot (or soft) labels.

    from_logits: y_pred are logits instead of probabilities.  label_smoothing: float in [0, 1], labels move
    towards 1 / classes.  axis: the axis of the classes.

    >>> round(float(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    settings = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            probabilistic.categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(NamedLoss):
    """Categorical cross-entropy with each class's term times alpha * (1 - p)^gamma.

    >>> round(float(CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433
    """

    settings = ("from_logits", "label_smoothing", "axis", "alpha", "gamma")

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: Any = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            probabilistic.categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(NamedLoss):
    """Cross-entropy of integer labels.

    from_logits: y_pred are logits instead of probabilities.  ignore_class: int or None, samples of this
    label do not count.  axis: the axis of the classes.

    >>> round(float(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    settings = ("from_logits", "ignore_class")
    keeps_integer_labels = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: Any = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            probabilistic.sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.axis = axis

    def get_config(self):
        """The arguments, axis included when it is not the last one."""
        config = super().get_config()
        return config if self.axis == -1 else {**config, "axis": self.axis}

    def call_with_mask(self, y_true, y_pred):
        """The values, and the mask of the samples that ignore_class leaves."""
        y_true, y_pred = align(y_true, y_pred)
        return probabilistic.sparse_categorical_crossentropy_and_mask(y_true, y_pred, **self._fn_kwargs)


class CategoricalGeneralizedCrossEntropy(NamedLoss):
    """(1 - p[label]^q) / q, robust to wrong labels; integer labels, q strictly between 0 and 1.

    >>> round(float(CategoricalGeneralizedCrossEntropy(0.5)([1], [[0.75, 0.25]])), 4)
    1.0
    """

    settings = ("q",)
    keeps_integer_labels = True

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ArgumentError(f"q must be in the interval (0, 1). Received: q={q!r}.")
        super().__init__(probabilistic.categorical_generalized_cross_entropy, reduction, name, dtype, q=q)


class Dice(NamedLoss):
    """1 minus the Dice coefficient of y_true and y_pred, over `axis` (None = the whole batch).

    >>> round(float(Dice()([[1.0, 0.0]], [[1.0, 0.0]])), 4)
    0.0
    """

    settings = ("axis",)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(probabilistic.dice, reduction, name, dtype, axis=axis)


class Tversky(NamedLoss):
    """1 minus the Tversky index: alpha weighs false negatives of the reference, beta false positives.

    >>> round(float(Tversky()([[1.0, 0.0]], [[1.0, 0.0]])), 4)
    0.0
    """

    settings = ("alpha", "beta", "axis")

    def __init__(
        self,
        alpha: Any = 0.5,
        beta: Any = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(probabilistic.tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


def wrap(function, name=None):
    """A Loss from a user's function (y_true, y_pred); losses come back as they are.

    sparse_categorical_crossentropy becomes its class, which keeps integer labels integer.
    """
    if isinstance(function, Loss):
        return function
    if function is probabilistic.sparse_categorical_crossentropy:
        return SparseCategoricalCrossentropy(name=name or function.__name__)
    return LossFunctionWrapper(function, name=name)
