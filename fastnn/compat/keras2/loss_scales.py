"""LossScaleOptimizer as tf.keras had it: loops of one's own scale the loss and divide the gradients by themselves."""

import functools

import numpy as np

from fastnn import ops
from fastnn.compat.keras2.optimizers import variables_that_are_called
from fastnn.core.types import is_function
from fastnn.graph import Symbol
from fastnn.optimizers import LossScaleOptimizer as LossScaleOptimizer


def init_of_those_years(init_today):
    """`__init__` for tf.keras's arguments: whether the scale is dynamic, or a loss scale, second.

    Args:
        init_today: that method.
    """

    @functools.wraps(init_today)
    def __init__(self, inner_optimizer, *args, loss_scale="dynamic", **kwargs):
        if args and (args[0] == "dynamic" or isinstance(args[0], bool)):
            loss_scale, args = args[0], args[1:]
        if isinstance(loss_scale, bool):
            kwargs = {"dynamic": loss_scale, **kwargs}
        elif loss_scale != "dynamic":
            kwargs = {"initial_scale": float(getattr(loss_scale, "initial_loss_scale", loss_scale)), **kwargs}
        init_today(self, inner_optimizer, *args, **{k: v for k, v in kwargs.items() if v is not None})

    return __init__


def get_scaled_loss(self, loss):
    """The loss times the scale; of a function that returns one, such a function.

    Args:
        loss: a scalar, or a function without arguments.
    """
    return (lambda: self.scale_loss(loss())) if is_function(loss) else self.scale_loss(loss)


def _scale(self):
    return self.dynamic_scale.value if self.built else np.float32(self.initial_scale)


def get_unscaled_gradients(self, grads):
    """The gradients divided by the scale, for apply_gradients, which then divides no more.

    Args:
        grads: list of arrays or symbols, or None in it.
    """
    object.__setattr__(self, "_divided", True)
    return [None if g is None else ops.divide(g, ops.cast(_scale(self), g.dtype)) for g in grads]


def step_of_divided(step_today):
    """`_step`, which makes gradients what they were where they are divided by the scale already.

    The scale is a power of two: nothing is lost.

    Args:
        step_today: that method.
    """

    @functools.wraps(step_today)
    def _step(self, grads, variables, prepared):
        if self.__dict__.pop("_divided", False):
            grads = [None if g is None else ops.multiply(g, ops.cast(_scale(self), g.dtype)) for g in grads]
        step_today(self, grads, variables, prepared)

    return _step


METHODS = {
    "get_scaled_loss": get_scaled_loss,
    "get_unscaled_gradients": get_unscaled_gradients,
    "loss_scale": property(lambda self: _scale(self) if isinstance(_scale(self), Symbol) else np.float32(_scale(self))),
    "dynamic": property(lambda self: True, doc="Whether the scale changes."),
}
WRAPPED = {"__init__": init_of_those_years, "_step": step_of_divided, "variables": variables_that_are_called}
