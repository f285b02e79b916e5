"""Where the batches of an epoch come from: rows in memory, or a generator or data set that yields batches."""

import contextlib
import inspect
import time
import warnings
import weakref

import numpy as np

from fastnn.core import random, switches
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, DataError, FastnnError
from fastnn.core.frames import user_level
from fastnn.models import data as adapter
from fastnn.models import sparse
from fastnn.models.identity import content
from fastnn.models.runs import aside, let_in
from fastnn.models.step import goes_on
from fastnn.runtime import extension
from fastnn.utils.batches import PyDataset
from fastnn.utils.triples import unpack_x_y_sample_weight

mix_rows = extension("order").shuffle
SLICE_NS = 100_000_000  # how long the engine runs between two looks at progress and signals
SHUFFLE_STREAM = 0x5F5F


class RowSource:
    """Rows in memory: whole runs of equal batches go to the engine at once.

    An epoch is `given` batches, or a pass over all rows.  With `given`, an epoch goes on where the one before it ended.
    shuffle: True, "batch" (only inside each batch) or False.  number: of the call of fit; each has other row orders.
    chosen: int64 indices of the rows that it has, as if the arrays held no others; None for all.
    """

    used_up, number = False, 0

    def __init__(self, model, kind, arrays, batch_size, steps=None, shuffle=False, chosen=None):
        self.model, self.step, self.given, self.arrays = model, model._trainer().steps[kind], steps, arrays
        self.feed = self.step.feed(*arrays)
        self.rows = len(self.feed.arrays[0] if chosen is None else chosen)
        if batch_size is None:  # as Keras: the steps of an epoch see all rows
            batch_size = 32 if steps is None else -(-self.rows // steps)
        self.batch = min(batch_size, self.rows)
        self.full, self.tail = divmod(self.rows, self.batch)
        self.all = self.full + bool(self.tail)
        self.steps = self.all if steps is None else steps
        self.until = self.all if steps is None else whole_executions(model, steps)
        self.shuffle, self.chosen, self.order = shuffle, chosen, None
        if shuffle or chosen is not None:
            self.order = np.empty(self.rows, np.int64) if chosen is None else chosen.copy()
            self.feed.reorder(self.order)
        self.at = self.passes = 0
        self.stamp = model._trainer().forgotten

    def compile(self):
        """Compile what will run, so that errors in the graph or in shapes show before anything has run."""
        for rows in [self.batch] if self.until <= self.full or not self.tail else [self.batch, self.tail]:
            self.step.compiled(self.feed, rows)

    def position(self):
        """Where the next epoch begins, as plain data."""
        return {"at": self.at, "passes": self.passes}

    def identity(self):
        """{what: value} of the data and how they are cut, to know them again."""
        return {
            "rows": self.rows,
            "batch size": self.batch,
            "batches of an epoch": self.steps,
            "shuffle": str(self.shuffle if self.shuffle == "batch" else bool(self.shuffle)),
            "content": content(self.feed.arrays),
        }

    def seek(self, at=0, passes=0):
        """Go to what position() returned."""
        self.at, self.passes = at, passes
        if at:
            self._mix()

    def progress(self):
        """How far a source has come that cannot begin again: all rows stay."""

    def catch_up(self, progress):
        """Go to what progress() returned."""

    def _mix(self):
        """The row order of this pass: a function of the seed, the call of fit and the pass."""
        if not self.shuffle:
            return
        seed, stream = self.step.shared.seed, _stream(self)
        if self.shuffle == "batch":
            lot = random.bits((seed, stream), self.rows)
            self.order[:] = np.lexsort((lot, np.arange(self.rows) // self.batch))
        else:
            mix_rows(self.order, seed, stream)
        if self.chosen is not None:
            self.order[:] = self.chosen[self.order]
        self.feed.mixed()

    def follow(self):
        """Where a callback has compiled the model anew, or changed its layers: the other rows go to the new plans."""
        forgotten = self.model._trainer().forgotten
        if self.stamp == forgotten:
            return
        self.stamp = forgotten
        self.feed = self.step.feed(*self.arrays, order=self.order)
        self.step.begin(self.at * self.batch)

    def run(self, around, done=0):
        """Run the batches of one epoch from batch `done` of it on; returns how many of the epoch are done."""
        own = self.model._trainer()
        self.begin()
        around.ready()
        while done < self.until:
            if self.at >= self.all:
                if done < self.steps:
                    ran_out()
                break
            rows, equal = (self.batch, self.full - self.at) if self.at < self.full else (self.tail, 1)
            if around.called or around.asks:
                around.begin(done)
            batches = around.most(min(equal, self.until - done))
            self.follow()
            compiled, ran = self.step.run(self.feed, rows, batches, time.monotonic_ns() + SLICE_NS)
            self.at, done = self.at + ran, done + ran
            around.done(done - 1, compiled, rows, ran)
            if self.step.kind == "train":
                let_in(own)
            if around.stopped:
                break
        around.close(done)
        self.end()
        return done

    def begin(self):
        """Before the batches of an epoch, or of the rest of one."""
        if self.at == 0:
            self._mix()
        self.step.begin(self.at * self.batch)

    def end(self):
        """After the batches of an epoch."""
        if self.at >= self.all or self.given is None:
            self.at, self.passes = 0, self.passes + 1


class BatchSource:
    """Batches from a generator or PyDataset: one engine run each."""

    number = 0

    def __init__(self, model, kind, source, steps, class_weight=None, shuffle=False):
        self.model, self.step, self.class_weight = model, model._trainer().steps[kind], class_weight
        mixed = weakref.WeakMethod(self._mixed)  # the batches hold no way back: a circle would outlive the run
        self.source = adapter.Batches(source, (lambda length: mixed()(length)) if shuffle else None, aside(model))
        self.given = steps
        self.steps = steps if steps is not None else self.source.length
        self.passes, self.good = 0, None

    def compile(self):
        """Nothing: what a batch looks like is known when it is there."""

    def _mixed(self, length):
        """The order in which a data set of numbered batches gives them in this pass."""
        order = np.empty(length, np.int64)
        mix_rows(order, self.step.shared.seed, _stream(self))
        self.passes += 1
        return order

    @property
    def used_up(self):
        """Whether the source has no batch left and cannot begin again."""
        return self.source.used_up

    def position(self):
        """Where the next epoch begins, as plain data."""
        source = self.source
        return {
            "at": source.at,
            "passes": self.passes - (source.at > 0),
            "taken": source.taken,
            "state": source.inner.take(),
            "last": None if source.last is None else _content_of(source.last),
        }

    def identity(self):
        """{what: value} of the data and how they are cut, to know them again."""
        of = "not known" if self.source.length is None else self.source.length
        return {"batches of a pass": of, "batches of an epoch": self.given or of}

    def seek(self, at=0, passes=0, taken=0, state=None, last=None):
        """Go to what position() returned: numbered batches are skipped, a generator is asked for them."""
        self.passes = passes
        self.source.go_to(at, taken, state)
        if last is not None and self.source.last is not None and _content_of(self.source.last) != last:
            raise DataError(
                f"The data source does not give the batches that it gave to the run that this one goes on from: "
                f"batch {taken or at} (counted from 1) is another one. Let it give the same batches each time, or give "
                "it the methods state(), which says where it is, and restore(state)."
            )

    def progress(self):
        """How far a source has come that cannot begin again, as plain data."""
        return None if self.source.restartable else self.position()

    def catch_up(self, progress):
        """Go to what progress() returned."""
        if progress is not None:
            self.seek(**progress)

    @contextlib.contextmanager
    def _named(self, number, x):
        """Errors in a batch say which batch it is, what it looks like, and what earlier batches looked like."""
        try:
            yield
        except FastnnError as error:
            earlier = (
                ""
                if self.good is None
                else (
                    f" The batch before it had x of shape {_shapes(self.good)}"
                    + (" and has been trained on." if self.step.kind == "train" else ".")
                )
            )
            where = f"Batch {number} (counted from 0) of the data source, x of shape {_shapes(x)}"
            error.args = (f"{where}: {str(error).rstrip('.')}.{earlier}",)
            raise

    def _settled(self, late, done):
        """The batch before this one, (CompiledStep, rows) or None, is over; None."""
        if late is not None:
            with self._named(done - 1, self.good):
                self.step.settle(*late)

    def run(self, around, done=0):
        """Run the batches of one epoch from batch `done` of it on; returns how many of the epoch are done."""
        kind = self.step.kind
        weights = self.class_weight if kind == "train" else None
        until = None if self.given is None else whole_executions(self.model, self.given)
        late = None  # what still runs, on a device, while the next batch comes
        for x, y, w in self.source.epoch(None if until is None else until - done, begun=done > 0):
            if kind == "predict":
                y = w = None
            with self._named(done, x):
                arrays = self.model._arrays(x, y, w, weights, kind, batch=True)
            late = self._settled(late, done)
            if around.metrics is not None:
                compile_batch(self.step, arrays)
                around.ready()
            around.begin(done)
            with self._named(done, x):
                compiled, rows = run_batch(self.step, arrays, on=not around.each and around.keeping is None)
            self.good, done = x, done + 1
            late = (compiled, rows) if goes_on(compiled) else None
            around.done(done - 1, compiled, rows)
            if kind == "train":
                let_in(self.model._trainer())
            if around.stopped:
                break
        else:
            self._settled(late, done)
            if self.source.fell_short and done < (self.given or until or done + 1):
                ran_out()
        around.close(done)
        self.steps, self.good = self.steps or done, None
        return done


def _stream(source):
    """The random stream of the order of a source's rows or batches in this pass of this call of fit."""
    return SHUFFLE_STREAM + source.passes + (source.number << 32)


def _content_of(batch):
    return content([np.asarray(a) for a in adapter.flatten(list(unpack_x_y_sample_weight(batch)))])


def whole_executions(model, steps):
    """The batches that so many steps take: as in Keras the last execution of `steps_per_execution` is a whole one."""
    size = getattr(model, "steps_per_execution", 1)
    return -(-steps // size) * size


def ran_out():
    """Warn that the data ended before the epochs that were asked for."""
    warnings.warn(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can "
        "generate at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function "
        "when building your dataset.",
        UserWarning,
        stacklevel=user_level(),
    )


def _shapes(structure):
    """The shapes of the arrays of a structure, as text."""
    return ", ".join(str(_shape(a)) for a in adapter.flatten(structure))


def _shape(array):
    try:
        return np.shape(array)
    except ValueError:  # rows of different lengths have none
        return f"({len(array)}, ?)"


def compile_batch(step, arrays):
    """Compile the step for these arrays as one batch."""
    feed = step.feed(*arrays)
    step.compiled(feed, len(feed.arrays[0]))


def run_batch(step, arrays, on=False):
    """One run of a step on these arrays as one batch; returns (compiled step, rows).  on: see Step.run."""
    feed = step.feed(*arrays)
    step.begin()
    rows = len(feed.arrays[0])
    return step.run(feed, rows, on=on)[0], rows


def _check_alone(x, y, weight):
    """Raise ArgumentError for targets or weights beside what yields batches of them."""
    what = "PyDataset" if isinstance(x, PyDataset) else "generator" if inspect.isgenerator(x) else type(x).__name__
    for name, given, called in (("y", y, "targets"), ("sample_weights", weight, "sample weights")):
        if given is not None:
            raise ArgumentError(
                f"When providing `x` as a {what}, `{name}` should not be passed. Instead, the {called} should be "
                f"included as part of the {what}: let it yield (x, y) or (x, y, sample_weight)."
            )


def source_of(model, kind, x, y, weight, batch_size, steps, class_weight=None, shuffle=False, chosen=None):
    """The source of the steps of a kind for what a user passes as data: arrays, or what yields batches.

    chosen: int64 indices of the rows of arrays that count, None for all.

    Raises ArgumentError for y or weights beside batches, and what Trainer._arrays raises.
    """
    steps = count("steps", steps, none=True)  # NumPy's small integers overflow in what follows
    if adapter.is_batches(x):
        _check_alone(x, y, weight)
        steps = switches.limited("steps_per_epoch", steps, switches.max_steps_per_epoch())
        return BatchSource(model, kind, x, steps, class_weight, shuffle)
    if sparse.any_sparse(x, y, weight):
        model._arrays(*(sparse.first(part) for part in (x, y, weight)), class_weight, what=kind)
        parts = {"x": model._standard_x(x), "y": y, "sample_weight": weight}
        made = sparse.batches(parts, batch_size, steps, shuffle)
        return BatchSource(model, kind, made, steps, class_weight)
    arrays = model._arrays(x, y, weight, class_weight, what=kind)
    source = RowSource(model, kind, arrays, batch_size, steps, shuffle, chosen)
    fewer = switches.limited("steps_per_epoch", source.steps, switches.max_steps_per_epoch())
    return source if fewer == source.steps else RowSource(model, kind, arrays, batch_size, fewer, shuffle, chosen)
