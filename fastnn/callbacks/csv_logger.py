"""CSVLogger: the logs of every epoch as a line of a file."""

import csv
import os
from collections.abc import Iterable
from os import PathLike

import numpy as np

from fastnn.callbacks.callback import Callback


class CSVLogger(Callback):
    """Writes the logs of every epoch as a line of a CSV file.

    Each line is flushed, so the file is whole up to the last epoch whatever happens. A run that goes on from a backup
    goes on with the file.

    Args:
        filename: path of the file.
        separator: what stands between two columns, one character.
        append: whether to go on at the end of an existing file, in place of beginning anew.

    >>> CSVLogger("log.csv").append
    False
    """

    def __init__(self, filename: str | PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.keys = self.csv_file = self.writer = self._resumed = None
        self.append_header = True

    def state_dict(self):
        """The columns, and how long the file is."""
        if self.writer is None:
            return self._resumed or {"keys": None, "size": self._size() if self.append else 0}
        return {"keys": self.keys, "size": self.csv_file.tell()}

    def load_state_dict(self, state):
        """Go on with the file as it was then, if it is still there.

        Args:
            state: what state_dict returned.
        """
        self._resumed = state

    def on_train_begin(self, logs=None):
        """Begin anew; the file is opened when it is known whether the run goes on from a backup.

        Args:
            logs: not used.
        """
        self._close()
        self.keys = self.writer = self._resumed = None

    def after_train_begin(self, listeners, resume):
        """Open the file, so that a bad path shows before an epoch has run.

        Args:
            listeners: the CallbackList of the run.
            resume: the state that the run goes on from, or None.
        """
        if type(self).on_epoch_end is CSVLogger.on_epoch_end:
            open(self.filename, "a", encoding="utf-8").close()
        else:  # a class that writes lines of its own into csv_file
            self._open()

    def _size(self):
        return os.path.getsize(self.filename) if os.path.exists(self.filename) else 0

    def _open(self):
        size, keep = self._size(), 0
        if self._resumed is not None and size >= self._resumed["size"]:
            keep, self.keys = self._resumed["size"], self._resumed["keys"]
        elif self.append or self._resumed is not None:
            keep = size
        self.append_header, self._resumed = keep == 0, None
        self.csv_file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115
        self.csv_file.truncate(keep)  # what an interrupted run wrote after its backup, or an earlier one
        self.csv_file.seek(0, os.SEEK_END)

    def _close(self):
        if self.csv_file and not self.csv_file.closed:
            self.csv_file.close()
        self.csv_file = None

    def on_epoch_end(self, epoch, logs=None):
        """Write a line; the columns are those of the first epoch.

        Args:
            epoch: its number, the first column.
            logs: the other columns, {name: float}.
        """
        logs = logs or {}
        if self.csv_file is None:
            self._open()
        if self.keys is None:
            self.keys = sorted(logs)
            if self.keys and not any(k.startswith("val_") for k in self.keys):
                self.keys += [f"val_{k}" for k in self.keys]  # validation may begin in a later epoch
        if self.writer is None:
            self.writer = csv.DictWriter(self.csv_file, ["epoch", *self.keys], delimiter=self.sep, lineterminator="\n")
            if self.append_header:
                self.writer.writeheader()
        self.writer.writerow({"epoch": epoch, **{k: _text(logs.get(k, "NA")) for k in self.keys}})
        self.csv_file.flush()

    def on_train_abort(self, reason=None, logs=None):
        """Close the file, whatever the reason.

        Args:
            reason: the exception.
            logs: not used.
        """
        self.on_train_end(logs)

    def on_train_end(self, logs=None):
        """Close the file.

        Args:
            logs: not used.
        """
        if self.csv_file is None:
            self._open()
        self._close()
        self.writer = None


def _text(value):
    several = (
        isinstance(value, Iterable)
        and not isinstance(value, str)
        and not (isinstance(value, np.ndarray) and value.ndim == 0)
    )
    return f'"[{", ".join(map(str, value))}]"' if several else value
