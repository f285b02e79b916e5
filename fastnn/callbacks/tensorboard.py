"""TensorBoard: event files for TensorBoard, written by the package tensorboardX where it is installed."""

import importlib
import json
import os
import time
from os import PathLike
from typing import Any

import numpy as np

from fastnn.callbacks.callback import Callback, overridden
from fastnn.callbacks.event_files import SummaryWriter, summary_writer
from fastnn.callbacks.learning_rate import log_rates
from fastnn.core.errors import ArgumentError
from fastnn.core.extras import missing

TABLE = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"  # what Keras calls every embedding


class TensorBoard(Callback):
    """Writes the logs of every epoch (and weight histograms, if asked for) as TensorBoard event files.

    Args:
        log_dir: folder; training goes to <log_dir>/train, validation to <log_dir>/validation, as Keras's.
        histogram_freq: epochs between two histograms of all weights, 0 = none.
        write_images: whether to write weights as images with the histograms (tensorboardX needs Pillow then).
        write_steps_per_second: whether to write the speed, too.
        update_freq: "epoch", "batch" or an int: batches between two entries.
        embeddings_freq: epochs between two files of weights for the projector, 0 = none.
        embeddings_metadata: the file that names the rows of the Embedding layers, or {layer name: file}.
        write_graph, profile_batch: Keras's arguments, of no effect.

    Raises ArgumentError for a name in embeddings_metadata that no Embedding has; NotSupportedError at the start of
    training where tensorboardX is there, and Pillow is not, for images.

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
        self.write_images, self.write_steps_per_second = write_images, write_steps_per_second
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        self._writers, self._step, self._started, self._batch_started, self._in_fit = {}, 0, 0.0, 0.0, False

    def wants_batches(self, kind):
        """Only for training with update_freq "batch" or an int (or in a subclass with batch hooks).

        Args:
            kind: "train", "test" or "predict".
        """
        own = all(getattr(type(self), h) is getattr(TensorBoard, h) for h in _BATCH_HOOKS)
        others = any(overridden(self, h) for h in ("on_batch_begin", "on_batch_end"))
        return super().wants_batches(kind) and (kind != "train" or self.update_freq != "epoch" or others or not own)

    def set_model(self, model):
        """Take the model, and say what the projector shows of it.

        Args:
            model: the Model.
        """
        super().set_model(model)
        if self.embeddings_freq:
            self._configure_projector()

    def _configure_projector(self):
        names = [layer.name for layer in self.model.layers if hasattr(layer, "embeddings_initializer")]
        given = self.embeddings_metadata
        files = dict.fromkeys(names, given) if given is None or isinstance(given, str) else dict(given)
        unknown = sorted(files.keys() - set(names))
        if unknown:
            raise ArgumentError(
                "Unrecognized `Embedding` layer names passed to `keras.callbacks.TensorBoard` `embeddings_metadata` "
                f"argument: {unknown}. The model has {names}."
            )
        os.makedirs(self.log_dir, exist_ok=True)
        with open(os.path.join(self.log_dir, "projector_config.pbtxt"), "w", encoding="utf-8") as file:
            for name in names:
                path = files.get(name)
                rows = "" if path is None else f"  metadata_path: {json.dumps(os.fspath(path))}\n"
                file.write(f'embeddings {{\n  tensor_name: "{TABLE}"\n{rows}}}\n')

    def _writer(self, name):
        if name not in self._writers:
            self._writers[name] = summary_writer(os.path.join(self.log_dir, name))
        return self._writers[name]

    def on_train_begin(self, logs=None):
        """Open the files (so that what is missing shows now, not after an epoch).

        Args:
            logs: not used.
        """
        self._step, self._in_fit = 0, True
        own = isinstance(self._writer("train"), SummaryWriter)
        if self.write_images and not own:
            try:
                importlib.import_module("PIL")
            except ImportError:
                raise missing("TensorBoard(write_images=True)", "images") from None

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock.

        Args:
            epoch, logs: not used.
        """
        self._started, self._step_at_start = time.perf_counter(), self._step

    def on_train_batch_begin(self, batch, logs=None):
        """Start the clock of the batch.

        Args:
            batch, logs: not used.
        """
        self._batch_started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Write the running logs every update_freq batches.

        Args:
            batch: its number in the epoch, from 0.
            logs: {name: float}.
        """
        self._step += 1
        if self.update_freq != "epoch" and self._step % self.update_freq == 0:
            speed = 1 / max(time.perf_counter() - self._batch_started, 1e-9)
            more = {"steps_per_second": speed} if self.write_steps_per_second else {}
            for name, value in {**more, **(logs or {})}.items():
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
                self._writer("train").add_histogram(f"{weight.path}/histogram", weight.numpy(), epoch)
                image = picture(weight.numpy()) if self.write_images else None
                if image is not None:
                    self._writer("train").add_images(f"{weight.path}/image", image, epoch, dataformats="NHWC")
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            name = f"keras_embedding.ckpt-{epoch}.weights.h5"
            os.makedirs(os.path.join(self.log_dir, "train"), exist_ok=True)
            self.model.save_weights(os.path.join(self.log_dir, "train", name))

    def on_test_end(self, logs=None):
        """Write the results of an evaluation, by the number of steps trained.

        Args:
            logs: {name: float}.
        """
        steps = getattr(getattr(self.model, "optimizer", None), "iterations", None)
        if steps is not None:
            for name, value in (logs or {}).items():
                self._writer("validation").add_scalar(f"evaluation_{name}_vs_iterations", value, int(steps))
        if not self._in_fit:
            self.on_train_end()

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
        self._writers, self._in_fit = {}, False


_BATCH_HOOKS = "on_train_batch_begin", "on_train_batch_end", "on_test_batch_begin", "on_test_batch_end"


def picture(weight):
    """A weight as images (n, height, width, 1) of [0, 1], as Keras shows it: a row for a vector, the wide way for a
    matrix, one image for each slice along the last of three axes; None for more axes.

    >>> picture(np.zeros((5, 3))).shape, picture(np.zeros(4)).shape, picture(np.zeros((3, 3, 1, 8))).shape
    ((1, 3, 5, 1), (1, 4, 1, 1), (8, 3, 3, 1))
    """
    w = np.squeeze(weight)
    if w.ndim == 1:
        w = w.reshape(1, -1, 1, 1)
    elif w.ndim == 2:
        w = (w.T if w.shape[0] > w.shape[1] else w)[None, :, :, None]
    elif w.ndim == 3:
        w = w.transpose(2, 0, 1)[:, :, :, None]
    elif w.ndim != 4 or w.shape[-1] not in (1, 3, 4):
        return None
    return np.clip(w.astype("float32"), 0, 1)
