"""OrbaxCheckpoint: a numbered checkpoint after every epoch, or every so many batches."""

import warnings
from os import PathLike
from typing import Any

from fastnn.callbacks.model_checkpoint import BatchCounter, check_save_freq, counted
from fastnn.callbacks.monitor import MonitorCallback
from fastnn.core.arguments import count
from fastnn.core.types import Logs


class OrbaxCheckpoint(MonitorCallback):
    """Keeps numbered checkpoints of the model, its optimizer and its compile arguments in a folder.

    The files are fastnn's own, `directory/7/model.keras`, and not Orbax's, which hold arrays of JAX.
    `keras.saving.load_model(directory)` gives the model of the newest one, `model.load_weights(directory)` sets its
    weights; both take the folder of one step, too. An epoch's number counts from 0, a batch's from 1 over all epochs; a
    model that has been trained goes on behind the last number of the folder.
    To go on in the middle of an epoch, with the bits of a run that was not interrupted, use BackupAndRestore.

    Args:
        directory: the folder.
        monitor: a name in the logs, for save_best_only.
        verbose: accepted for Keras's sake; nothing is shown.
        save_best_only: whether to save only when the monitored value is better than ever.
        mode: "min" or "max": which way is better; "auto": as the metric says.
        save_freq: "epoch", or an int: batches between two savings.
        initial_value_threshold: the value to beat at first, or None.
        max_to_keep: how many checkpoints stay, the newest ones; None: all.
        save_on_background: whether a second thread writes, while training goes on.
        save_weights_only: whether to save the weights alone, without the optimizer's state.

    Raises ArgumentError for another save_freq or max_to_keep; in training StepExistsError, a FileExistsError, for a
    folder of another run that has come as far.

    >>> OrbaxCheckpoint("checkpoints", save_best_only=True).monitor
    'val_loss'
    """

    state, counted = ("best", "counted", "seen"), counted

    def __init__(
        self,
        directory: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: Any = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.directory, self.verbose, self.save_best_only = directory, verbose, save_best_only
        self.save_freq, self.max_to_keep = check_save_freq(save_freq), max_to_keep
        self.save_on_background, self.save_weights_only = save_on_background, save_weights_only
        self._counter = None if save_freq == "epoch" else BatchCounter(save_freq)
        self._batches = BatchCounter(1 << 62)
        if max_to_keep is not None:
            count("max_to_keep", max_to_keep)
        self.checkpointer: Any = None
        self._goes_on, self._shift = False, None

    def wants_batches(self, kind: str) -> bool:
        """Only for training, and only with an integer save_freq (or in a subclass with batch hooks).

        Args:
            kind: "train", "test" or "predict".
        """
        own = type(self).on_train_batch_end is OrbaxCheckpoint.on_train_batch_end
        return super().wants_batches(kind) and (kind != "train" or self._counter is not None or not own)

    def set_model(self, model: Any) -> None:
        """Take the model, and the number of batches that it has seen.

        Args:
            model: the Model.
        """
        super().set_model(model)
        self.checkpointer = model._keep_steps(self.directory, self.max_to_keep, self.save_on_background)
        optimizer = getattr(model, "optimizer", None)
        if optimizer is not None:
            self._batches.count = int(optimizer.iterations)
            self._goes_on = self._batches.count > 0

    @property
    def seen(self):
        """The number of batches in all, and the last one, for a run that goes on."""
        return [self._batches.count, self._batches.last]

    @seen.setter
    def seen(self, state):
        self._batches.count, self._batches.last = state

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Make the folder.

        Args:
            logs: not used.
        """
        self.checkpointer.open()
        self._shift = None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save every save_freq batches.

        Args:
            batch: its number in the epoch, from 0.
            logs: for the monitored value.
        """
        if self._counter is None:
            return
        self._batches.step(batch)
        if self._counter.step(batch) and self._better(logs or {}, f"batch {batch}"):
            self._save_checkpoint(self._batches.count, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save after the epoch, unless batches are counted.

        Args:
            epoch: its number, from 0.
            logs: for the monitored value.
        """
        if self._counter is None and self._better(logs or {}, f"epoch {epoch}"):
            shift = self._shift
            if shift is None:  # epochs of a trained model go on behind those of the run that the folder is of
                last = self.checkpointer.last
                shift = self._shift = last + 1 - epoch if self._goes_on and epoch <= last else 0
            self._save_checkpoint(epoch + shift, logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Wait until all checkpoints are written.

        Args:
            logs: not used.
        """
        self.checkpointer.close()

    def on_train_abort(self, reason: Any = None, logs: Logs | None = None) -> None:
        """Wait likewise, whatever the reason.

        Args:
            reason: the exception.
            logs: not used.
        """
        self.checkpointer.close()

    def wait_until_finished(self) -> None:
        """Wait until all checkpoints are written."""
        self.checkpointer.wait()

    def is_multihost_enabled(self) -> bool:
        """Whether several processes write one checkpoint together: never, the first one does."""
        return False

    def is_primary_host(self) -> bool:
        """Whether this process writes checkpoints: callbacks run in the first process alone."""
        return True

    def _save_checkpoint(self, step, logs=None):
        self.checkpointer.save(step, whole=not self.save_weights_only)

    def _better(self, logs, when):
        if not self.save_best_only:
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Can save best model only with {self.monitor} available, skipping save at {when}. Available are: "
                f"{','.join(logs)}.",
                stacklevel=4,
            )
            return False
        if not self._is_improvement(current, self.best):
            return False
        self.best = current
        return True
