"""RMSprop: steps divided by the root of a moving average of the squared gradient."""

from typing import Any

from fastnn import ops
from fastnn.ops.records import update
from fastnn.optimizers.optimizer import Optimizer


class RMSprop(Optimizer):
    """v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon).

    Args:
        rho: float in [0, 1]: share of the old mean of squared gradients in the new one.
        momentum: float in [0, 1]; where it is not 0, m = momentum m + that step, w -= m.
        epsilon: float >= 0, under the root.
        centered: whether v - (mean g)^2 stands under the root, taken as 0 where rounding makes it negative (Keras gives
            NaN there).

    Source: Hinton, Neural Networks for Machine Learning, lecture 6e, 2012.

    >>> RMSprop(learning_rate=0.01).get_config()["rho"]
    0.9
    """

    settings = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho, self.momentum, self.centered = rho, momentum, centered
        self.epsilon = 1e-7 if epsilon is None else epsilon

    def slot_groups(self):
        """velocity, momentum if there is any, average_gradient if centered."""
        groups = [[("velocity", "zeros")]]
        groups += [[("momentum", "zeros")]] if self.momentum > 0 else []
        return groups + ([[("average_gradient", "zeros")]] if self.centered else [])

    def constants(self):
        """rho, epsilon, momentum."""
        return self.rho, self.epsilon, self.momentum

    def update(self, param, grad, slots, hyper):
        if self.centered:
            momentum = slots["momentum"] if self.momentum > 0 else ops.zeros_like(grad)
            param, v, m, c = update.rmsprop_centered_update(
                param, grad, slots["velocity"], momentum, slots["average_gradient"], hyper
            )
            out = {"velocity": v, "average_gradient": c}
            return param, {**out, "momentum": m} if self.momentum > 0 else out
        if self.momentum > 0:
            param, v, m = update.rmsprop_momentum_update(param, grad, slots["velocity"], slots["momentum"], hyper)
            return param, {"velocity": v, "momentum": m}
        param, v = update.rmsprop_update(param, grad, slots["velocity"], hyper)
        return param, {"velocity": v}
