"""Optimizers and schedules of tensorflow_addons."""

import re
from typing import Any

from fastnn import ops
from fastnn.compat.addons.registered import registered
from fastnn.compat.addons.schedules import (
    CyclicalLearningRate,
    ExponentialCyclicalLearningRate,
    Triangular2CyclicalLearningRate,
    TriangularCyclicalLearningRate,
)
from fastnn.optimizers import SGD, Adam, Optimizer, deserialize, get, serialize
from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = [
    "SGDW", "AdaBelief", "AdamW", "CyclicalLearningRate", "DecoupledWeightDecayExtension",
    "ExponentialCyclicalLearningRate", "LazyAdam", "Lookahead", "RectifiedAdam", "Triangular2CyclicalLearningRate",
    "TriangularCyclicalLearningRate", "Yogi", "extend_with_decoupled_weight_decay",
]  # fmt: skip


def _now(value, iterations):
    """A number of the step: a schedule's, a function's, or itself."""
    if isinstance(value, LearningRateSchedule):
        return value(iterations)
    return value() if callable(value) else value


class DecoupledWeightDecayExtension:
    """Base beside an optimizer: w -= weight_decay w before each of its steps, whatever the learning rate is.

    Args:
        weight_decay: the share of weights that is taken: a number, a schedule, or a function.
        exclude_from_weight_decay: regular expressions of names of variables that keep theirs; None for none.
        *args, **kwargs: those of the optimizer.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
    """

    def __init__(self, weight_decay: Any, *args: Any, exclude_from_weight_decay: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decoupled, self.exclude_from_weight_decay = weight_decay, exclude_from_weight_decay

    def update_step(self, gradient, variable, learning_rate):
        """Take the decay, then the optimizer's step.

        Args:
            gradient: of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        names = (variable.name, getattr(variable, "path", None) or "")
        if not any(re.search(e, n) for e in self.exclude_from_weight_decay or () for n in names):
            decay = ops.cast(_now(self.decoupled, self.iterations), variable.dtype)
            variable.assign(variable - decay * variable)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        """The config of the optimizer, and of the decay."""
        config = {k: v for k, v in super().get_config().items() if k != "weight_decay"}
        return {**config, "weight_decay": self.decoupled, "exclude_from_weight_decay": self.exclude_from_weight_decay}


@registered
class AdamW(DecoupledWeightDecayExtension, Adam):
    """Adam with a weight decay that the learning rate does not scale.

    Args:
        weight_decay: see DecoupledWeightDecayExtension.
        learning_rate, beta_1, beta_2, epsilon, amsgrad, name, **kwargs: as of Adam.
    """

    def __init__(
        self, weight_decay: Any, learning_rate: Any = 0.001, beta_1: Any = 0.9, beta_2: Any = 0.999,
        epsilon: float = 1e-07, amsgrad: bool = False, name: str = "AdamW", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            weight_decay, learning_rate=learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, amsgrad=amsgrad,
            name=name, **kwargs,
        )  # fmt: skip


@registered
class SGDW(DecoupledWeightDecayExtension, SGD):
    """SGD with a weight decay that the learning rate does not scale.

    Args:
        weight_decay: see DecoupledWeightDecayExtension.
        learning_rate, momentum, nesterov, name, **kwargs: as of SGD.
    """

    def __init__(
        self, weight_decay: Any, learning_rate: Any = 0.001, momentum: float = 0.0, nesterov: bool = False,
        name: str = "SGDW", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            weight_decay, learning_rate=learning_rate, momentum=momentum, nesterov=nesterov, name=name, **kwargs
        )


@registered
class LazyAdam(Adam):
    """Adam, here for its name: rows of embeddings without gradient are not left out.

    Args:
        *args, **kwargs: as of Adam.
    """


def extend_with_decoupled_weight_decay(base_optimizer):
    """A class: an optimizer's with `weight_decay` first (see DecoupledWeightDecayExtension).

    Args:
        base_optimizer: the class of an optimizer.

    >>> extend_with_decoupled_weight_decay(Adam)(weight_decay=0.1, learning_rate=0.01).decoupled
    0.1
    """

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):
        pass

    return OptimizerWithDecoupledWeightDecay


class _Moments(Optimizer):
    """Base of optimizers that keep a mean m of the gradients and one of their squares, v.

    Args:
        learning_rate: a number, a schedule, or a function.
        beta_1, beta_2: how much of m and v stays at each step.
        epsilon: what is added to the root of v.
        name, **kwargs: as of Optimizer.
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07,
        name: str | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    _first = 0.0  # of v

    def build(self, variables):
        """Make m and v.

        Args:
            variables: the Variables that are trained.
        """
        if self.built:
            return
        super().build(variables)
        self._m = [self.add_variable_from_reference(v, "m") for v in variables]
        self._v = [self.add_variable_from_reference(v, "v", initializer=self._start) for v in variables]

    def _start(self, shape, dtype=None):
        return ops.full(shape, self._first, dtype or "float32")

    def _moments(self, gradient, variable):
        index = self._get_variable_index(variable)
        step = ops.cast(self.iterations + 1, variable.dtype)
        return self._m[index], self._v[index], step, self.beta_1**step, self.beta_2**step

    def get_config(self):
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


@registered
class RectifiedAdam(_Moments):
    """Adam whose step waits until the variance of its scale is known (Liu et al., 2020).

    Args:
        learning_rate, beta_1, beta_2, epsilon, name, **kwargs: as of Adam.
        weight_decay: so much of the weights is added to the direction of the step.
        sma_threshold: the length of the average from which steps are scaled.
        total_steps: int: all steps, of which the first are warm-up; 0 for none.
        warmup_proportion: the share that is.
        min_lr: the learning rate at the end.
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-07,
        weight_decay: float = 0.0, sma_threshold: float = 5.0, total_steps: int = 0, warmup_proportion: float = 0.1,
        min_lr: float = 0.0, name: str = "RectifiedAdam", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name, **kwargs)
        self.decay_of_step, self.sma_threshold, self.total_steps = weight_decay, sma_threshold, total_steps
        self.warmup_proportion, self.min_lr = warmup_proportion, min_lr

    rectify = True

    def _spread(self, gradient, m):
        return ops.square(gradient)

    def update_step(self, gradient, variable, learning_rate):
        """The step of one variable.

        Args:
            gradient: of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        m, v, step, power_1, power_2 = self._moments(gradient, variable)
        rate = ops.cast(learning_rate, variable.dtype)
        if self.total_steps > 0:
            warm = self.total_steps * self.warmup_proportion
            rest = max(self.total_steps - warm, 1.0)
            falling = rate + (self.min_lr - rate) / rest * ops.minimum(step - warm, rest)
            rate = ops.where(step <= warm, rate * (step / max(warm, 1e-12)), falling)
        m.assign(self.beta_1 * m + (1.0 - self.beta_1) * gradient)
        v.assign(self.beta_2 * v + (1.0 - self.beta_2) * self._spread(gradient, m))
        mean, root = m / (1.0 - power_1), ops.sqrt(v / (1.0 - power_2))
        direction = mean / (root + self.epsilon)
        if self.rectify:
            most = 2.0 / (1.0 - self.beta_2) - 1.0
            length = most - 2.0 * step * power_2 / (1.0 - power_2)
            known = length >= self.sma_threshold
            square = (length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length)
            direction = ops.where(known, ops.sqrt(ops.where(known, square, 1.0)) * direction, mean)
        if self.decay_of_step:
            direction = direction + self.decay_of_step * variable
        variable.assign(variable - rate * direction)

    def get_config(self):
        config = {k: v for k, v in super().get_config().items() if k != "weight_decay"}
        return {**config, "weight_decay": self.decay_of_step, "sma_threshold": self.sma_threshold,
                "total_steps": self.total_steps, "warmup_proportion": self.warmup_proportion,
                "min_lr": self.min_lr}  # fmt: skip


@registered
class AdaBelief(RectifiedAdam):
    """RectifiedAdam with the squares of what gradients differ from their mean (Zhuang et al., 2020).

    Args:
        learning_rate, beta_1, beta_2, epsilon, weight_decay, sma_threshold, total_steps, warmup_proportion, min_lr,
            name, **kwargs: as of RectifiedAdam.
        rectify: whether steps are scaled as there.
    """

    def __init__(self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-14,
                 weight_decay: float = 0.0, rectify: bool = True, name: str = "AdaBelief",
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay, name=name, **kwargs)
        self.rectify = rectify

    def _spread(self, gradient, m):
        return ops.square(gradient - m) + self.epsilon / (1.0 - self.beta_2)

    def get_config(self):
        return {**super().get_config(), "rectify": self.rectify}


@registered
class Yogi(_Moments):
    """Adam whose v changes by no more than the gradient's square (Zaheer et al., 2018).

    Args:
        learning_rate, beta_1, beta_2, name, **kwargs: as of Adam.
        epsilon: what is added to the root of v.
        initial_accumulator_value: v at the start.
    """

    def __init__(
        self, learning_rate: Any = 0.01, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-3,
        initial_accumulator_value: float = 1e-6, name: str = "Yogi", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name, **kwargs)
        self._first = self.initial_accumulator_value = initial_accumulator_value

    def update_step(self, gradient, variable, learning_rate):
        """The step of one variable.

        Args:
            gradient: of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        m, v, _, power_1, power_2 = self._moments(gradient, variable)
        square = ops.square(gradient)
        m.assign(self.beta_1 * m + (1.0 - self.beta_1) * gradient)
        v.assign(v - (1.0 - self.beta_2) * ops.sign(v - square) * square)
        rate = ops.cast(learning_rate, variable.dtype) * ops.sqrt(1.0 - power_2) / (1.0 - power_1)
        variable.assign(variable - rate * m / (ops.sqrt(v) + self.epsilon))

    def get_config(self):
        return {**super().get_config(), "initial_accumulator_value": self.initial_accumulator_value}


@registered
class Lookahead(Optimizer):
    """Steps of another optimizer, from which slow weights follow every few steps (Zhang et al., 2019).

    Args:
        optimizer: an optimizer, or its name.
        sync_period: int: after how many steps.
        slow_step_size: the share of the way that they go.
        name, **kwargs: as of Optimizer.
    """

    def __init__(
        self, optimizer: Any, sync_period: int = 6, slow_step_size: float = 0.5, name: str = "Lookahead", **kwargs: Any
    ) -> None:
        inner = get(optimizer)
        kwargs.pop("learning_rate", None)
        super().__init__(learning_rate=inner._learning_rate, name=name, **kwargs)
        self._optimizer, self.sync_period, self.slow_step_size = inner, sync_period, slow_step_size

    def build(self, variables):
        """Make the slow weights, and what the optimizer inside needs.

        Args:
            variables: the Variables that are trained.
        """
        if self.built:
            return
        super().build(variables)
        self._optimizer.build(variables)
        self._optimizer._iterations = self._iterations
        self._slow = [self.add_variable_from_reference(v, "slow") for v in variables]
        for slow, v in zip(self._slow, variables):
            slow.assign(v)

    def update_step(self, gradient, variable, learning_rate):
        """The step of the optimizer inside, and now and then that of the slow weights.

        Args:
            gradient: of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        self._optimizer.update_step(gradient, variable, learning_rate)
        slow = self._slow[self._get_variable_index(variable)]
        due = ops.equal(ops.mod(self.iterations + 1, self.sync_period), 0)
        slow.assign(ops.where(due, slow + self.slow_step_size * (variable - slow), slow))
        variable.assign(ops.where(due, slow, variable))

    def get_config(self):
        config = super().get_config()
        return {"optimizer": serialize(self._optimizer), "sync_period": self.sync_period,
                "slow_step_size": self.slow_step_size, "name": config["name"]}  # fmt: skip

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """One of these from a config.

        Args:
            config: what get_config gave.
            custom_objects: {name: class} of what the package does not know.
        """
        return cls(**{**config, "optimizer": deserialize(config["optimizer"], custom_objects)})
