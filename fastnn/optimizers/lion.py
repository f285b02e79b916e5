"""Lion: the sign of a mixture of momentum and gradient."""

from typing import Any

from fastnn.core.arguments import real
from fastnn.core.errors import ArgumentError
from fastnn.ops.records import update
from fastnn.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """w -= lr sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g.

    Args:
        beta_1: float in [0, 1]: share of m in the direction.
        beta_2: float in [0, 1]: share of the old m in the new one.

    Source: Chen et al., Symbolic Discovery of Optimization Algorithms, 2023.

    >>> Lion().beta_2
    0.99
    """

    settings = ("beta_1", "beta_2")
    own_checks = ("beta_1",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if real(beta_1) is None or not 0 < beta_1 <= 1:
            raise ArgumentError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates "
                f"to SignSGD. Received: beta_1={beta_1}."
            )
        self.beta_1, self.beta_2 = beta_1, beta_2

    def slot_groups(self):
        """momentum."""
        return [[("momentum", "zeros")]]

    def constants(self):
        """beta_1, beta_2."""
        return self.beta_1, self.beta_2

    def update(self, param, grad, slots, hyper):
        param, m = update.lion_update(param, grad, slots["momentum"], hyper)
        return param, {"momentum": m}
