"""The loops behind fit, evaluate and predict: epochs, batches, callbacks, progress."""
import contextlib
import time

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DataError, FastnnError
from fastnn.models import data as adapter
from fastnn.runtime import extension

mix_rows = extension("order").shuffle
SLICE_NS = 100_000_000                          # how long the engine runs between two looks at progress and signals
SHUFFLE_STREAM = 0x5F5F


def _batch_size(value, name="batch_size"):
    if value is None:
        return 32
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ArgumentError(f"{name}: received {value!r}, expected an int >= 1.")
    return int(value)


def _callbacks(model, callbacks, verbose, history, **params):
    from fastnn.callbacks import CallbackList
    if isinstance(callbacks, CallbackList):
        return callbacks
    verbose = 1 if verbose == "auto" else int(verbose)
    return CallbackList(
        callbacks, add_history=history, add_progbar=verbose != 0, model=model, verbose=verbose, **params
    )


class _ArrayEpoch:
    """Rows in memory: whole runs of equal batches go to the engine at once."""

    def __init__(self, model, kind, arrays, batch_size, steps=None):
        self.feed = model._feed(kind, *arrays)
        self.feed.bind(*arrays)
        self.rows = len(self.feed.arrays[0])
        self.batch = min(batch_size, self.rows)
        full, tail = divmod(self.rows, self.batch)
        self.plan = [(full, self.batch)] + ([(1, tail)] if tail else [])
        self.steps = full + bool(tail)
        if steps is not None and steps < self.steps:
            self.plan = [(min(full, steps), self.batch)] + ([(1, tail)] if steps > full and tail else [])
            self.steps = steps
        self.model = model
        for _, rows in self.plan:
            self.feed.program(rows)             # errors in the graph or in shapes show before anything has run

    def prepare(self, order):
        """Set the array that holds the row order (None: as they lie); its contents may change between epochs."""
        self.feed.reorder(order)

    def run(self, each_batch, begin, end, watch):
        """Run all batches.  each_batch: call begin/end round every batch; else `watch(done)` now and then."""
        feed, done, model = self.feed, 0, self.model
        feed.rewind()
        for count, rows in self.plan:
            while count > 0:
                if each_batch:
                    begin(done)
                program = feed.program(rows)    # after the hooks, which may change what it was made from
                if each_batch:
                    ran = program.run(1, rows)
                    end(done)
                else:
                    ran = program.run(count, rows, time.monotonic_ns() + SLICE_NS if watch else 0)
                    if watch:
                        watch(done + ran - 1)
                count, done = count - ran, done + ran
                if model.stop_training and each_batch:
                    return done
        return done


class _BatchEpoch:
    """Batches from a generator or PyDataset: one engine run each."""

    def __init__(self, model, kind, source, steps, class_weight=None):
        self.model, self.kind, self.source, self.class_weight = model, kind, adapter.Batches(source), class_weight
        self.steps = steps if steps is not None else self.source.length
        self.given = steps
        self.rows = self.good = None

    def prepare(self, order):
        """The source decides the order."""

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

    def run(self, each_batch, begin, end, watch):
        """Run all batches of one pass over the source."""
        done = 0
        for x, y, w in self.source.epoch(self.given):
            with self._named(done, x):
                arrays = self.model._arrays(x, y, w, self.class_weight if self.kind == "train" else None, self.kind)
            begin(done)
            with self._named(done, x):
                run_batch(self.model, self.kind, arrays)
            end(done)
            self.good, done = x, done + 1
            if self.model.stop_training and self.kind == "train":
                break
        if done == 0:
            raise DataError("The data source gave no batch: the generator is used up, or the data set is empty.")
        self.steps, self.good = self.steps or done, None
        return done


def _shapes(structure):
    """The shapes of the arrays of a structure, as text."""
    return ", ".join(str(np.shape(a)) for a in adapter.flatten(structure))


def run_batch(model, kind, arrays):
    """One run of the plan for these arrays as one batch; returns its feed."""
    feed = model._feed(kind, *arrays)
    feed.bind(*arrays)
    feed.rewind()
    rows = len(feed.arrays[0])
    feed.program(rows).run(1, rows)
    return feed


def one_batch(model, kind, x, y, weight):
    """train_on_batch and test_on_batch; returns the logs of this batch alone."""
    model.reset_metrics()
    run_batch(model, kind, (x, y, weight))
    return model._logs()


def _epoch(model, kind, x, y, weight, batch_size, steps, class_weight=None):
    if adapter.is_batches(x):
        if y is not None or weight is not None:
            raise ArgumentError("`y` and `sample_weight` must not be given when x yields batches: let it yield "
                                "(x, y) or (x, y, sample_weight).")
        return _BatchEpoch(model, kind, x, steps, class_weight)
    arrays = model._arrays(x, y, weight, class_weight)
    return _ArrayEpoch(model, kind, arrays, batch_size, steps)


