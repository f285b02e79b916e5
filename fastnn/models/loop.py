"""The loops behind fit, evaluate and predict: epochs, batches, callbacks, progress."""
import contextlib
import time
import warnings

import numpy as np

from fastnn.core import random
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, DataError, FastnnError
from fastnn.models import data as adapter
from fastnn.models.runs import STOP_FLAGS, aside
from fastnn.runtime import extension

mix_rows = extension("order").shuffle
SLICE_NS = 100_000_000                          # how long the engine runs between two looks at progress and signals
SHUFFLE_STREAM = 0x5F5F


def _callbacks(model, callbacks, verbose, history, **params):
    from fastnn.callbacks import CallbackList
    if isinstance(callbacks, CallbackList):
        return callbacks
    verbose = 1 if verbose == "auto" else int(verbose)
    return CallbackList(
        callbacks, add_history=history, add_progbar=verbose != 0, model=model, verbose=verbose, **params
    )


class _Round:
    """What surrounds the batches of one epoch of a source: callbacks, progress, flags that stop it, who takes results.

    listeners: a CallbackList or None.  take: called with (feed, program, rows) after each batch, or None.  metrics: the
    values of the metrics' variables where the epoch goes on, or None.
    """

    def __init__(self, model, kind, listeners, take=None, metrics=None):
        self.model, self.kind, self.listeners, self.take = model, kind, listeners, take
        self.metrics = metrics
        self.flag = STOP_FLAGS[kind]
        self.asks = kind == "train" and getattr(model.optimizer, "python_per_batch", False)
        self.called = listeners is not None and listeners.wants_batches(kind)
        self.each = self.called or self.asks or take is not None
        self.watched = listeners is not None and not self.called and listeners.wants_progress(kind)
        if listeners is not None:
            self._begin = getattr(listeners, f"on_{kind}_batch_begin")
            self._end = getattr(listeners, f"on_{kind}_batch_end")

    def ready(self):
        """The step is compiled, so the metrics have their variables: give them what was measured before."""
        if self.metrics is not None:
            for variable, value in zip(metric_variables(self.model), self.metrics, strict=True):
                variable.assign(value)
            self.metrics = None

    def begin(self, step):
        """Before batch `step`."""
        if self.asks:                           # a learning rate in plain Python is asked before every batch
            self.model.optimizer.refresh()
        if self.called:
            self._begin(step)

    def done(self, step, feed, program, rows):
        """After batch `step` (after the last of several, where nobody asked for each)."""
        leaves = None if self.take is None else self.take(feed, program, rows)
        if self.called:
            self._end(step, self.model._logs() if leaves is None else {"outputs": feed.outputs_like(leaves)})
            if self.kind == "train":
                self.listeners.batch_is_over(step)
        elif self.watched:
            self.listeners.progress(self.kind, step, dict if self.kind == "predict" else self.model._logs)

    @property
    def stopped(self):
        """Whether a callback, a signal handler or another thread has asked for the end."""
        return getattr(self.model, self.flag, False)


