"""Ftrl: follow the regularised leader."""

from typing import Any

from fastnn.core.arguments import real
from fastnn.core.errors import ArgumentError
from fastnn.ops.records import update
from fastnn.optimizers.optimizer import Optimizer


class Ftrl(Optimizer):
    """n' = n + g^2; z += g + 2 s w - (n'^p - n^p) / lr w; w = (clip(z, -l1, l1) - z) / (n'^p / lr + 2 (l2 + beta /
    (2 lr))).

    p = -learning_rate_power; s = l2_shrinkage_regularization_strength; n starts at initial_accumulator_value.
    Source: McMahan et al., Ad Click Prediction, 2013.

    Args:
        learning_rate_power: float <= 0: how the rate falls with n.
        initial_accumulator_value: float >= 0, the first value of n.
        l1_regularization_strength: float >= 0, l1: how much is needed for a weight other than 0.
        l2_regularization_strength: float >= 0, l2.
        l2_shrinkage_regularization_strength: float >= 0, s: a penalty on the size of weights that acts on gradients.
        beta: float: beta / (2 lr) is added to l2.

    >>> Ftrl().learning_rate_power
    -0.5
    """

    settings = ("learning_rate_power", "initial_accumulator_value", "l1_regularization_strength",
                "l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta")  # fmt: skip
    own_checks = tuple(name for name in settings if name != "beta")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: Any = 0.0,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        given = {
            "initial_accumulator_value": initial_accumulator_value,
            "beta": beta,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
        }
        for key, value in given.items():
            if key != "beta" and (real(value) is None or not value >= 0.0):
                raise ArgumentError(f"`{key}` needs to be positive or zero. Received: {key}={value}.")
            setattr(self, key, value)
        if real(learning_rate_power) is None or not learning_rate_power <= 0.0:
            raise ArgumentError(
                "`learning_rate_power` needs to be negative or zero. Received: learning_rate_power="
                f"{learning_rate_power}."
            )
        self.learning_rate_power = learning_rate_power

    def slot_groups(self):
        """accumulator and linear side by side."""
        return [[("accumulator", self.initial_accumulator_value), ("linear", "zeros")]]

    def constants(self):
        """-learning_rate_power, l1, l2."""
        return -self.learning_rate_power, self.l1_regularization_strength, self.l2_regularization_strength

    def update(self, param, grad, slots, hyper):
        param, n, z = update.ftrl_update(
            param,
            grad,
            slots["accumulator"],
            slots["linear"],
            hyper,
            beta=self.beta,
            l2_shrinkage=self.l2_shrinkage_regularization_strength,
        )
        return param, {"accumulator": n, "linear": z}
