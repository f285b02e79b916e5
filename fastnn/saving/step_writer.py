"""Numbered checkpoints of a model, written while it trains."""

import os
import re
import shutil

from fastnn.core.errors import StepExistsError
from fastnn.saving.archive import dump_model
from fastnn.saving.files import Disk, write_file
from fastnn.saving.steps import MODEL, WEIGHTS, file_in, numbers
from fastnn.saving.weights import dump_weights
from fastnn.saving.writer import Writer

_TEMPORARY = re.compile(r"\.\d+\.tmp-\d+")


class StepWriter:
    """Writes checkpoints of a model into a folder.

    path: of the folder, which is made.  keep: how many stay, those of the largest numbers; None:
    all.  background: whether a second thread writes.
    """

    def __init__(self, model, path, keep=1, background=True):
        self.model, self.path = model, os.path.abspath(os.fspath(path))
        self.keep, self.background, self._last = keep, background, None
        self._writer = Writer(lambda given: self._write(*given))

    def open(self):
        """Make the folder, clear what a process that was killed was writing, and see how far the others came."""
        os.makedirs(self.path, exist_ok=True)
        for name in os.listdir(self.path):
            if _TEMPORARY.fullmatch(name):
                shutil.rmtree(os.path.join(self.path, name))
        self._last = max(numbers(self.path), default=-1)

    @property
    def last(self):
        """The largest number in the folder; -1 if there is none."""
        if self._last is None:
            self.open()
        return self._last

    def save(self, step, whole=True):
        """Write checkpoint number `step` of the model as it is now; whole: not its weights alone.

        Raises StepExistsError unless its number is above all others, and what writing an earlier one has raised.
        """
        self._raise()
        if step <= self.last:
            raise StepExistsError(
                f"Step {self._last} already exists in {self.path!r}; received step {step}, expected one above it. To "
                "go on with that run, load its model and pass fit(initial_epoch=...); else give another folder, or "
                "remove this one."
            )
        name, data = (MODEL, dump_model(self.model)) if whole else (WEIGHTS, dump_weights(self.model, optimizer=False))
        self._last = step
        if self.background:
            self._writer.give((step, name, data))
        else:
            self._write(step, name, data)

    def wait(self):
        """Wait until all is written; raises what writing has raised."""
        self._writer.finish()
        self._last = None
        self._raise()

    close = wait

    def _write(self, step, name, data):
        temporary = os.path.join(self.path, f".{step}.tmp-{os.getpid()}")
        os.mkdir(temporary)
        try:
            write_file(os.path.join(temporary, name), data)
            os.rename(temporary, os.path.join(self.path, str(step)))
        except OSError:
            shutil.rmtree(temporary)
            raise
        Disk().sync_folder(self.path)
        for old in [] if self.keep is None else numbers(self.path)[: -self.keep]:
            folder = os.path.join(self.path, str(old))
            os.unlink(file_in(folder))
            os.rmdir(folder)

    def _raise(self):
        error = self._writer.take_error()
        if error is not None:
            raise error
