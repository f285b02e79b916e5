"""Muon: momentum made orthogonal for matrices, AdamW for everything else."""

import re
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.errors import ShapeError
from fastnn.optimizers.optimizer import Optimizer


class Muon(Optimizer):
    """Matrices go along their momentum brought to an orthogonal matrix by Newton-Schulz steps; the rest is AdamW.

    AdamW steps are taken by whatever has not two dimensions, embeddings (exclude_embeddings), and variables whose
    path one of the expressions in exclude_layers finds; name the output layer there.

    Args:
        adam_beta_1, adam_beta_2, epsilon: beta_1, beta_2 and epsilon of AdamW.
        adam_weight_decay: float: weight decay of the variables that take AdamW's steps; None: none.
        weight_decay: float: weight decay of the matrices; None: none.
        exclude_layers: list of words (regular expressions) that are searched in paths of variables: what they find
            takes AdamW's steps; None: nothing.
        exclude_embeddings: whether variables whose path holds "embedding" take AdamW's steps.
        muon_a, muon_b, muon_c: coefficients of the polynomial of a Newton-Schulz step.
        adam_lr_ratio: float: AdamW's learning rate over the main one.
        momentum: float in [0, 1]: share of the old momentum of a matrix in the new one.
        ns_steps: int >= 1: how many Newton-Schulz steps are made.
        nesterov: whether the step looks ahead: gradient + momentum * momentum so far.
        rms_rate: float: the step is rms_rate sqrt(max(rows, columns)) lr; None: lr.

    Source: Jordan, github.com/KellerJordan/Muon; Liu et al., 2025 (arXiv 2502.16982).

    >>> Muon(exclude_layers=["output"]).ns_steps
    5
    """

    settings = ("adam_beta_1", "adam_beta_2", "epsilon", "exclude_layers", "muon_a", "muon_b", "muon_c",
                "adam_lr_ratio", "momentum", "ns_steps", "nesterov", "exclude_embeddings", "adam_weight_decay",
                "rms_rate")  # fmt: skip

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Any = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
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
        self.adam_beta_1, self.adam_beta_2, self.epsilon = adam_beta_1, adam_beta_2, epsilon
        self.adam_weight_decay, self.adam_lr_ratio = adam_weight_decay, adam_lr_ratio
        self.muon_a, self.muon_b, self.muon_c, self.ns_steps = muon_a, muon_b, muon_c, ns_steps
        self.momentum, self.nesterov, self.rms_rate = momentum, nesterov, rms_rate
        self.exclude_layers, self.exclude_embeddings = list(exclude_layers or ()), exclude_embeddings

    def _should_use_adamw(self, variable):
        """Whether a variable takes AdamW's steps."""
        path = variable.path or variable.name
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in path.lower()):
            return True
        return any(re.search(words, path) for words in self.exclude_layers)

    def build(self, variables):
        """Make a momentum for each variable, and a velocity where AdamW's steps are taken.

        Args:
            variables: the model variables.
        """
        if self.built:
            return
        variables = list(variables)
        super().build(variables)
        self.momentums, self.adam_velocities = [], []
        for v in variables:
            self.momentums.append(self.add_variable_from_reference(v, "momentum"))
            adam = self._should_use_adamw(v)
            self.adam_velocities.append(self.add_variable_from_reference(v, "velocity") if adam else None)

    def _decay_of(self, variable):
        if not self._use_weight_decay(variable):
            return None
        return self.adam_weight_decay if self._should_use_adamw(variable) else self.weight_decay

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable: each is a matrix of its own.

        Args:
            gradient: symbol or array of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar.
        """
        index, dtype = self._get_variable_index(variable), variable.dtype
        momentum, velocity = self.momentums[index], self.adam_velocities[index]
        gradient, rate = ops.cast(gradient, dtype), ops.cast(learning_rate, dtype)
        if velocity is None:
            momentum.assign(momentum.value * self.momentum + gradient)
            ahead = gradient + momentum.value * self.momentum if self.nesterov else momentum.value
            step = self.lr_adjust(rate * self.zeropower_via_newtonschulz5(ahead, self.ns_steps))
        else:
            step = self._adamw_step(gradient, momentum, velocity, rate * self.adam_lr_ratio)
        variable.assign(variable.value - step)

    def _adamw_step(self, gradient, momentum, velocity, rate):
        t = ops.cast(ops.add(self.iterations, np.int64(1)), "float64")
        rest = [1.0 - ops.power(np.float64(beta), t) for beta in (self.adam_beta_1, self.adam_beta_2)]
        rate = rate * ops.cast(ops.sqrt(rest[1]) / rest[0], momentum.dtype)
        momentum.assign(momentum.value + (gradient - momentum.value) * (1.0 - self.adam_beta_1))
        velocity.assign(velocity.value + (ops.square(gradient) - velocity.value) * (1.0 - self.adam_beta_2))
        return momentum.value * rate / (ops.sqrt(velocity.value) + self.epsilon)

    def transpose_last_axis(self, X):
        """X with its last two axes exchanged.

        Args:
            X: (..., rows, columns).
        """
        return ops.swapaxes(X, -2, -1)

    def lr_adjust(self, x):
        """A step x (rows, columns) times rms_rate sqrt(max(rows, columns)), so that AdamW's rates fit.

        Args:
            x: (rows, columns).
        """
        if self.rms_rate is None:
            return x
        return x * (float(np.sqrt(max(x.shape[0], x.shape[1]))) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x, steps: int):
        """A matrix near the orthogonal factor U V' of x = U S V': `steps` times x <- a x + (b A + c A^2) x, A = x x'.

        Args:
            x: (..., rows, columns); ShapeError where it has fewer than two dimensions.
            steps: int: how many.
        """
        shape = x.shape
        if len(shape) < 2:
            raise ShapeError(
                f"Expected gradient or momentum to have at least 2 dimensions. Received: shape={tuple(shape)}"
            )
        tall = shape[-2] > shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            gram = ops.matmul(x, self.transpose_last_axis(x))
            x = self.muon_a * x + ops.matmul(self.muon_b * gram + self.muon_c * ops.matmul(gram, gram), x)
        return self.transpose_last_axis(x) if tall else x
