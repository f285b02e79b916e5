"""CSVLogger: the logs of every epoch as a line of a file."""
import csv
import os
from collections.abc import Iterable

import numpy as np

from fastnn.callbacks.callback import Callback


class CSVLogger(Callback):
    """Writes the logs of every epoch as a line of a CSV file.

    filename: path.  separator: one character.  append: go on at the end of an existing file.

    Each line is flushed, so the file is whole up to the last epoch whatever happens.

    >>> CSVLogger("log.csv").append
    False
    """

    def __init__(self, filename, separator=",", append=False):
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.keys = self.csv_file = self.writer = None

    def on_train_begin(self, logs=None):
        """Open the file."""
        if self.csv_file and not self.csv_file.closed:
            self.csv_file.close()
        started = self.append and os.path.exists(self.filename) and os.path.getsize(self.filename) > 0
        self._header = not started
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="", encoding="utf-8")  # noqa: SIM115
        self.keys = self.writer = None

    def on_epoch_end(self, epoch, logs=None):
        """Write a line; the columns are those of the first epoch."""
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if self.keys and not any(k.startswith("val_") for k in self.keys):
                self.keys += [f"val_{k}" for k in self.keys]    # validation may begin in a later epoch
        if self.writer is None:
            self.writer = csv.DictWriter(self.csv_file, ["epoch", *self.keys], delimiter=self.sep, lineterminator="\n")
            if self._header:
                self.writer.writeheader()
        self.writer.writerow({"epoch": epoch, **{k: _text(logs.get(k, "NA")) for k in self.keys}})
        self.csv_file.flush()

    def on_train_end(self, logs=None):
        """Close the file."""
        if self.csv_file and not self.csv_file.closed:
            self.csv_file.close()
        self.writer = None


def _text(value):
    several = isinstance(value, Iterable) and not isinstance(value, str) and not (
        isinstance(value, np.ndarray) and value.ndim == 0)
    return f'"[{", ".join(map(str, value))}]"' if several else value
