"""TerminateOnNaN: stop when the loss is not a number any more."""

import math

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.console import say
from fastnn.core.errors import DivergedError


class TerminateOnNaN(Callback):
    """Stops training after the first batch whose loss is NaN or infinite.

    Args:
        raise_error: whether to raise DivergedError, a RuntimeError, instead: no `on_train_end` is called then, so
            that no callback can take the bad weights for good ones.

    >>> TerminateOnNaN(raise_error=True).raise_error
    True
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        """Look at the loss.

        Args:
            batch: its number in the epoch, from 0.
            logs: {"loss": float}.
        """
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise DivergedError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        say(f"Batch {batch}: Invalid loss, terminating training\n")
        self.model.stop_training = True
