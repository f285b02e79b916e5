"""Adam and its relatives: AdamW, Adamax, Nadam."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.arguments import number
from fastnn.core.errors import ArgumentError
from fastnn.ops.records import update, update_hyper
from fastnn.optimizers.optimizer import Optimizer


class _Moments(Optimizer):
    """Optimizers with beta_1, beta_2 and epsilon.

    Args:
        beta_1: float in [0, 1]: share of the old mean of gradients m in the new one.
        beta_2: float in [0, 1]: share of the old mean of squared gradients v in the new one.
        epsilon: float >= 0, added to the root.
    """

    settings = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, 1e-7 if epsilon is None else epsilon

    def constants(self):
        """beta_1, beta_2, epsilon."""
        return self.beta_1, self.beta_2, self.epsilon


class Adam(_Moments):
    """m += (g - m)(1 - beta_1); v += (g^2 - v)(1 - beta_2); w -= alpha m / (sqrt(v) + epsilon).

    alpha = lr sqrt(1 - beta_2^t) / (1 - beta_1^t); epsilon is outside the root and not rescaled (Keras's rule).

    Args:
        amsgrad: whether the largest v so far stands under the root.

    Source: Kingma and Ba, 2014; Reddi et al., 2018.

    >>> import numpy as np
    >>> from fastnn.graph import Variable
    >>> v = Variable([1.0], name="v")
    >>> Adam(0.1).apply([np.array([5.0], "float32")], [v])
    >>> round(float(v.numpy()[0]), 4)
    0.9
    """

    settings = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
            beta_1,
            beta_2,
            epsilon,
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
        self.amsgrad = amsgrad

    def slot_groups(self):
        """momentum and velocity side by side, then velocity_hat with amsgrad."""
        groups = [[("momentum", "zeros"), ("velocity", "zeros")]]
        return groups + ([[("velocity_hat", "zeros")]] if self.amsgrad else [])

    def hyper(self, iterations, rate, weight_decay=0.0, scale=None):
        return update_hyper.adam_hyper(iterations, rate, scale, weight_decay=weight_decay, constants=self.constants())

    def update(self, param, grad, slots, hyper):
        if self.amsgrad:
            param, m, v, top = update.adam_amsgrad_update(
                param, grad, slots["momentum"], slots["velocity"], slots["velocity_hat"], hyper
            )
            return param, {"momentum": m, "velocity": v, "velocity_hat": top}
        param, m, v = update.adam_update(param, grad, slots["momentum"], slots["velocity"], hyper)
        return param, {"momentum": m, "velocity": v}


class AdamW(Adam):
    """Adam with decoupled weight decay: each step also takes weight_decay * lr of every weight.

    Args:
        weight_decay: float: share of every weight that a step takes, times the learning rate; None: nothing.

    Source: Loshchilov and Hutter, 2019.

    >>> AdamW().weight_decay
    0.004
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        if weight_decay is None:
            raise ArgumentError("Argument `weight_decay` must be a float. Received: weight_decay=None.")
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
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


class Adamax(_Moments):
    """m as in Adam; u = max(beta_2 u, |g|); w -= lr m / ((1 - beta_1^t)(u + epsilon)).

    Args:
        beta_2: float in [0, 1]: share of the old bound u in the new one.
        epsilon: float >= 0, added to u.

    Source: Kingma and Ba, 2014, section 7.

    >>> Adamax().beta_2
    0.999
    """

    def slot_groups(self):
        """momentum and norm side by side."""
        return [[("momentum", "zeros"), ("norm", "zeros")]]

    def hyper(self, iterations, rate, weight_decay=0.0, scale=None):
        return update_hyper.adamax_hyper(iterations, rate, scale, weight_decay=weight_decay, constants=self.constants())

    def update(self, param, grad, slots, hyper):
        param, m, u = update.adamax_update(param, grad, slots["momentum"], slots["norm"], hyper)
        return param, {"momentum": m, "norm": u}


class Nadam(_Moments):
    """Adam with Nesterov momentum: beta_1 (1 - base^t / 2) at step t, base = 0.96.

    Source: Dozat, Incorporating Nesterov Momentum into Adam, 2015.

    Args:
        **kwargs: `schedule_decay`, Keras 1 and 2's argument: base = 0.96 ^ schedule_decay; and what other optimizers
            take.

    >>> Nadam().beta_1
    0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        schedule_decay = kwargs.pop("schedule_decay", None)
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
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
        self.schedule_decay = None if schedule_decay is None else number("schedule_decay", schedule_decay, 0)

    def get_config(self):
        """The arguments; schedule_decay only where it was given, because Keras 3 does not know it."""
        own = {} if self.schedule_decay is None else {"schedule_decay": self.schedule_decay}
        return {**super().get_config(), **own}

    def build(self, variables):
        """Make the slots, and the product of the momentum schedule so far.

        Args:
            variables: the model variables.
        """
        first = not self.built
        super().build(variables)
        if first:
            self._u_product = self._track(np.ones((), np.float64), "float64", "u_product")

    def slot_groups(self):
        """momentum and velocity side by side."""
        return [[("momentum", "zeros"), ("velocity", "zeros")]]

    def hyper(self, iterations, rate, weight_decay=0.0, scale=None):
        """The vector of constants of this step; moves the product on, at the steps that update.

        Args:
            iterations: int64 scalar, the number of updates made so far.
            rate: float64 scalar, the learning rate.
            weight_decay: float.
            scale: float64 scalar that gradients are multiplied by, or None.
        """
        old = self._u_product.value
        base = 0.96 if self.schedule_decay is None else 0.96**self.schedule_decay
        hyper, product = update_hyper.nadam_hyper(
            iterations, rate, old, scale, weight_decay=weight_decay, constants=(self.beta_1, self.beta_2, base)
        )
        if self.gradient_accumulation_steps:
            steps = np.int64(self.gradient_accumulation_steps)
            due = ops.equal(ops.mod(ops.add(self._iterations, np.int64(1)), steps), np.int64(0))
            product = ops.where(due, product, old)
        self._u_product.assign(product)
        return hyper

    def update(self, param, grad, slots, hyper):
        param, m, v = update.nadam_update(
            param,
            grad,
            slots["momentum"],
            slots["velocity"],
            hyper,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )
        return param, {"momentum": m, "velocity": v}
