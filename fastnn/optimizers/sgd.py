"""SGD: gradient descent, with momentum."""

from typing import Any

from fastnn.core.errors import ArgumentError
from fastnn.ops.records import update
from fastnn.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent: w -= lr g; with momentum m = momentum m - lr g, w += m; Nesterov: w += momentum m - lr g.

    Args:
        momentum: float in [0, 1]: share of the step before in this one.
        nesterov: whether the momentum looks ahead.

    Source: Sutskever et al., On the Importance of Initialization and Momentum, 2013.

    >>> import numpy as np
    >>> from fastnn.graph import Variable
    >>> v = Variable([1.0], name="v")
    >>> SGD(0.5).apply([np.array([1.0], "float32")], [v])
    >>> float(v.numpy()[0])
    0.5
    """

    settings = ("momentum", "nesterov")
    own_checks = ("momentum",)

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if isinstance(momentum, bool) or not isinstance(momentum, (int, float)) or not 0 <= momentum <= 1:
            raise ArgumentError(f"`momentum` must be a float between [0, 1]. Received: momentum={momentum!r}.")
        self.momentum, self.nesterov = float(momentum), bool(nesterov)

    def slot_groups(self):
        """momentum, if there is any."""
        return [[("momentum", "zeros")]] if self.momentum else []

    def constants(self):
        """momentum."""
        return (self.momentum,)

    def update(self, param, grad, slots, hyper):
        if not self.momentum:
            return update.sgd_update(param, grad, hyper), {}
        param, m = update.sgd_momentum_update(param, grad, slots["momentum"], hyper, nesterov=self.nesterov)
        return param, {"momentum": m}
