"""BackupAndRestore: go on after a crash where the last checkpoint was made."""

import contextlib
import datetime
import json
import os
import re
from os import PathLike
from typing import Any

from fastnn.callbacks.callback import Callback
from fastnn.core.arguments import count, whole
from fastnn.core.errors import ArgumentError, FileFormatError, NotBuiltError

_SPAN = re.compile(r"(\d+(?:\.\d+)?) *(s|min|h)")
NOTES = 1 << 16  # bytes; Keras writes some thirty
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def frequency(save_freq):
    """(at the end of each epoch, every so many batches or None, every so many seconds or None).

    save_freq: "epoch"; an int: batches; a timedelta, or text such as "30s", "5min", "1h": time.  Raises ArgumentError
    for anything else.

    >>> frequency("epoch"), frequency(100), frequency("5min")
    ((True, None, None), (False, 100, None), (False, None, 300.0))
    """
    if isinstance(save_freq, str):
        if save_freq == "epoch":
            return True, None, None
        span = _SPAN.fullmatch(save_freq)
        if span:
            save_freq = datetime.timedelta(seconds=float(span[1]) * _SECONDS[span[2]])
    if isinstance(save_freq, datetime.timedelta) and save_freq.total_seconds() > 0:
        return False, None, save_freq.total_seconds()
    if isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq >= 1:
        return False, int(save_freq), None
    raise ArgumentError(
        f"Invalid value for argument `save_freq`. Received: save_freq={save_freq!r}. Expected either 'epoch', an "
        "integer value (batches), or a time: a datetime.timedelta, or text such as '30s', '5min' or '1h'."
    )


def _epoch_of_keras(path):
    """The epoch that Keras's notes beside its weights name; FileFormatError where they name none."""
    found = None
    with open(path, "rb") as file, contextlib.suppress(ValueError, RecursionError):  # not JSON; of no end of depth
        found = json.loads(file.read(NOTES))
    epoch = whole(found.get("epoch")) if isinstance(found, dict) else None
    if epoch is None or not 0 <= epoch < 1 << 31:
        raise FileFormatError(
            f"{path!r} names no epoch; expected the notes that Keras's BackupAndRestore writes, such as "
            '{"epoch": 3, "batch": 0}. Remove the folder to begin anew.'
        )
    return epoch


class BackupAndRestore(Callback):
    """Keeps checkpoints of the whole run; a new `fit` with the same folder goes on from the last one.

    A checkpoint holds weights, the optimizer's state, the position in the data, the order of its rows, every random
    stream, the metrics of the epoch, the history and the state of all callbacks: training goes on at the very batch,
    with the bits of a run that was not interrupted. It is one file, written at once, by a second thread. SIGTERM writes
    one, too, and ends the process with status 143, unless it has a handler of yours.

    Args:
        backup_dir: a folder of its own.
        save_freq: "epoch"; an int (batches); or a time: a timedelta, or text such as "30s", "5min", "1h".
        double_checkpoint: as keep=2, at least.
        delete_checkpoint: whether to remove the folder when training has ended.
        keep: how many checkpoints stay; where the last one cannot be read, the one before it is used, with a warning.

    Raises NotBuiltError at the start of training for a model without weights, FolderInUseError for a folder that
    another run writes to, FileFormatError for checkpoints that are damaged or of another model, ArgumentError for one
    of a run on other data.

    >>> BackupAndRestore("backup", save_freq="30s").when
    (False, None, 30.0)
    """

    def __init__(
        self,
        backup_dir: str | PathLike[str],
        save_freq: str | int | datetime.timedelta = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        keep: int = 2,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ArgumentError("Empty `backup_dir` argument passed.")
        self.backup_dir, self.save_freq, self.when = os.fspath(backup_dir), save_freq, frequency(save_freq)
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self.keep = max(count("keep", keep), 2 if double_checkpoint else 1)

    def wants_batches(self, kind: str) -> bool:
        """Never: `fit` itself keeps checkpoints, between batches.

        Args:
            kind: "train", "test" or "predict".
        """
        return False

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the folder, and find the last checkpoint, if there is one.

        Args:
            logs: not used.
        """
        if not self.model.built:
            raise NotBuiltError(
                "To use the BackupAndRestore callback, your model must be built before you call "
                "`fit()`. Give it an Input, or call it on a batch of data first."
            )
        if not self.model._keep_backups(self.backup_dir, self.when, self.keep, bool(self.delete_checkpoint)):
            self._load_keras()

    def _load_keras(self):
        """Weights and the number of the epoch, where Keras has left them."""
        weights, meta = (os.path.join(self.backup_dir, f) for f in ("latest.weights.h5", "training_metadata.json"))
        for end in ("", ".bkp"):
            if not os.path.exists(weights + end):
                return
            if self.model.optimizer is not None and not self.model.optimizer.built:
                self.model.optimizer.build(self.model.trainable_variables)
            try:
                epoch = _epoch_of_keras(meta + end) if os.path.exists(meta + end) else None
                self.model.load_weights(weights + end)
            except (OSError, FileFormatError):
                if end or not os.path.exists(weights + ".bkp"):
                    raise
                continue
            if epoch is not None:
                self.model._initial_epoch = epoch
            return

    def on_train_abort(self, reason: Any = None, logs: Any = None) -> None:
        """Training broke off: this is what the checkpoints are kept for.

        Args:
            reason, logs: not used.
        """
