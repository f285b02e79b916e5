"""EarlyStopping: stop when a monitored value no longer improves."""

import warnings
from typing import Any

from fastnn.callbacks.console import say
from fastnn.callbacks.monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops training when `logs[monitor]` has not improved for some epochs.

    NaN is never an improvement. A missing monitor warns and is not counted. An instance can be used again.

    Args:
        monitor: a name in the logs, such as "val_loss" or "accuracy".
        min_delta: the smallest change that counts, a number >= 0.
        patience: how many epochs without improvement are waited for, an int.
        verbose: 1 says when it stops, 0 does not.
        mode: "min" or "max": which way is better; "auto": as the metric says.
        baseline: a number: an improvement ends the wait only if the value is better than it, too; None: any does.
        restore_best_weights: whether to put the weights of the best epoch back at the end, whether or not training was
            stopped.
        start_from_epoch: epochs before it, counted from 0, are not looked at.

    Raises ArgumentError where nothing says which way is better.

    >>> stop = EarlyStopping(monitor="loss", patience=1)
    >>> stop.patience
    1
    """

    state = ("best", "best_epoch", "best_weights", "wait", "stopped_epoch")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: Any = 0,
        patience: int = 0,
        verbose: Any = 0,
        mode: str = "auto",
        baseline: Any = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights = None

    def on_train_begin(self, logs=None):
        """Forget everything about an earlier run.

        Args:
            logs: not used.
        """
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch, logs=None):
        """Compare the monitored value with the best one.

        Args:
            epoch: its number, from 0.
            logs: the monitored value is in them.
        """
        self._know_direction()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """Put the best weights back, if asked for.

        Args:
            logs: not used.
        """
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping\n")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.\n")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs):
        """logs[monitor], or None with a warning.

        Args:
            logs: those of an epoch.
        """
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. Available "
                f"metrics are: {','.join(logs or {})}",
                stacklevel=2,
            )
        return value
