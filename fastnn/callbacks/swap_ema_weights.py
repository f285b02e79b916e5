"""SwapEMAWeights: evaluate with the averaged weights."""

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.learning_rate import parts_of
from fastnn.core.errors import ArgumentError


class SwapEMAWeights(Callback):
    """Puts the optimizer's moving averages into the model for evaluation and prediction, and takes them out after.
    Needs an optimizer with use_ema=True.

    Args:
        swap_on_epoch: whether also at the end of every epoch, so that checkpoints made there hold the averages.

    >>> SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
    True
    """

    state = ("_swapped",)

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch, self._swapped = swap_on_epoch, False

    def _averages(self):
        parts = [part for _, part in parts_of(self.model.optimizer)]
        found = [part for part in parts if getattr(part, "use_ema", False) and getattr(part, "built", False)]
        if not found:
            raise ArgumentError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. Received: "
                f"use_ema={', '.join(str(getattr(part, 'use_ema', None)) for part in parts)}."
            )
        return [pair for part in found for pair in zip(part.trainable_variables, part.averages)]

    def _swap(self, to):
        if self._swapped == to:
            return
        for variable, average in self._averages():
            kept = variable.numpy()
            variable.assign(average.numpy())
            average.assign(kept)
        self._swapped = to

    def on_epoch_begin(self, epoch, logs=None):
        """Train with the weights themselves.

        Args:
            epoch, logs: not used.
        """
        self._swap(False)

    def on_epoch_end(self, epoch, logs=None):
        """Leave the averages in the model, if asked for.

        Args:
            epoch, logs: not used.
        """
        if not self.swap_on_epoch:
            return
        self._swap(True)
        if epoch == self.params["epochs"] - 1:
            for variable, average in self._averages():
                average.assign(variable.numpy())

    def on_test_begin(self, logs=None):
        """Evaluate with the averages.

        Args:
            logs: not used.
        """
        self._swap(True)

    def on_test_end(self, logs=None):
        """Back to the weights.

        Args:
            logs: not used.
        """
        self._swap(False)

    def on_predict_begin(self, logs=None):
        """Predict with the averages.

        Args:
            logs: not used.
        """
        self._swap(True)

    def on_predict_end(self, logs=None):
        """Back to the weights.

        Args:
            logs: not used.
        """
        self._swap(False)
