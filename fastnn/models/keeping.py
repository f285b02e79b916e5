"""Checkpoints of a call of fit: when they are taken, who writes them, where a run goes on, and SIGTERM."""

import os
import random
import signal
import threading
import time
import warnings

import numpy as np

from fastnn.callbacks.backup_and_restore import BackupAndRestore
from fastnn.core import config
from fastnn.core.errors import ArgumentError, FileFormatError, NotBuiltError
from fastnn.core.frames import user_level
from fastnn.distribution.strategies import share
from fastnn.distribution.transport import packed, unpacked
from fastnn.graph import variable as variables
from fastnn.layers.tracking import structure_version
from fastnn.models import identity, script
from fastnn.models.conduct import several
from fastnn.models.rounds import metric_variables
from fastnn.models.runs import outermost
from fastnn.saving.checkpoints import Checkpoints, files_of, read_newest
from fastnn.saving.run import load_run, parts_of, take
from fastnn.saving.run_file import Reader, dump, read_run
from fastnn.saving.writer import Writer

FIT = True, None, 60.0  # when fit writes a checkpoint: see Keeper
TERMINATED = 128 + signal.SIGTERM  # what a shell calls a process that SIGTERM has ended


class Keeper:
    """One folder of checkpoints, and when the next one is due.

    when: (at the end of each epoch, every so many batches or None, every so many seconds or None).  delete: see open.
    """

    def __init__(self, folder, when, delete):
        self.folder, self.delete = folder, delete
        self.epochs, self.batches, self.seconds = when
        self.count, self.next = 0, time.monotonic() + (self.seconds or 0)
        self.writer = Writer(lambda taken: folder.write(dump(taken)))

    def left(self):
        """After how many batches one is due, or None."""
        return None if self.batches is None else max(1, self.batches - self.count)

    def due(self, ran, epoch_is_over):
        """Whether to write, after so many more batches."""
        self.count += ran
        by_count = self.batches is not None and self.count >= self.batches
        by_time = self.seconds is not None and time.monotonic() >= self.next and not self.writer.busy
        return by_count or by_time or (epoch_is_over and self.epochs)

    def give(self, taken):
        """Have a checkpoint written."""
        self.report()
        self.count, self.next = 0, time.monotonic() + (self.seconds or 0)
        self.writer.give(taken)

    def report(self):
        """What went wrong in writing: a warning where the disk is to blame, for training can do without."""
        error = self.writer.take_error()
        if isinstance(error, (OSError, FileFormatError)):
            warnings.warn(
                f"A checkpoint could not be written to {self.folder.path!r}: {error}. Training goes on; the one before "
                "is still there.",
                UserWarning,
                stacklevel=user_level(),
            )
        elif error is not None:
            raise error

    def close(self, delete):
        """Finish writing, and let the folder go."""
        try:
            self.writer.finish()
            self.report()
        finally:
            self.folder.close(delete)