def fit(model, x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
        sample_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq):
    """See Trainer.fit."""
    batch_size = _batch_size(batch_size)
    for name, value in (("epochs", epochs), ("initial_epoch", initial_epoch)):
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < 0:
            raise ArgumentError(f"{name}: received {value!r}, expected an int >= 0.")
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
    epoch_runner = _epoch(model, "train", x, y, sample_weight, batch_size, steps_per_epoch, class_weight)
    validation = None
    if validation_data is not None:
        vx, vy, vw = (
            (validation_data, None, None) if adapter.is_batches(validation_data) else adapter.unpack(validation_data)
        )
        validation = _epoch(
            model, "test", vx, vy, vw, _batch_size(validation_batch_size or batch_size), validation_steps
        )
    listeners = _callbacks(model, callbacks, verbose, True, epochs=epochs, steps=epoch_runner.steps)
    model.stop_training = False
    seed, rows = config.seed(), epoch_runner.rows
    model._initial_epoch = None
    listeners.on_train_begin()
    if model._initial_epoch is not None:        # BackupAndRestore found where an earlier run stopped
        initial_epoch = model._initial_epoch
    logs, order = {}, np.empty(rows, np.int64) if shuffle and rows else None
    epoch_runner.prepare(order)
    try:
        for epoch in range(initial_epoch, epochs):
            model.reset_metrics()
            listeners.on_epoch_begin(epoch)
            if order is not None:
                mix_rows(order, seed, SHUFFLE_STREAM + epoch)
            _run(model, epoch_runner, listeners, "train")
            logs = model._logs()
            if validation is not None and _due(epoch, validation_freq):
                model.reset_metrics()
                listeners.on_test_begin()
                _run(model, validation, listeners, "test")
                val = model._logs()
                listeners.on_test_end(val)
                logs = {**logs, **{f"val_{k}": v for k, v in val.items()}}
            listeners.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
    except BaseException as error:
        listeners.on_train_abort(error, logs)
        raise
    if getattr(model.optimizer, "use_ema", False):
        model.optimizer.finalize_variable_values(model.trainable_variables)
    listeners.on_train_end(logs)
    return model.history


def _due(epoch, freq):
    if isinstance(freq, (list, tuple, set)):
        return epoch + 1 in freq
    return (epoch + 1) % int(freq) == 0


def _run(model, runner, listeners, kind):
    """One pass with the hooks of `kind` ("train", "test"); batch hooks only where somebody listens."""
    begin = getattr(listeners, f"on_{kind}_batch_begin")
    if kind == "train" and getattr(model.optimizer, "python_per_batch", False):
        hook = begin

        def begin(step):                        # a learning rate in plain Python is asked before every batch
            model.optimizer.refresh()
            hook(step)
    end = getattr(listeners, f"on_{kind}_batch_end")
    each = listeners.wants_batches(kind) or (kind == "train" and getattr(model.optimizer, "python_per_batch", False))
    watches = listeners.wants_progress(kind)
    runner.run(each, begin, lambda step: end(step, model._logs()),
               (lambda step: listeners.progress(kind, step, model._logs)) if watches and not each else None)


def evaluate(model, x, y, batch_size, verbose, sample_weight, steps, callbacks):
    """See Trainer.evaluate; returns logs."""
    runner = _epoch(model, "test", x, y, sample_weight, _batch_size(batch_size), steps)
    listeners = _callbacks(model, callbacks, verbose, False, epochs=1, steps=runner.steps)
    model.reset_metrics()
    model.stop_evaluating = False
    listeners.on_test_begin()
    _run(model, runner, listeners, "test")
    logs = model._logs()
    listeners.on_test_end(logs)
    return logs


def predict(model, x, batch_size, verbose, steps, callbacks):
    """See Trainer.predict."""
    batch_size = _batch_size(batch_size)
    if adapter.is_batches(x):
        parts = []
        for bx, _, _ in adapter.Batches(x).epoch(steps):
            bx, _, _ = model._arrays(bx, None, None, what="predict")
            parts.append(predict_arrays(model, bx, batch_size))
        if not parts:
            raise DataError("predict: the data source gave no batch.")
        leaves = [np.concatenate(group) for group in zip(*map(adapter.flatten, parts))]
        return adapter.like(parts[0], leaves)
    x, _, _ = model._arrays(x, None, None, what="predict")
    listeners = None
    if callbacks or (verbose not in (0, "auto") and len(adapter.flatten(x)[0]) > batch_size):
        steps_all = -(-len(adapter.flatten(x)[0]) // batch_size)
        listeners = _callbacks(model, callbacks, verbose, False, epochs=1, steps=steps_all)
    return predict_arrays(model, x, batch_size, steps, listeners)


def predict_arrays(model, x, batch_size, steps=None, listeners=None):
    """Outputs for checked arrays, batch by batch."""
    feed = model._feed("predict", x)
    feed.bind(x)
    feed.rewind()
    n = len(feed.arrays[0])
    results, at, step = None, 0, 0
    if listeners:
        listeners.on_predict_begin()
    while at < n and (steps is None or step < steps):
        rows = min(batch_size, n - at)
        program = feed.program(rows)
        if listeners:
            listeners.on_predict_batch_begin(step)
        program.run(1, rows)
        if results is None:
            total = n if steps is None else min(n, steps * batch_size)
            results = [np.empty((total, *o.shape[1:]), o.dtype) if o.ndim else np.empty((total,), o.dtype)
                       for o in program.outputs]
        for r, o in zip(results, program.outputs):
            r[at:at + rows] = o
        if listeners:
            listeners.on_predict_batch_end(step, {"outputs": feed.outputs_like([r[at:at + rows] for r in results])})
        at, step = at + rows, step + 1
    if listeners:
        listeners.on_predict_end()
    return feed.outputs_like(results)

