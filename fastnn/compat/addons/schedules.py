"""Learning rates of tensorflow_addons, which rise and fall."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.compat.addons.registered import registered
from fastnn.optimizers.schedules import LearningRateSchedule


@registered
class CyclicalLearningRate(LearningRateSchedule):
    """Rates that rise from one to another and fall back (Smith, 2017).

    Args:
        initial_learning_rate, maximal_learning_rate: the two.
        step_size: steps from one to the other.
        scale_fn: a function of the number of the cycle (from 1) or of the step: what share of the rise is left.
        scale_mode: "cycle" or "iterations": which it gets.
        name: of no effect.
    """

    def __init__(
        self, initial_learning_rate: Any, maximal_learning_rate: Any, step_size: Any, scale_fn: Any,
        scale_mode: str = "cycle", name: str = "CyclicalLearningRate",
    ) -> None:  # fmt: skip
        super().__init__()
        self.initial_learning_rate, self.maximal_learning_rate = initial_learning_rate, maximal_learning_rate
        self.step_size, self.scale_fn, self.scale_mode, self.name = step_size, scale_fn, scale_mode, name

    def __call__(self, step):
        """The rate of a step.

        Args:
            step: its number, from 0.
        """
        step = ops.cast(step, "float32")
        cycle = ops.floor(1.0 + step / (2.0 * self.step_size))
        away = ops.abs(step / self.step_size - 2.0 * cycle + 1.0)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else step)
        rise = self.maximal_learning_rate - self.initial_learning_rate
        return self.initial_learning_rate + rise * ops.maximum(np.float32(0.0), 1.0 - away) * scale

    def get_config(self):
        """The arguments; those that say the scale are the class's."""
        config = {"initial_learning_rate": self.initial_learning_rate,
                  "maximal_learning_rate": self.maximal_learning_rate, "step_size": self.step_size}  # fmt: skip
        return {**config, "scale_fn": self.scale_fn, "scale_mode": self.scale_mode}


@registered
class TriangularCyclicalLearningRate(CyclicalLearningRate):
    """Cycles that are all the same.

    Args:
        initial_learning_rate, maximal_learning_rate, step_size, scale_mode, name: as of CyclicalLearningRate.
    """

    def __init__(
        self, initial_learning_rate: Any, maximal_learning_rate: Any, step_size: Any, scale_mode: str = "cycle",
        name: str = "TriangularCyclicalLearningRate",
    ) -> None:  # fmt: skip
        super().__init__(initial_learning_rate, maximal_learning_rate, step_size, lambda x: 1.0, scale_mode, name)

    def get_config(self):
        return {k: v for k, v in super().get_config().items() if k != "scale_fn"}


@registered
class Triangular2CyclicalLearningRate(TriangularCyclicalLearningRate):
    """Cycles each of which rises half as far as the one before.

    Args:
        initial_learning_rate, maximal_learning_rate, step_size, scale_mode, name: as of CyclicalLearningRate.
    """

    def __init__(
        self, initial_learning_rate: Any, maximal_learning_rate: Any, step_size: Any, scale_mode: str = "cycle",
        name: str = "Triangular2CyclicalLearningRate",
    ) -> None:  # fmt: skip
        super().__init__(initial_learning_rate, maximal_learning_rate, step_size, scale_mode, name)
        self.scale_fn = lambda x: 1.0 / 2.0 ** (x - 1.0)


@registered
class ExponentialCyclicalLearningRate(CyclicalLearningRate):
    """Cycles that rise less and less.

    Args:
        initial_learning_rate, maximal_learning_rate, step_size, name: as of CyclicalLearningRate.
        scale_mode: "iterations" or "cycle": of what gamma is a power.
        gamma: the share of the rise that is left at each.
    """

    def __init__(
        self, initial_learning_rate: Any, maximal_learning_rate: Any, step_size: Any, scale_mode: str = "iterations",
        gamma: float = 1.0, name: str = "ExponentialCyclicalLearningRate",
    ) -> None:  # fmt: skip
        super().__init__(initial_learning_rate, maximal_learning_rate, step_size, lambda x: gamma**x, scale_mode, name)
        self.gamma = gamma

    def get_config(self):
        config = {k: v for k, v in super().get_config().items() if k != "scale_fn"}
        return {**config, "gamma": self.gamma}
