"""ScheduleFreeAdamW: averaging in place of a schedule of learning rates."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.optimizers.operands import snapshot
from fastnn.optimizers.optimizer import Optimizer


class ScheduleFreeAdamW(Optimizer):
    """Steps are made on one sequence (momentum), averaged into another; the weights lie between the two.

    z -= lr g / (sqrt(v / (1 - beta_2^t)) + epsilon); x is the mean of all z; w = (1 - beta_1) z + beta_1 x.

    Args:
        beta_1: float > 0: the share of the mean x in the weights.
        beta_2: float in [0, 1]: share of the old mean of squared gradients v in the new one.
        epsilon: float >= 0, added to the root.
        warmup_steps: int >= 0: steps in which the rate rises from 0.

    Source: Defazio et al., The Road Less Scheduled, 2024 (arXiv 2405.15682).

    >>> ScheduleFreeAdamW().beta_1
    0.9
    """

    settings = ("beta_1", "beta_2", "epsilon", "warmup_steps")

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.beta_1, self.beta_2, self.epsilon, self.warmup_steps = beta_1, beta_2, epsilon, warmup_steps

    def slot_groups(self):
        """momentum and velocity side by side."""
        return [[("momentum", "zeros"), ("velocity", "zeros")]]

    def build(self, variables):
        """Make the slots; momentum begins at the weights.

        Args:
            variables: the model variables.
        """
        if self.built:
            return
        variables = list(variables)
        super().build(variables)
        for momentum, variable in zip(self._slots["momentum"], variables):
            momentum.assign(variable.numpy())

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable.

        Args:
            gradient: symbol or array of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        dtype, index = variable.dtype, self._get_variable_index(variable)
        momentum, velocity = self._slots["momentum"][index], self._slots["velocity"][index]
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        iterations = ops.add(self.iterations, np.int64(1))
        step = ops.cast(iterations, "float64")
        rest = ops.cast(1.0 - ops.power(np.float64(self.beta_2), step), dtype)
        weight = ops.cast(np.float64(1.0) / step, dtype)
        if self.warmup_steps > 0:
            rate = rate * ops.cast(ops.minimum(step / float(self.warmup_steps), np.float64(1.0)), dtype)
        before, weights = snapshot(momentum), snapshot(variable)
        spread = velocity.value + (ops.square(gradient) - velocity.value) * (1.0 - self.beta_2)
        after = before - rate * gradient / (ops.sqrt(spread / rest) + self.epsilon)
        mean = (weights - (1.0 - self.beta_1) * before) / self.beta_1
        mean = (1.0 - weight) * mean + weight * after
        velocity.assign(spread)
        momentum.assign(after)
        variable.assign((1.0 - self.beta_1) * after + self.beta_1 * mean)
