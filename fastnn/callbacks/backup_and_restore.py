"""BackupAndRestore: go on after a crash where the last backup was made."""
import json
import os
import shutil

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.model_checkpoint import BatchCounter, check_save_freq
from fastnn.core.errors import ArgumentError, FileFormatError, NotBuiltError


class BackupAndRestore(Callback):
    """Keeps a backup of the weights and the optimizer; a new `fit` with the same folder goes on from it.

    backup_dir: a folder of its own.  save_freq: "epoch", or an int (batches).  double_checkpoint: keep the backup
    before
    the last one too, and use it where the last one cannot be read.  delete_checkpoint: remove the folder when
    training has ended.

    Training goes on at the beginning of the epoch after the last complete one.

    >>> BackupAndRestore("backup").save_freq
    'epoch'
    """

    def __init__(self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True):
        super().__init__()
        if not backup_dir:
            raise ArgumentError("Empty `backup_dir` argument passed.")
        self.backup_dir, self.save_freq = os.fspath(backup_dir), check_save_freq(save_freq)
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._weights = os.path.join(self.backup_dir, "latest.weights.h5")
        self._meta = os.path.join(self.backup_dir, "training_metadata.json")
        self._counter = None if save_freq == "epoch" else BatchCounter(save_freq)
        self._epoch = self._batch = 0

    def wants_batches(self, kind):
        """Only for training with an integer save_freq."""
        return kind == "train" and self._counter is not None

    def on_train_begin(self, logs=None):
        """Take up the last backup, if there is one."""
        if not self.model.built:
            raise NotBuiltError("To use the BackupAndRestore callback, your model must be built before you call "
                                "`fit()`. "
                                "Give it an Input, or call it on a batch of data first.")
        try:
            self._load(self._weights, self._meta)
        except (OSError, FileFormatError):
            if not os.path.exists(self._weights + ".bkp"):
                raise
            self._load(self._weights + ".bkp", self._meta + ".bkp")

    def _load(self, weights, meta):
        if not os.path.exists(weights):
            return
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        source = weights
        if weights.endswith(".bkp"):            # weights are read by their ending
            source = weights[:-len(".bkp")]
            shutil.copy(weights, source)
        self.model.load_weights(source)
        if os.path.exists(meta):
            with open(meta, encoding="utf-8") as file:
                self._epoch = int(json.load(file)["epoch"])
            self.model._initial_epoch = self._epoch

    def on_epoch_begin(self, epoch, logs=None):
        """Remember the epoch."""
        self._epoch, self._batch = epoch, 0

    def on_train_batch_end(self, batch, logs=None):
        """Back up every save_freq batches."""
        self._batch = batch
        if self._counter is not None and self._counter.step(batch):
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        """Back up after the epoch."""
        self._epoch, self._batch = epoch + 1, 0
        if self.save_freq == "epoch":
            self._save()

    def _save(self):
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._meta):
                if os.path.exists(path):
                    shutil.copy(path, path + ".bkp")
        self.model.save_weights(self._weights, overwrite=True)
        temporary = f"{self._meta}.tmp-{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump({"epoch": self._epoch, "batch": self._batch}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._meta)

    def on_train_abort(self, reason=None, logs=None):
        """Training broke off: this is what the backup is kept for."""

    def on_train_end(self, logs=None):
        """Training is done: the backup is not needed any more."""
        if self.delete_checkpoint and os.path.isdir(self.backup_dir):
            shutil.rmtree(self.backup_dir)
