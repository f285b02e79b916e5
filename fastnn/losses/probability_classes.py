"""The loss classes of probabilities and masks: cross-entropies, Dice, Tversky; their functions are in probabilistic."""

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.losses import probabilistic
from fastnn.losses.loss import align
from fastnn.losses.wrapper import NamedLoss


class BinaryCrossentropy(NamedLoss):
    """Cross-entropy of independent yes/no labels.

    Args:
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float in [0, 1]: labels move towards 0.5 by half of it.
        axis: int: the axis that is averaged.

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

    Args:
        apply_class_balancing: whether classes are weighed by alpha.
        alpha: float: the weight of class 1, 1 - alpha that of class 0, with apply_class_balancing.
        gamma: float >= 0: the larger, the less easy samples count.
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float in [0, 1]: labels move towards 0.5 by half of it.
        axis: int: the axis that is averaged.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2018.

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

    Args:
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float in [0, 1], labels move towards 1 / classes.
        axis: int: the axis of the classes.

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

    Args:
        alpha: float, or one per class: weights.
        gamma: float >= 0: the larger, the less easy samples count.
        from_logits: whether y_pred are logits instead of probabilities.
        label_smoothing: float in [0, 1]: labels move towards 1 / classes.
        axis: int: the axis of the classes.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2018.

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

    Args:
        from_logits: whether y_pred are logits instead of probabilities.
        ignore_class: int: samples of this label do not count; None: all do.
        axis: int: the axis of the classes.

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
        """The values, and the mask of the samples that ignore_class leaves.

        Args:
            y_true: class indices, (n, ...) or (n, ..., 1).
            y_pred: probabilities or logits, (n, ..., classes).
        """
        y_true, y_pred = align(y_true, y_pred)
        return probabilistic.sparse_categorical_crossentropy_and_mask(y_true, y_pred, **self._fn_kwargs)


class CategoricalGeneralizedCrossEntropy(NamedLoss):
    """(1 - p[label]^q) / q, robust to wrong labels; integer labels, q strictly between 0 and 1.

    Args:
        q: float in (0, 1): the smaller, the more like cross-entropy.

    Source: Zhang and Sabuncu, Generalized Cross Entropy Loss, 2018.

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

    Args:
        axis: int or ints: the axes that are summed over; None: all, which gives one number for the batch.

    Source: Milletari et al., V-Net, 2016.

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
    """1 minus the Tversky index TP / (TP + alpha FN + beta FP), with labels and probabilities for counts.

    Args:
        alpha: float: weight of what is labelled and not found.
        beta: float: weight of what is found and not labelled.
        axis: int or ints: the axes that are summed over; None: all.

    Source: Salehi et al., Tversky Loss Function for Image Segmentation, 2017.

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
