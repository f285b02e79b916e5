"""LossScaleOptimizer: a loss multiplied by what float16 gradients can bear."""

from typing import Any

import numpy as np

from fastnn import initializers, ops
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError
from fastnn.graph import current
from fastnn.optimizers.applying import watch_losses
from fastnn.optimizers.operands import as_dtype, snapshot
from fastnn.optimizers.optimizer import Optimizer
from fastnn.optimizers.wrapping import Wrapping
from fastnn.saving import identifiers as serial

# arguments of every optimizer that belong to the one inside, and their defaults
_INNER = {"weight_decay": None, "clipnorm": None, "global_clipnorm": None, "clipvalue": None, "use_ema": False,
          "ema_momentum": 0.99, "ema_overwrite_frequency": None, "loss_scale_factor": None,
          "gradient_accumulation_steps": None}  # fmt: skip


class LossScaleOptimizer(Wrapping):
    """An optimizer around another that keeps gradients of float16 from vanishing.

    The loss is multiplied by `dynamic_scale`, gradients are divided by it. A step whose gradients are not all finite
    is left out and halves the scale; `dynamic_growth_steps` steps without one double it.

    Args:
        inner_optimizer: the Optimizer that makes the steps; its loss_scale_factor becomes None.
        initial_scale: float > 0, the first scale.
        dynamic_growth_steps: int >= 1: after how many finite steps the scale doubles.
        name: str; None: the class name in snake case, numbered.
        **kwargs: arguments of other optimizers, which belong to the inner one: another value than their default is an
            ArgumentError.

    Source: Micikevicius et al., Mixed Precision Training, 2018.

    >>> from fastnn.optimizers import SGD
    >>> from fastnn.graph import Variable
    >>> v, optimizer = Variable([1.0], name="v"), LossScaleOptimizer(SGD(0.5), initial_scale=4.0)
    >>> optimizer.apply([np.array([4.0], "float32")], [v])
    >>> float(v.numpy()[0])
    0.5
    >>> optimizer.apply([np.array([np.inf], "float32")], [v])
    >>> float(v.numpy()[0]), float(optimizer.dynamic_scale.numpy())
    (0.5, 2.0)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise ArgumentError(
                "LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set `loss_scale_factor` "
                "directly on the `inner_optimizer`."
            )
        for argument in [a for a in kwargs if a in _INNER]:
            if kwargs.pop(argument) != _INNER[argument]:
                raise ArgumentError(
                    f"LossScaleOptimizer does not support `{argument}`. Instead, set `{argument}` on the "
                    "`inner_optimizer`."
                )
        if kwargs:
            raise ArgumentError(f"LossScaleOptimizer does not support arguments: `{'`, `'.join(kwargs)}`.")
        if not isinstance(inner_optimizer, Optimizer):
            raise ArgumentError(
                f"LossScaleOptimizer: received inner_optimizer={inner_optimizer!r}, expected an Optimizer."
            )
        self.inner_optimizer = inner_optimizer
        super().__init__(0.0, name=name)
        self.initial_scale = number("initial_scale", initial_scale)
        self.dynamic_growth_steps = count("dynamic_growth_steps", dynamic_growth_steps)
        inner_optimizer.loss_scale_factor = None

    def _inner(self):
        return [self.inner_optimizer]

    def build(self, variables):
        """Make the counter, the scale and the variables of the optimizer inside.

        Args:
            variables: the model variables.
        """
        if self.built:
            return
        variables = list(variables)
        self.step_counter = self.add_variable((), "zeros", "int32", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), initializers.Constant(self.initial_scale), "float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        super().build(variables)

    def check_finite(self, grads):
        """Whether all gradients (arrays or symbols; None is left out) are finite: a scalar.

        Args:
            grads: list of arrays or symbols, or None in it.
        """
        found = [ops.all(ops.isfinite(g)) for g in grads if g is not None]
        return ops.all(ops.stack(found)) if found else np.bool_(True)

    def _step(self, grads, variables, prepared):
        finite, scale, before = self.check_finite(grads), snapshot(self.dynamic_scale), snapshot(self.step_counter)
        grown = ops.equal(before, np.int32(self.dynamic_growth_steps - 1))
        if current() is not None or bool(finite):
            grads = [
                g
                if g is None or self._overwrite_variable_with_gradient(v)
                else ops.divide(as_dtype(g, v.dtype), ops.cast(scale, v.dtype))
                for g, v in zip(grads, variables)
            ]
            self._inner_step(finite, grads, variables)
        larger = ops.where(grown, ops.multiply(scale, np.float32(2.0)), scale)
        self.dynamic_scale.assign(ops.where(finite, larger, ops.multiply(scale, np.float32(0.5))))
        counts = ops.logical_and(finite, ops.logical_not(grown))
        self.step_counter.assign(ops.where(counts, ops.add(before, np.int32(1)), np.int32(0)))

    def _inner_step(self, finite, grads, variables):
        """The step of the optimizer inside; on a tape, what it assigns is kept where the gradients were finite."""
        trace = current()
        if trace is None:
            self.inner_optimizer.apply(grads, variables)
            return
        touched = [*variables, *self.inner_optimizer.variables]
        before = [v.value for v in touched]
        watch_losses(trace, trace.extra.get("unscaled", ()))
        watch, trace.watch = trace.watch, None  # gradients that are too large are expected here
        try:
            self.inner_optimizer.apply(grads, variables)
        finally:
            trace.watch = watch
        for v, old in zip(touched, before):
            new = v.value
            if new is not old:
                v.assign(ops.where(finite, new, old))

    @property
    def learning_rate(self):
        """The learning rate of the optimizer inside."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.inner_optimizer.learning_rate = value

    lr = learning_rate

    @property
    def iterations(self):
        """The number of updates that the optimizer inside has made."""
        return self.inner_optimizer.iterations

    @property
    def averages(self):
        """The moving averages of the optimizer inside."""
        return self.inner_optimizer.averages

    def scale_loss(self, loss):
        """The loss times the scale.

        Args:
            loss: a scalar: symbol or array.
        """
        scale, trace = self.dynamic_scale.value if self.built else np.float32(self.initial_scale), current()
        if trace is not None and trace.parent is None:
            trace.extra["unscaled"] = [trace.symbol(loss)]
        return ops.multiply(loss, scale)

    def finalize_variable_values(self, var_list):
        """Put the inner optimizer's moving averages into the model.

        Args:
            var_list: the Variables that have averages.
        """
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        """The arguments, with the config of the optimizer inside."""
        return {
            "name": self.name,
            "inner_optimizer": serial.serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """An optimizer from what get_config returned.

        Args:
            config: a dict that get_config returned.
            custom_objects: {name: class} for names that fastnn does not know, or None.
        """
        inner = serial.deserialize(config["inner_optimizer"], "optimizers", custom_objects)
        return cls(inner, **{k: v for k, v in config.items() if k != "inner_optimizer"})
