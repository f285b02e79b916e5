"""ModelCheckpoint: save the model, or its weights, while it trains."""

import os
import warnings
from os import PathLike
from typing import Any

import numpy as np

from fastnn.callbacks.callback import overridden
from fastnn.callbacks.console import say
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.core.errors import ArgumentError, UnknownPathError


class BatchCounter:
    """Counts batches across epochs: `step(batch)` is True every `every` batches."""

    def __init__(self, every):
        self.every, self.count, self.last = every, 0, None

    def step(self, batch):
        """Batch number `batch` (from 0 in each epoch) is done."""
        self.count += batch + 1 if self.last is None or batch <= self.last else batch - self.last
        self.last = batch
        if self.count < self.every:
            return False
        self.count = 0
        return True


def _counted(callback):
    """[batches since the last saving, the last batch] of a callback that counts batches, else None."""
    counter = callback._counter
    return None if counter is None else [counter.count, counter.last]


def _count_on(callback, state):
    if callback._counter is not None and state is not None:
        callback._counter.count, callback._counter.last = state


counted = property(_counted, _count_on, doc="Where the count of batches is, for a run that goes on.")


def check_save_freq(save_freq):
    """`save_freq` if it is "epoch" or an int >= 1, else ArgumentError."""
    good = save_freq == "epoch" or (isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq >= 1)
    if not good:
        raise ArgumentError(
            f"Invalid value for argument `save_freq`. Unrecognized save_freq: {save_freq!r}. "
            "Expected save_freq are 'epoch' or integer values."
        )
    return save_freq


class ModelCheckpoint(MonitorCallback):
    """Saves the model after every epoch, or every so many batches.

    NaN is never better. Files are written whole to a temporary name and renamed.

    Args:
        filepath: ends in ".keras" or ".h5" (the model), or ".weights.h5" (with save_weights_only=True); may name logs:
            "model-{epoch:02d}-{val_loss:.2f}.keras" (epoch counts from 1).
        monitor: a name in the logs, for save_best_only.
        verbose: 1 says what it does, 0 does not.
        save_best_only: whether to save only when the monitored value is better than ever.
        save_weights_only: whether to save the weights alone.
        mode: "min" or "max": which way is better; "auto": as the metric says.
        save_freq: "epoch", or an int: batches between two savings.
        initial_value_threshold: the value to beat at first, or None.
        period: epochs between two savings (an older argument).

    Raises ArgumentError for another ending or save_freq.

    >>> ModelCheckpoint("best.keras", save_best_only=True).monitor
    'val_loss'
    """

    state, counted = ("best", "counted", "_waited"), counted
    weights_endings, model_endings = (".weights.h5",), (".keras", ".h5", ".hdf5")
    into_folders = False  # whether a name without an ending is that of a folder, which holds a model

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: Any = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: Any = None,
        period: int = 1,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq = check_save_freq(save_freq)
        self.period, self._waited = period, 0
        self._epoch = 0
        self._counter = None if save_freq == "epoch" else BatchCounter(save_freq)
        if save_weights_only and not self.filepath.endswith(self.weights_endings):
            raise ArgumentError(
                "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must "
                f"end in `.weights.h5` (Keras weights format). Received: filepath={self.filepath}."
            )
        if not save_weights_only and not self.filepath.endswith(self.model_endings):
            raise ArgumentError(
                f"The filepath provided must end in `.keras` (Keras model format). Received: filepath={self.filepath}."
            )

    def wants_batches(self, kind):
        """Only for training, and only with an integer save_freq (or in a subclass with batch hooks).

        Args:
            kind: "train", "test" or "predict".
        """
        own = type(self).on_train_batch_end is ModelCheckpoint.on_train_batch_end
        others = any(overridden(self, h) for h in ("on_batch_begin", "on_batch_end", "on_train_batch_begin"))
        return super().wants_batches(kind) and (kind != "train" or self._counter is not None or others or not own)

    def on_epoch_begin(self, epoch, logs=None):
        """Remember the epoch for the file's name.

        Args:
            epoch: its number, from 0.
            logs: not used.
        """
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Save every save_freq batches.

        Args:
            batch: its number in the epoch, from 0.
            logs: for the file's name, and the monitored value.
        """
        if self._counter is not None and self._counter.step(batch):
            self._save_model(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch, logs=None):
        """Save after the epoch, if it is due.

        Args:
            epoch: its number, from 0.
            logs: for the file's name, and the monitored value.
        """
        self._waited += 1
        if self.save_freq == "epoch" and self._waited >= self.period:
            self._waited = 0
            self._save_model(epoch, None, logs or {})

    def _save_model(self, epoch, batch=None, logs=None):
        logs = logs or {}
        path = self._get_file_path(epoch, batch, logs)
        if not self._should_save_model(epoch, batch, logs, path):
            return
        if os.path.isdir(path) and not self.into_folders:
            raise IsADirectoryError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an "
                f"existing directory: {path}"
            )
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: finished saving model to {path}\n")

    def _should_save_model(self, epoch, batch, logs, filepath):
        if not self.save_best_only:
            self._say(epoch, f"saving model to {filepath}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Can save best model only with {self.monitor} available. Available are: {','.join(logs)}.",
                stacklevel=4,
            )
            return True
        if np.ndim(current) > 0:
            warnings.warn(
                f"Can save best model only when `monitor` is a scalar value. Received: {current}. Falling "
                "back to `save_best_only=False`.",
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {filepath}")
        self.best = current
        return True

    def _say(self, epoch, text):
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: {text}\n")

    def _get_file_path(self, epoch, batch=None, logs=None):
        logs = logs or {}
        values = type(logs)({"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs})
        try:
            return self.filepath.format_map(values)
        except KeyError as error:
            raise UnknownPathError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error} '
                f"is not among the logs: {', '.join(values)}."
            ) from None
