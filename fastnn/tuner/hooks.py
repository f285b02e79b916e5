"""What tells a Tuner of the epochs and batches of a trial."""

from __future__ import annotations

from typing import Any

from fastnn.callbacks import Callback


class TunerCallback(Callback):
    """Calls the tuner's on_epoch_begin, on_epoch_end, on_batch_begin and on_batch_end, with the trial and the model."""

    def __init__(self, tuner: Any, trial: Any) -> None:
        super().__init__()
        self.tuner, self.trial = tuner, trial

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Tell the tuner.

        Args:
            epoch: its number, from 0.
            logs: {name: float}.
        """
        self.tuner.on_epoch_begin(self.trial, self.model, epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Tell the tuner.

        Args:
            epoch: its number, from 0.
            logs: {name: float}.
        """
        self.tuner.on_epoch_end(self.trial, self.model, epoch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Tell the tuner.

        Args:
            batch: its number, from 0.
            logs: {name: float}.
        """
        self.tuner.on_batch_begin(self.trial, self.model, batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Tell the tuner.

        Args:
            batch: its number, from 0.
            logs: {name: float}.
        """
        self.tuner.on_batch_end(self.trial, self.model, batch, logs)
