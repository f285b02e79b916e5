"""TensorBoard: event files for TensorBoard, written by the small package tensorboardX."""

import importlib
import os
import time
from os import PathLike
from typing import Any

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.learning_rate import log_rates
from fastnn.core.extras import missing


class TensorBoard(Callback):
    """Writes the logs of every epoch (and weight histograms, if asked for) as TensorBoard event files.

    Args:
        log_dir: folder; training goes to <log_dir>/train, validation to <log_dir>/validation, as Keras's.
        histogram_freq: epochs between two histograms of all weights, 0 = none.
        write_steps_per_second: whether to write the speed, too.
        update_freq: "epoch", "batch" or an int: batches between two entries.
        write_graph, write_images, profile_batch, embeddings_freq, embeddings_metadata: Keras's arguments, of no effect.

    Raises NotSupportedError at the start of training where tensorboardX is not installed.

    >>> TensorBoard("logs").update_freq
    'epoch'
    """

    state = ("_step",)

    def __init__(
        self,
        log_dir: str | PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        self.log_dir, self.histogram_freq = os.fspath(log_dir), histogram_freq
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.write_steps_per_second = write_steps_per_second
        self._writers, self._step, self._started = {}, 0, 0.0

    def wants_batches(self, kind):
        """Only for training with update_freq "batch" or an int.

        Args:
            kind: "train", "test" or "predict".
        """
        return kind == "train" and self.update_freq != "epoch"

    def _writer(self, name):
        if name not in self._writers:
            try:
                module = importlib.import_module("tensorboardX")
            except ImportError:
                raise missing("The callback TensorBoard", "tensorboard", "Or use CSVLogger.") from None
            self._writers[name] = module.SummaryWriter(os.path.join(self.log_dir, name))
        return self._writers[name]

    def on_train_begin(self, logs=None):
        """Open the files (so that a missing package shows now, not after an epoch).

        Args:
            logs: not used.
        """
        self._step = 0
        self._writer("train")

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock.

        Args:
            epoch, logs: not used.
        """
        self._started, self._step_at_start = time.perf_counter(), self._step

    def on_train_batch_end(self, batch, logs=None):
        """Write the running logs every update_freq batches.

        Args:
            batch: its number in the epoch, from 0.
            logs: {name: float}.
        """
        self._step += 1
        if self.update_freq != "epoch" and self._step % self.update_freq == 0:
            for name, value in (logs or {}).items():
                self._writer("train").add_scalar(f"batch_{name}", value, self._step)

    def on_epoch_end(self, epoch, logs=None):
        """Write the logs, the learning rate and histograms.

        Args:
            epoch: its number, from 0.
            logs: {name: float}.
        """
        for name, value in (logs or {}).items():
            validation = name.startswith("val_")
            tag = name.removeprefix("val_")
            self._writer("validation" if validation else "train").add_scalar(f"epoch_{tag}", value, epoch)
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None:
            for name, rate in self._collect_learning_rate({}).items():
                self._writer("train").add_scalar(f"epoch_{name}", rate, epoch)
        if self.write_steps_per_second and self.params and self.params.get("steps"):
            seconds = time.perf_counter() - self._started
            self._writer("train").add_scalar("epoch_steps_per_second", self.params["steps"] / max(seconds, 1e-9), epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for weight in self.model.weights:
                self._writer("train").add_histogram(weight.path, weight.numpy(), epoch)

    def _collect_learning_rate(self, logs):
        """The logs with the learning rates."""
        return log_rates(self.model.optimizer, logs)

    def on_train_abort(self, reason=None, logs=None):
        """Close the files, whatever the reason.

        Args:
            reason: the exception.
            logs: not used.
        """
        self.on_train_end(logs)

    def on_train_end(self, logs=None):
        """Close the files.

        Args:
            logs: not used.
        """
        for writer in self._writers.values():
            writer.close()
        self._writers = {}
