"""Callbacks that change the learning rate between epochs."""

import warnings
from typing import Any

import numpy as np

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.console import say
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.core.arguments import near
from fastnn.core.errors import ArgumentError, ArgumentTypeError


def parts_of(optimizer):
    """[(what log names and messages end in, optimizer)]: one pair, or one for each optimizer of a MultiOptimizer."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    parts = getattr(optimizer, "optimizers", None)
    return [("", optimizer)] if parts is None else [(f"_{part.name}", part) for part in parts]


def log_rates(optimizer, logs):
    """Put the learning rates into the logs: "learning_rate", or "learning_rate_<name>" of several optimizers."""
    for suffix, part in parts_of(optimizer):
        logs[f"learning_rate{suffix}"] = learning_rate_of(part)
    return logs


def learning_rate_of(optimizer):
    """The learning rate of an optimizer as a float; ArgumentError if it has none."""
    if not hasattr(optimizer, "learning_rate"):
        raise ArgumentError('Optimizer must have a "learning_rate" attribute.')
    return float(optimizer.learning_rate)


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
        schedule: a function (epoch from 0, current rate), or (epoch), that returns a float.
        verbose: 1 says what it sets, 0 does not.

    Raises ArgumentError, in training, where it returns no float.

    >>> LearningRateScheduler(lambda epoch, lr: lr * 0.9).verbose
    0
    """

    state = ("_set_for",)

    def __init__(self, schedule: Any, verbose: Any = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise ArgumentTypeError(
                f"LearningRateScheduler: `schedule` must be a function of the epoch. Received: schedule={schedule!r}"
            )
        self.schedule, self.verbose = schedule, verbose
        self._set_for = None  # the epoch whose rate is set

    def on_train_begin(self, logs=None):
        """Each epoch of this run gets its rate.

        Args:
            logs: not used.
        """
        self._set_for = None

    def on_epoch_begin(self, epoch, logs=None):
        """Set the rate; a run that goes on inside an epoch has it already.

        Args:
            epoch: its number, from 0.
            logs: not used.
        """
        if epoch == self._set_for:
            return
        self._set_for = epoch
        for suffix, optimizer in parts_of(self.model.optimizer):
            self._set(epoch, optimizer, f"{suffix[1:]} " if suffix else "")

    def _set(self, epoch, optimizer, whose):
        current = learning_rate_of(optimizer)
        try:
            rate = self.schedule(epoch, current)
        except TypeError:
            rate = self.schedule(epoch)
        if isinstance(rate, bool) or not hasattr(rate, "__float__") or np.size(rate) != 1:
            raise ArgumentError(f"The output of the `schedule` function should be a float. Got: {rate!r}.")
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {whose}learning rate to {float(rate)}.\n")

    def on_epoch_end(self, epoch, logs=None):
        """Note the rate in the logs, as "learning_rate".

        Args:
            epoch: not used.
            logs: get the rate.
        """
        if logs is not None:
            log_rates(self.model.optimizer, logs)


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when `logs[monitor]` has not improved for some epochs.

    NaN is never an improvement. The current rate is noted in the logs as "learning_rate".

    Args:
        monitor: a name in the logs.
        factor: a number < 1.
        patience: epochs without improvement, an int.
        verbose: 1 says what it sets, 0 does not.
        mode: "min" or "max": which way is better; "auto": as the metric says.
        min_delta: the smallest change that counts, a number >= 0.
        cooldown: epochs to wait after a reduction before looking again, an int.
        min_lr: the rate goes no lower.
        kwargs: epsilon: an older name of min_delta.

    Raises ArgumentError for a factor >= 1.

    >>> ReduceLROnPlateau(factor=0.5, patience=2).factor
    0.5
    """

    state = ("best", "wait", "cooldown_counter")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: Any = 0.1,
        patience: int = 10,
        verbose: Any = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=kwargs.pop("epsilon", min_delta))
        if kwargs:
            raise ArgumentError(
                f"ReduceLROnPlateau: arguments not recognized: {', '.join(kwargs)}.{near(kwargs, type(self))}"
            )
        if factor >= 1.0:
            raise ArgumentError(f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}.")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs=None):
        """Forget everything about an earlier run.

        Args:
            logs: not used.
        """
        self._reset()

    def _reset(self):
        """Keras's name, which derived classes replace."""
        self.best, self.wait, self.cooldown_counter = None, 0, 0

    def in_cooldown(self):
        """Whether a reduction was made less than `cooldown` epochs ago."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch, logs=None):
        """Compare the monitored value with the best one; reduce the rate if patience has run out.

        Args:
            epoch: its number, from 0.
            logs: the monitored value is in them; they get the rate.
        """
        self._know_direction()
        logs = {} if logs is None else logs
        log_rates(self.model.optimizer, logs)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                parts = parts_of(self.model.optimizer)
                reduced = [self._reduce(epoch, part, f"{s[1:]} " if s else "") for s, part in parts]
                if any(reduced):
                    self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch, optimizer, whose):
        """Set the smaller rate; False where min_lr has been reached (compared in float32, as the rate is kept)."""
        old = learning_rate_of(optimizer)
        if old <= float(np.float32(self.min_lr)):
            return False
        new = max(old * self.factor, self.min_lr)
        optimizer.learning_rate = new
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {whose}learning rate to {new}.\n")
        return True
