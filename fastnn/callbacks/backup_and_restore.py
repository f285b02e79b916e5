"""BackupAndRestore: go on after a crash where the last backup was made."""

import json
import os
import shutil
from os import PathLike

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.model_checkpoint import BatchCounter, check_save_freq, counted
from fastnn.core.errors import ArgumentError, FileFormatError, NotBuiltError


class BackupAndRestore(Callback):
    """Keeps a backup of the whole run; a new `fit` with the same folder goes on from it.

    backup_dir: a folder of its own.  save_freq: "epoch", or an int (batches).  double_checkpoint: keep the backup
    before the last one too, and use it where the last one cannot be read.  delete_checkpoint: remove the folder when
    training has ended.

    A backup holds weights, the optimizer's state, the position in the data, the order of its rows, every random stream,
    the metrics of the epoch, the history and the state of all callbacks: training goes on at the very batch, with the
    bits of a run that was not interrupted.  It is one file, written at once.

    Raises NotBuiltError at the start of training for a model without weights, FileFormatError for a backup that is
    damaged or of another model.

    >>> BackupAndRestore("backup").save_freq
    'epoch'
    """

    state, counted = ("counted",), counted

    def __init__(
        self,
        backup_dir: str | PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ArgumentError("Empty `backup_dir` argument passed.")
        self.backup_dir, self.save_freq = os.fspath(backup_dir), check_save_freq(save_freq)
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._weights = os.path.join(self.backup_dir, "latest.weights.h5")
        self._meta = os.path.join(self.backup_dir, "training_metadata.json")
        self._counter = None if save_freq == "epoch" else BatchCounter(save_freq)
        self._epoch, self._due, self._listeners = 0, False, None

    def wants_batches(self, kind):
        """Only for training with an integer save_freq."""
        return kind == "train" and self._counter is not None

    def on_train_begin(self, logs=None):
        """Take up the last backup, if there is one."""
        if not self.model.built:
            raise NotBuiltError(
                "To use the BackupAndRestore callback, your model must be built before you call "
                "`fit()`. Give it an Input, or call it on a batch of data first."
            )
        try:
            self._load(self._weights, self._meta)
        except (OSError, FileFormatError):
            if not os.path.exists(self._weights + ".bkp"):
                raise
            self._load(self._weights + ".bkp", self._meta + ".bkp")

    def _load(self, weights, meta):
        if not os.path.exists(weights):
            return
        model = self.model
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        if not model._load_run(weights) and os.path.exists(meta):  # a backup of Keras
            with open(meta, encoding="utf-8") as file:
                model._initial_epoch = int(json.load(file)["epoch"])

    def after_train_begin(self, listeners, resume):
        """All callbacks have begun: now they take up their states."""
        self._listeners = listeners
        if resume is not None:
            listeners.load_state_dict(resume)

    def on_epoch_begin(self, epoch, logs=None):
        """Remember the epoch."""
        self._epoch = epoch

    def after_train_batch(self, batch):
        """Back up every save_freq batches; at the end of an epoch, when all callbacks have seen it."""
        if self._counter is not None and self._counter.step(batch):
            if self.params.get("steps") == batch + 1:
                self._due = True
            else:
                self._save(self._epoch, batch + 1)

    def after_epoch(self, epoch):
        """Back up after the epoch."""
        if self.save_freq == "epoch" or self._due:
            self._due = False
            self._save(epoch + 1, 0)

    def _save(self, epoch, batch):
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._meta):
                if os.path.exists(path):
                    shutil.copy(path, path + ".bkp")
        self.model._save_run(self._weights, epoch, batch, self._listeners.state_dict())
        with open(self._meta, "w", encoding="utf-8") as file:  # for people; nothing depends on it
            json.dump({"epoch": epoch, "batch": batch}, file)

    def on_train_abort(self, reason=None, logs=None):
        """Training broke off: this is what the backup is kept for."""

    def on_train_end(self, logs=None):
        """Training is done: the backup is not needed any more."""
        if self.delete_checkpoint and os.path.isdir(self.backup_dir):
            shutil.rmtree(self.backup_dir)