class _Arrays:
    """Rows in memory: whole runs of equal batches go to the engine at once.

    An epoch is `given` batches, or a pass over all rows.  With `given`, an epoch goes on where the one before it ended.
    shuffle: True, "batch" (only inside each batch) or False.  number: of the call of fit; each has other row orders.
    """

    used_up, number, taken = False, 0, 0

    def __init__(self, model, kind, arrays, batch_size, steps=None, shuffle=False):
        self.model, self.feed, self.given = model, model._feed(kind, *arrays), steps
        self.arrays = arrays
        self.feed.bind(*arrays)
        self.rows = len(self.feed.arrays[0])
        if batch_size is None:                  # as Keras: the steps of an epoch see all rows
            batch_size = 32 if steps is None else -(-self.rows // steps)
        self.batch = min(batch_size, self.rows)
        self.full, self.tail = divmod(self.rows, self.batch)
        self.all = self.full + bool(self.tail)
        self.steps = self.all if steps is None else steps
        self.shuffle, self.order = shuffle, np.empty(self.rows, np.int64) if shuffle else None
        self.feed.reorder(self.order)
        self.at = self.passes = 0
        self.stamp = model._trainer().forgotten
        for rows in ([self.batch] if self.steps <= self.full or not self.tail else [self.batch, self.tail]):
            self.feed.program(rows)             # errors in the graph or in shapes show before anything has run

    def position(self):
        """Where the next epoch begins, as plain data."""
        return {"at": self.at, "passes": self.passes}

    def seek(self, at=0, passes=0):
        """Go to what position() returned."""
        self.at, self.passes = at, passes
        if at:
            self._mix()

    def catch_up(self, taken):
        """All rows are there."""

    def _mix(self):
        """The row order of this pass: a function of the seed, the call of fit and the pass."""
        if self.order is None:
            return
        shared = self.feed.shared
        stream = SHUFFLE_STREAM + self.passes + (self.number << 32)
        if self.shuffle == "batch":
            lot = random.bits((shared.seed, stream), self.rows)
            self.order[:] = np.lexsort((lot, np.arange(self.rows) // self.batch))
        else:
            mix_rows(self.order, shared.seed, stream)

    def _follow(self):
        """A callback has compiled the model anew, or changed its layers: the rest of the rows goes to the new plans."""
        self.stamp = self.model._trainer().forgotten
        self.feed = self.model._feed(self.feed.kind, *self.arrays)
        self.feed.bind(*self.arrays, order=self.order)
        self.feed.rewind(self.at * self.batch)

    def run(self, around, done=0):
        """Run the batches of one epoch from batch `done` of it on; returns how many of the epoch are done."""
        if self.at == 0:
            self._mix()
        own = self.model._trainer()
        self.feed.rewind(self.at * self.batch)
        around.ready()
        while done < self.steps:
            if self.at >= self.all:
                _ran_out()
                break
            rows, count = (self.batch, self.full - self.at) if self.at < self.full else (self.tail, 1)
            if around.called or around.asks:
                around.begin(done)
            count = 1 if around.each else min(count, self.steps - done)
            if self.stamp != own.forgotten:
                self._follow()
            feed = self.feed
            program = feed.program(rows)
            ran = program.run(count, rows, time.monotonic_ns() + SLICE_NS)
            self.at, done = self.at + ran, done + ran
            around.done(done - 1, feed, program, rows)
            if around.stopped:
                break
        if self.at >= self.all or self.given is None:
            self.at, self.passes = 0, self.passes + 1
        return done


class _Batches:
    """Batches from a generator or PyDataset: one engine run each."""

    number = 0

    def __init__(self, model, kind, source, steps, class_weight=None, shuffle=False):
        self.model, self.kind, self.class_weight = model, kind, class_weight
        self.source = adapter.Batches(source, self._mixed if shuffle else None, aside(model))
        self.given = steps
        self.steps = steps if steps is not None else self.source.length
        self.passes, self.good = 0, None

    def _mixed(self, length):
        """The order in which a data set of numbered batches gives them in this pass."""
        order, shared = np.empty(length, np.int64), self.model._trainer().shared
        mix_rows(order, shared.seed, SHUFFLE_STREAM + self.passes + (self.number << 32))
        self.passes += 1
        return order

    @property
    def used_up(self):
        """Whether the source has no batch left and cannot begin again."""
        return self.source.used_up

    def position(self):
        """Where the next epoch begins, as plain data."""
        return {"at": self.source.at, "passes": self.passes - (self.source.at > 0)}

    def seek(self, at=0, passes=0):
        """Go to what position() returned: numbered batches are skipped, a generator is asked for them."""
        self.passes = passes
        self.source.skip(at)

    @property
    def taken(self):
        """How many batches a source that cannot begin again has given."""
        return self.source.taken

    def catch_up(self, taken):
        """Skip what a source that cannot begin again gave in the run that this one goes on from."""
        self.source.catch_up(taken)

    @contextlib.contextmanager
    def _named(self, number, x):
        """Errors in a batch say which batch it is, what it looks like, and what earlier batches looked like."""
        try:
            yield
        except FastnnError as error:
            earlier = "" if self.good is None else (
                f" The batch before it had x of shape {_shapes(self.good)}"
                + (" and has been trained on." if self.kind == "train" else "."))
            where = f"Batch {number} (counted from 0) of the data source, x of shape {_shapes(x)}"
            error.args = (f"{where}: {str(error).rstrip('.')}.{earlier}",)
            raise

    def run(self, around, done=0):
        """Run the batches of one epoch from batch `done` of it on; returns how many of the epoch are done."""
        weights = self.class_weight if self.kind == "train" else None
        for x, y, w in self.source.epoch(None if self.given is None else self.given - done, begun=done > 0):
            if self.kind == "predict":
                y = w = None
            with self._named(done, x):
                arrays = self.model._arrays(x, y, w, weights, self.kind)
            if around.metrics is not None:
                compile_batch(self.model, self.kind, arrays)
                around.ready()
            around.begin(done)
            with self._named(done, x):
                feed, program, rows = run_batch(self.model, self.kind, arrays)
            self.good, done = x, done + 1
            around.done(done - 1, feed, program, rows)
            if around.stopped:
                break
        else:
            if self.source.fell_short:
                _ran_out()
        self.steps, self.good = self.steps or done, None
        return done


def _ran_out():
    warnings.warn("Your input ran out of data; interrupting training. Make sure that your dataset or generator can "
                  "generate at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function "
                  "when building your dataset.", UserWarning, stacklevel=6)


def _shapes(structure):
    """The shapes of the arrays of a structure, as text."""
    return ", ".join(str(np.shape(a)) for a in adapter.flatten(structure))


def metric_variables(model):
    """The variables that hold what the steps of an epoch have measured so far."""
    return [v for m in model.metrics for v in m.variables]


def compile_batch(model, kind, arrays):
    """The plan for these arrays as one batch, bound to them; returns (feed, program, rows)."""
    feed = model._feed(kind, *arrays)
    feed.bind(*arrays)
    feed.rewind()
    rows = len(feed.arrays[0])
    return feed, feed.program(rows), rows


def run_batch(model, kind, arrays):
    """One run of the plan for these arrays as one batch; returns (feed, program, rows)."""
    feed, program, rows = compile_batch(model, kind, arrays)
    program.run(1, rows)
    return feed, program, rows


def one_batch(model, kind, x, y, weight):
    """train_on_batch and test_on_batch; returns the logs of this batch alone."""
    model.reset_metrics()
    run_batch(model, kind, (x, y, weight))
    return model._logs()


def _source(model, kind, x, y, weight, batch_size, steps, class_weight=None, shuffle=False):
    steps = count("steps", steps, none=True)    # NumPy's small integers overflow in what follows
    if adapter.is_batches(x):
        if y is not None or weight is not None:
            raise ArgumentError("`y` and `sample_weight` must not be given when x yields batches: let it yield "
                                "(x, y) or (x, y, sample_weight).")
        return _Batches(model, kind, x, steps, class_weight, shuffle)
    arrays = model._arrays(x, y, weight, class_weight, what=kind)
    return _Arrays(model, kind, arrays, batch_size, steps, shuffle)


def fit(model, x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
        sample_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq):
    """See Trainer.fit."""
    batch_size = count("batch_size", batch_size, none=True)
    batches = adapter.is_batches(x)
    if validation_split and validation_data is None:
        if batches:
            raise ArgumentError(
                "`validation_split` needs arrays; received a generator or data set. Pass validation_data."
            )
        x, y, sample_weight = (adapter.convert(s, n) for s, n in ((model._standard_x(x), "x"), (y, "y"),
                                                                  (sample_weight, "sample_weight")))
        adapter.row_count(("x", x), *([("y", y)] if y is not None else []))
        (x, y, sample_weight), validation_data = adapter.split_validation(validation_split, (x, y, sample_weight))
    source = _source(model, "train", x, y, sample_weight, batch_size, steps_per_epoch, class_weight, shuffle)
    validation = None
    if validation_data is not None:
        vx, vy, vw = (
            (validation_data, None, None) if adapter.is_batches(validation_data) else adapter.unpack(validation_data)
        )
        validation = _source(model, "test", vx, vy, vw,
                             batch_size if validation_batch_size is None else
                             count("validation_batch_size", validation_batch_size),
                             validation_steps)
    listeners = _callbacks(model, callbacks, verbose, True, epochs=epochs, steps=source.steps)
    own = model._trainer()
    outer, own.source, own.validation = (own.source, own.validation), source, validation
    model.stop_training, model._initial_epoch, own.resume = False, None, None
    source.number = own.shared.next_fit()
    try:
        listeners.on_train_begin()
        if own.resume is not None:
            source.number = own.shared.next_fit()
        listeners.train_has_begun(own.resume)
        if model._initial_epoch is not None:    # BackupAndRestore found where an earlier run stopped
            initial_epoch = model._initial_epoch
        _train(model, source, validation, validation_freq, listeners, range(initial_epoch, epochs))
    finally:
        (own.source, own.validation), own.resume = outer, None
    return listeners.history or model.history


def _train(model, source, validation, validation_freq, listeners, epochs):
    """The epochs of fit, and its end."""
    logs, resume = {}, model._trainer().resume
    source.seek(**resume["position"] if resume else {"passes": epochs.start})
    if resume and validation is not None:
        validation.catch_up(resume["validated"])
    try:
        for epoch in epochs:
            model.reset_metrics()
            listeners.on_epoch_begin(epoch)
            done = resume["batch"] if resume else 0
            metrics = resume["metrics"] if done else None
            ran = source.run(_Round(model, "train", listeners, metrics=metrics), done) - done
            if not ran and not done:
                if epoch == epochs.start:
                    raise DataError("The data source gave no batch: the generator is used up, or the data set is "
                                    "empty.")
                break                           # it ended with the epoch before
            logs, resume = resume["logs"] if done and not ran else model._logs(), None
            if validation is not None and _due(epoch, validation_freq):
                val = _validate(model, validation, listeners)
                logs = {**logs, **{f"val_{k}": v for k, v in val.items()}}
            listeners.on_epoch_end(epoch, logs)
            listeners.epoch_is_over(epoch)
            if model.stop_training or source.used_up or (validation is not None and validation.used_up):
                if epoch + 1 < epochs.stop and not model.stop_training:
                    _ran_out()
                break
    except BaseException as error:
        listeners.on_train_abort(error, logs)
        raise
    if getattr(model.optimizer, "use_ema", False):
        model.optimizer.finalize_variable_values(model.trainable_variables)
    listeners.on_train_end(logs)


def _validate(model, validation, listeners):
    """The logs of one evaluation on the validation data; {} where they are used up."""
    model.reset_metrics()
    model.stop_evaluating = False
    validation.seek()
    listeners.on_test_begin()
    logs = model._logs() if validation.run(_Round(model, "test", listeners)) else {}
    listeners.on_test_end(logs)
    return logs


def _due(epoch, freq):
    if isinstance(freq, (list, tuple, set)):
        return epoch + 1 in freq
    return (epoch + 1) % int(freq) == 0


def evaluate(model, x, y, batch_size, verbose, sample_weight, steps, callbacks):
    """See Trainer.evaluate; returns logs."""
    source = _source(model, "test", x, y, sample_weight, count("batch_size", batch_size, none=True), steps)
    listeners = _callbacks(model, callbacks, verbose, False, epochs=1, steps=source.steps)
    model.stop_evaluating = False
    model.reset_metrics()
    listeners.on_test_begin()
    if not source.run(_Round(model, "test", listeners)):
        raise DataError("evaluate: the data source gave no batch.")
    logs = model._logs()
    listeners.on_test_end(logs)
    return logs


def predict(model, x, batch_size, verbose, steps, callbacks):
    """See Trainer.predict."""
    source = _source(model, "predict", x, None, None, count("batch_size", batch_size, none=True), steps)
    many = source.steps is None or source.steps > 1
    listeners = None
    if callbacks or (verbose not in (0, "auto") and many):
        listeners = _callbacks(model, callbacks, verbose, False, epochs=1, steps=source.steps)
    results = _Results(source)
    model.stop_predicting = False
    if listeners:
        listeners.on_predict_begin()
    if not source.run(_Round(model, "predict", listeners, results.add)):
        raise DataError("predict: the data source gave no batch.")
    if listeners:
        listeners.on_predict_end()
    return results.whole()


def predict_batch(model, x):
    """The outputs of one batch of checked arrays."""
    results = _Results(None)
    results.add(*run_batch(model, "predict", (x,)))
    return results.whole()


class _Results:
    """The outputs of predict, batch after batch; rows whose number is known beforehand go where they will stay."""

    def __init__(self, source):
        self.rows = min(source.rows, source.steps * source.batch) if isinstance(source, _Arrays) else None
        self.feed, self.whole_arrays, self.parts, self.at = None, None, [], 0

    def add(self, feed, program, rows):
        """Take the outputs of a batch; returns them as a flat list."""
        self.feed = feed
        if self.rows is not None:
            if self.whole_arrays is None:
                self.whole_arrays = [np.empty((self.rows, *o.shape[1:]), o.dtype) for o in program.outputs]
            for whole, o in zip(self.whole_arrays, program.outputs):
                whole[self.at:self.at + rows] = o
            part = [whole[self.at:self.at + rows] for whole in self.whole_arrays]
        else:
            part = [o.copy() for o in program.outputs]
            self.parts.append(part)
        self.at += rows
        return part

    def whole(self):
        """All rows, in the model's structure."""
        if self.rows is not None:
            leaves = [whole[:self.at] if self.at < len(whole) else whole for whole in self.whole_arrays]
        else:
            leaves = [group[0] if len(group) == 1 else np.concatenate(group) for group in zip(*self.parts)]
        return self.feed.outputs_like(leaves)
