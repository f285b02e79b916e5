"""Adafactor: second moments kept as the outer product of row and column means."""

import math
from typing import Any

from fastnn import ops
from fastnn.graph import Variable
from fastnn.ops.functions.reduction import sum_of_squares
from fastnn.optimizers.optimizer import Optimizer


def _rms(x):
    """The root of the mean square of a value: a scalar."""
    return ops.sqrt(sum_of_squares(x) / math.prod(x.shape))


class Adafactor(Optimizer):
    """Steps of the size of the weights, divided by factored second moments: little memory for large matrices.

    beta_2 = 1 - t^beta_2_decay; v is the mean of g^2 + epsilon_1, of matrices as (row means) x (column means);
    u = g / sqrt(v); w -= max(epsilon_2, rms(w)) min(lr, 1/sqrt(t)) u / max(1, rms(u) / clip_threshold).

    Args:
        beta_2_decay: float: how fast beta_2 comes near 1.
        epsilon_1: float > 0, added to squared gradients.
        epsilon_2: float > 0: no weights count as smaller.
        clip_threshold: float > 0: the largest size of u, apart from clipnorm and clipvalue.
        relative_step: whether a constant learning rate is also bounded by 1/sqrt(t).

    Source: Shazeer and Stern, 2018 (arXiv 1804.04235).

    >>> Adafactor().beta_2_decay
    -0.8
    """

    settings = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def build(self, variables):
        """Make means of rows, of columns (of matrices and beyond) and the velocity of each variable, in that order.

        Args:
            variables: the model variables.
        """
        if self.built:
            return
        variables = list(variables)
        super().build(variables)
        self._r, self._c, self._v = [], [], []
        for v in variables:
            factored = len(v.shape) >= 2
            means = (v.shape[:-1], (*v.shape[:-2], v.shape[-1])) if factored else ((), ())  # places of Keras's files
            name = v.path.rpartition("/")[2]
            for made, shape in zip((self._r, self._c), means):
                made.append(self.add_variable(shape, dtype=v.dtype if factored else "int32", name=name))
            self._v.append(self.add_variable_from_reference(v, "velocity"))

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable: its own size enters the formula, so variables are not joined.

        Args:
            gradient: symbol or array of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        dtype, index = variable.dtype, self._get_variable_index(variable)
        rows, columns, velocity = self._r[index], self._c[index], self._v[index]
        rate, gradient = ops.cast(learning_rate, dtype), ops.cast(gradient, dtype)
        step = ops.cast(self.iterations + 1, dtype)
        slowest = 1.0 / ops.sqrt(step)
        if isinstance(self._learning_rate, Variable) and self.relative_step:
            rate = ops.minimum(rate, slowest)
        size = ops.maximum(_rms(variable.value), ops.cast(self.epsilon_2, dtype)) * ops.minimum(rate, slowest)
        beta = 1.0 - ops.power(step, self.beta_2_decay)
        squares = ops.square(gradient) + self.epsilon_1
        if len(variable.shape) < 2:
            velocity.assign(beta * velocity.value + (1.0 - beta) * squares)
        else:
            for mean, axis in ((rows, -1), (columns, -2)):
                mean.assign(beta * mean.value + (1.0 - beta) * ops.mean(squares, axis=axis))
            share = rows.value / ops.mean(rows.value, axis=-1, keepdims=True)
            velocity.assign(ops.expand_dims(share, -1) * ops.expand_dims(columns.value, -2))
        direction = gradient / ops.sqrt(velocity.value)
        direction = direction / ops.maximum(_rms(direction) / self.clip_threshold, ops.cast(1.0, dtype))
        variable.assign(variable.value - size * direction)