class Keeping:
    """The checkpoints of the fit that runs.

    model; source, validation: its data.  epoch: the one that runs.  resume: the state that it goes on from, or None.

    Of several processes the first one reads and writes; what it finds it gives to the others.  terminated: all of them
    know that SIGTERM came; signalled: it came here.
    """

    def __init__(self, model, source, validation):
        self.model, self.source, self.validation = model, source, validation
        self.keepers, self.listeners, self.resume, self.epoch = [], None, None, 0
        self.terminated = self.signalled = False
        self.handled, self.before, self.waiting = None, None, []
        self.share, self.follows = None, False
        self._reader = self._parts = self._stamp = None
        self._identity = None

    # ------------------------------------------------------------------ begin
    def ask(self, checkpoint, resume):
        """What fit's arguments `checkpoint` and `resume` ask for; returns the folder that was given, or None."""
        path, when, keep = checkpoint, FIT, 2
        if isinstance(checkpoint, BackupAndRestore):
            path, when, keep = checkpoint.backup_dir, checkpoint.when, checkpoint.keep
        self._know()
        of_script = script.next_fit(outermost())
        if self.follows:
            return None
        if path is not None:
            path = os.fspath(path)
            self.open(path, when, keep, resume, script.number_of(path))
        elif of_script is not None:
            self.open(of_script[0], when, keep, resume, of_script[1])
        elif resume is True:
            raise ArgumentError(
                "fit: resume=True without a checkpoint: say the folder, checkpoint=..., or resume=path."
            )
        elif resume not in (False, "auto"):
            self.open(None, when, keep, resume)
        return path

    def open(self, path, when, keep, resume="auto", fit=1, delete=None):
        """Keep checkpoints in a folder, unless `path` is None; `resume` as in fit.

        delete: whether the folder goes when training has come to its end; None: it stays, and says so.  Returns
        whether there is a checkpoint to go on from.
        """
        if not self.model.built:
            raise NotBuiltError(
                "To keep checkpoints, your model must be built before you call `fit()`. Give it an Input, or call it "
                "on a batch of data first."
            )
        folder, found = None if path is None else Checkpoints(path, fit, keep), None
        try:
            if resume is False:
                folder.clear()
            elif resume is True or resume == "auto":
                found = folder.newest()
                if resume is True and found is None:
                    raise FileNotFoundError(
                        f"fit: resume=True, but {folder.path!r} has no checkpoint; resume='auto' begins where there is "
                        "none."
                    )
            else:
                found = read_from(os.fspath(resume))
        except BaseException:
            if folder is not None:
                folder.close()
            raise
        if folder is not None:
            self.keepers.append(Keeper(folder, when, delete))
        if found is not None and (self._reader is None or _place(found) > _place(self._reader)):
            self._reader = found
        return found is not None

    def finished(self, epochs):
        """Whether the run that was found has come to its end; one of fewer epochs goes on before its last steps."""
        return self._given(False if self.follows else self._finished(epochs))

    def _know(self):
        """Which process this is; a callback that asks for checkpoints runs where it looks as if there were one."""
        self.share = several()
        self.follows = self.share is not None and self.share.transport.rank > 0

    def _given(self, finished=False):
        """Every process has the checkpoint that the first one has found, and what that says of it."""
        self._know()
        if self.share is None:
            return finished
        found, transport = self._reader, self.share.transport
        pieces = [packed({"finished": finished, "name": None if found is None else found.name})]
        if found is not None and not self.follows:
            pieces.append(found.raw)
        heard = transport.all_gather(pieces)[0]
        said = unpacked(heard)
        if self.follows and said["name"] is not None:
            self._reader = Reader(heard[1].tobytes(), said["name"])
        return said["finished"]

    def _finished(self, epochs):
        state = None if self._reader is None else self._reader.run["state"]
        if state is None or not state["finished"]:
            return False
        if state["ended"] or state["epoch"] >= epochs:
            return True
        before = read_newest(self.keepers[0].folder.files()[1:]) if self.keepers else None
        if before is not None and _place(before) == _place(self._reader):
            self._reader = before
        return False

    def begin(self, listeners):
        """All callbacks have begun: take up the state that there is, and return it (or None)."""
        self.listeners = listeners
        self._given()
        if self._reader is not None:
            self.load()
        self.handle()
        return self.resume

    def load_finished(self, listeners):
        """Leave everything as a run left it that has come to its end: its callbacks are not called again."""
        self.load()
        self.model._trainer().shared.next_fit()
        restore_outside(self.resume["outside"])
        listeners.load_state_dict(self.resume)

    def load(self):
        """Give the model, and what is random, the state that was found."""
        reader, model = self._reader, self.model
        if not self.follows:  # the others have compared theirs with the first one's
            identity.check(reader.run["state"]["data"], self.identity(), reader.name)
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self.resume = load_run(model, reader)
        model._initial_epoch, model.stop_training = self.resume["epoch"], self.resume["stopped"]

    def identity(self):
        """What the run is known by: see identity.identity; found once."""
        if self._identity is None:
            of_model = {"optimizer": type(self.model.optimizer).__name__}
            cut = share()
            if cut is not None:
                of_model["shards"] = cut.shards
            self._identity = of_model | identity.identity(self.source, self.validation)
        return self._identity

    def seek(self):
        """Go to where the data were; what Python and NumPy draw goes on from there, too."""
        resume = self.resume
        self.source.seek(**resume["position"])
        if self.validation is not None:
            self.validation.catch_up(resume["validated"])
        restore_outside(resume["outside"])

    # ------------------------------------------------------------------ boundaries
    def left(self, batches):
        """How many of so many batches may run at once."""
        return min([batches, *(n for k in self.keepers if (n := k.left()) is not None)])

    def after_batches(self, done, ran):
        """So many batches of the epoch are done, `ran` more than at the last boundary."""
        over = done == self.source.steps
        due = [k for k in self.keepers if k.due(ran, False)]
        if self.terminated:
            self._end(self.take(self.epoch, done))
        if over:  # in a moment the epoch is over
            self.waiting += due
        elif due:
            self._give(due, self.take(self.epoch, done))

    def before_validation(self, done, logs):
        """The batches of an epoch are done; while it is validated the state is this one."""
        if self.handled is not None:
            self.before = self.take(self.epoch, done, logs, over=True)

    def in_validation(self):
        """Between two batches of the validation."""
        if self.terminated:
            self._end(self.before)

    def after_epoch(self, epoch, logs):
        """All callbacks have seen the end of the epoch; logs: what they saw."""
        self.before = None
        due = [k for k in self.keepers if k.due(0, True) or k in self.waiting]
        self.waiting.clear()
        if due or self.terminated:
            taken = self.take(epoch + 1, 0, logs)
            self._give(due, taken)
            if self.terminated:
                self._end(taken)

    def finish(self, epoch, logs):
        """Training is done: the last checkpoint says so."""
        for keeper in self.keepers:
            if keeper.delete is None:
                keeper.writer.finish()  # the checkpoint before it is written, too: with more epochs a run goes on there
                keeper.give(self.take(epoch, 0, logs, finished=True))

    def _give(self, keepers, taken):
        for keeper in keepers:
            keeper.give(taken)

    def _end(self, taken):
        """SIGTERM came: write, and leave."""
        self._give(self.keepers, taken)
        for keeper in self.keepers:
            keeper.writer.finish()
        raise SystemExit(TERMINATED)

    def take(self, epoch, batch, logs=None, over=False, finished=False):
        """A copy of the run at a batch of an epoch.  logs: of the epoch.  over: whether the data have gone further."""
        model, own, valid = self.model, self.model._trainer(), self.validation
        stamp = structure_version(), variables.layout_version, own.forgotten, id(model.optimizer)
        if self._stamp != stamp:
            self._parts, self._stamp = parts_of(model), stamp
        state = {
            "epoch": epoch,
            "batch": batch,
            "finished": finished,
            "over": over,
            "stopped": bool(model.stop_training),
            "ended": bool(model.stop_training or self.source.used_up or (valid is not None and valid.used_up)),
            "position": self.source.position(),
            "validated": None if valid is None else valid.progress(),
            "logs": model._logs() if logs is None else logs,
            "metrics": [v.numpy() for v in metric_variables(model)],
            "data": self.identity(),
            "outside": outside(),
            **self.listeners.state_dict(),
        }
        return take(model, state, self._parts)

    # ------------------------------------------------------------------ SIGTERM and the end
    def handle(self):
        """SIGTERM ends this fit at the next batch, with a checkpoint, unless the user has a handler."""
        if (
            (self.keepers or self.follows)
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        ):
            self.handled = signal.signal(signal.SIGTERM, self._terminate)

    def _terminate(self, number, frame):
        self.signalled = True
        self.terminated = self.share is None  # else all end at the same step: see ShardedProgram
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one does not wait

    def close(self, done):
        """The end of fit, however it came.  done: whether training has come to its end."""
        if self.handled is not None:
            signal.signal(signal.SIGTERM, self.handled)
        while self.keepers:
            keeper = self.keepers.pop()
            keeper.close(bool(done and keeper.delete and not self.terminated))
        if self.terminated or self.signalled:  # also where it came after the last batch
            raise SystemExit(TERMINATED)


def _place(reader):
    state = reader.run["state"]
    return state["epoch"], state["batch"]


def read_from(path):
    """The Reader of a checkpoint, or of the newest in a folder; raises OSError, FileFormatError."""
    if not os.path.isdir(path):
        return read_run(path)
    found = read_newest(files_of(path))
    if found is None:
        raise FileNotFoundError(f"fit: {path!r} has no checkpoint to resume from.")
    return found


def outside():
    """What Python and NumPy will draw next, and which streams are given out next, as plain data."""
    version, words, after = random.getstate()
    name, keys, at, has, gauss = np.random.get_state()  # noqa: NPY002  scripts that draw their batches from it
    return {
        "python": [version, np.array(words, np.uint64), after],
        "numpy": [name, keys, int(at), int(has), float(gauss)],
        "streams": config.streams(),
    }


def restore_outside(saved):
    """Let all that go on where outside() was called."""
    version, words, after = saved["python"]
    random.setstate((version, tuple(words.tolist()), after))
    name, keys, *rest = saved["numpy"]
    np.random.set_state((name, keys.astype(np.uint32), *rest))  # noqa: NPY002
    config.go_on_at_stream(saved["streams"])
