"""Adagrad and Adadelta: steps divided by what the squared gradients have added up to."""

from typing import Any

from fastnn.ops.records import update
from fastnn.optimizers.optimizer import Optimizer


class Adagrad(Optimizer):
    """v += g^2; w -= lr g / sqrt(v + epsilon); v starts at initial_accumulator_value.

    Args:
        initial_accumulator_value: float >= 0, the first value of v.
        epsilon: float >= 0, under the root.

    Source: Duchi, Hazan and Singer, 2011.

    >>> Adagrad().get_config()["initial_accumulator_value"]
    0.1
    """

    settings = ("initial_accumulator_value", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
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
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = 1e-7 if epsilon is None else epsilon

    def slot_groups(self):
        """accumulator."""
        return [[("accumulator", self.initial_accumulator_value)]]

    def constants(self):
        """epsilon."""
        return (self.epsilon,)

    def update(self, param, grad, slots, hyper):
        param, v = update.adagrad_update(param, grad, slots["accumulator"], hyper)
        return param, {"accumulator": v}


class Adadelta(Optimizer):
    """v = rho v + (1-rho) g^2; d = g sqrt(u + epsilon) / sqrt(v + epsilon); u = rho u + (1-rho) d^2; w -= lr d.

    Args:
        rho: float in [0, 1]: share of the old means in the new ones.
        epsilon: float >= 0, under the roots.

    Source: Zeiler, ADADELTA, 2012.

    >>> Adadelta().get_config()["rho"]
    0.95
    """

    settings = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
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
        self.rho, self.epsilon = rho, 1e-7 if epsilon is None else epsilon

    def slot_groups(self):
        """accumulated_grad and accumulated_delta_var."""
        return [[("accumulated_grad", "zeros"), ("accumulated_delta_var", "zeros")]]

    def constants(self):
        """rho, epsilon."""
        return self.rho, self.epsilon

    def update(self, param, grad, slots, hyper):
        param, v, u = update.adadelta_update(
            param, grad, slots["accumulated_grad"], slots["accumulated_delta_var"], hyper
        )
        return param, {"accumulated_grad": v, "accumulated_delta_var": u}
