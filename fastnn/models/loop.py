"""The loops behind fit, evaluate and predict: epochs, callbacks, results."""

import numpy as np

from fastnn.callbacks import CallbackList
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, DataError
from fastnn.models import conduct, script, sparse
from fastnn.models import data as adapter
from fastnn.models import receipt as receipts
from fastnn.models.eager_step import say_once
from fastnn.models.rounds import Round
from fastnn.models.runs import aside
from fastnn.models.sources import RowSource, ran_out, run_batch, source_of
from fastnn.models.watch import Watch
from fastnn.utils.triples import unpack_x_y_sample_weight


def listeners_of(model, callbacks, verbose, history, **params):
    """The CallbackList of a run: the user's callbacks, with a History and a progress bar where they are due."""
    verbose = 1 if verbose == "auto" else int(verbose)
    if isinstance(callbacks, CallbackList):
        made = callbacks
        made.complete(model, history, {"verbose": verbose, **params})
    else:
        made = CallbackList(
            callbacks, add_history=history, add_progbar=verbose != 0, model=model, verbose=verbose, **params
        )
    made.outside = aside(model) if callbacks else None
    return conduct.conducted(made, model, history)


def fit(
    model,
    x,
    y,
    batch_size,
    epochs,
    verbose,
    callbacks,
    validation_split,
    validation_data,
    shuffle,
    class_weight,
    sample_weight,
    initial_epoch,
    steps_per_epoch,
    validation_steps,
    validation_batch_size,
    validation_freq,
    checkpoint,
    resume,
    receipt=None,
    nan="continue",
):
    """See Trainer.fit."""
    batch_size = count("batch_size", batch_size, none=True)
    batches = adapter.is_batches(x)
    if validation_split and validation_data is None:
        if batches:
            raise ArgumentError(
                "Argument `validation_split` is only supported for tensors or NumPy arrays. Received a generator or "
                "data set: pass validation_data."
            )
        if sparse.any_sparse(x, y, sample_weight):
            (x, y, sample_weight), validation_data = sparse.split(validation_split, [x, y, sample_weight])
            validation_data = tuple(validation_data)
    if validation_split and validation_data is None:
        x, y, sample_weight = (
            adapter.convert(s, n) for s, n in ((model._standard_x(x), "x"), (y, "y"), (sample_weight, "sample_weight"))
        )
        adapter.row_count(("x", x), *([("y", y)] if y is not None else []))
        (x, y, sample_weight), validation_data = adapter.split_validation(validation_split, (x, y, sample_weight))
    source = source_of(model, "train", x, y, sample_weight, batch_size, steps_per_epoch, class_weight, shuffle)
    conduct.compare(model, "fit", {"epochs": range(initial_epoch, epochs)}, data=source)
    with conduct.together():
        source.compile()
    asks = model._trainer().steps["train"].asks
    if asks or getattr(model, "run_eagerly", False):
        say_once(verbose, asked=bool(asks))
    validation = None
    if validation_data is not None:
        vx, vy, vw = (
            (validation_data, None, None)
            if adapter.is_batches(validation_data)
            else unpack_x_y_sample_weight(validation_data)
        )
        validation = source_of(
            model,
            "test",
            vx,
            vy,
            vw,
            batch_size if validation_batch_size is None else count("validation_batch_size", validation_batch_size),
            validation_steps,
        )
        conduct.compare(model, "fit", validation=validation)
        with conduct.together():
            validation.compile()
    listeners = listeners_of(model, callbacks, verbose, True, epochs=epochs, steps=source.steps)
    own = model._trainer()
    outer = own.source, own.validation, own.keeping
    own.source, own.validation, own.keeping, done = source, validation, None, False
    model.stop_training, model._initial_epoch = False, None
    watch = own.steps["train"].watch = Watch(nan)
    source.number = own.shared.next_fit()
    try:
        receipts.begin(model, receipt, source, validation, listeners, range(initial_epoch, epochs))
        asked = checkpoint is not None or resume is True or resume not in (False, "auto") or script.is_on()
        folder = own.keep(model).ask(checkpoint, resume) if asked else None
        if asked and own.keeping.finished(epochs):
            own.keeping.load_finished(listeners)
        else:
            listeners.on_train_begin()  # BackupAndRestore may ask for checkpoints, too
            keeping = own.keep(model) if conduct.any_keeps(own.keeping) else None
            found = None if keeping is None else keeping.begin(listeners)
            if found is not None:
                source.number = own.shared.next_fit()
                listeners.load_state_dict(found)
            listeners.train_has_begun(found)
            if model._initial_epoch is not None:  # found where an earlier run stopped
                initial_epoch = model._initial_epoch
            span = range(initial_epoch, epochs)
            _train(model, source, validation, validation_freq, listeners, span, keeping, watch)
        done = True
        if folder is not None:
            script.is_finished(folder)
    finally:
        keeping, (own.source, own.validation, own.keeping) = own.keeping, outer
        if keeping is not None:
            keeping.close(done)
    return listeners.history


@conduct.together()
def _train(model, source, validation, validation_freq, listeners, epochs, keeping, watch):
    """The epochs of fit, and its end."""
    resume = None if keeping is None else keeping.resume
    logs, epoch, ended = {}, epochs.start - 1, False
    if resume is None:
        source.seek(passes=epochs.start)
    else:
        keeping.seek()
        logs, ended = resume["logs"], resume["ended"]
        if ended and not resume["batch"]:
            epochs = range(0)
    try:
        for epoch in epochs:
            model.reset_metrics()
            listeners.on_epoch_begin(epoch)
            if keeping is not None:
                keeping.epoch = epoch
            done = resume["batch"] if resume else 0
            ran = 0
            if not done or not (resume["over"] or resume["stopped"]):
                metrics = resume["metrics"] if done else None
                ran = source.run(Round(model, "train", listeners, metrics=metrics, keeping=keeping), done) - done
            if not ran and not done:
                if epoch == epochs.start and resume is None:
                    raise DataError(
                        "The data source gave no batch: it is used up or empty. When passing a Python generator to a "
                        "Keras model, the generator must yield at least one batch."
                    )
                break  # it ended with the epoch before
            watch.epoch_is_over()
            logs, resume = resume["logs"] if done and not ran else model._logs(), None
            if validation is not None and due(epoch, validation_freq):
                if keeping is not None:
                    keeping.before_validation(done + ran, logs)
                val = _validate(model, validation, listeners, keeping)
                logs = {**logs, **{f"val_{k}": v for k, v in val.items()}}
            listeners.on_epoch_end(epoch, logs)
            if keeping is not None:
                keeping.after_epoch(epoch, logs)
            if ended or model.stop_training or source.used_up or (validation is not None and validation.used_up):
                if epoch + 1 < epochs.stop and not model.stop_training:
                    ran_out()
                break
    except BaseException as error:
        listeners.on_train_abort(error, logs)
        raise
    optimizer = model.optimizer
    if getattr(optimizer, "built", False) and optimizer.has_final_values:
        optimizer.finalize_variable_values(model.trainable_variables)
    listeners.on_train_end(logs)
    if keeping is not None:
        keeping.finish(epoch + 1, logs)


def _validate(model, validation, listeners, keeping=None):
    """The logs of one evaluation on the validation data; {} where they are used up."""
    model.reset_metrics()
    model.stop_evaluating = False
    validation.seek()
    listeners.on_test_begin()
    logs = model._logs() if validation.run(Round(model, "test", listeners, keeping=keeping)) else {}
    listeners.on_test_end(logs)
    return logs


def due(epoch, freq):
    """Whether an epoch (counted from 0) ends with a validation; freq: see Trainer.fit."""
    if isinstance(freq, (list, tuple, set)):
        return epoch + 1 in freq
    return (epoch + 1) % int(freq) == 0


def evaluate(model, x, y, batch_size, verbose, sample_weight, steps, callbacks):
    """See Trainer.evaluate; returns logs."""
    source = source_of(model, "test", x, y, sample_weight, count("batch_size", batch_size, none=True), steps)
    conduct.compare(model, "evaluate", data=source)
    return _evaluate(model, source, verbose, callbacks)


@conduct.together()
def _evaluate(model, source, verbose, callbacks):
    source.compile()
    listeners = listeners_of(model, callbacks, verbose, False, epochs=1, steps=source.steps)
    model.stop_evaluating = False
    model.reset_metrics()
    listeners.on_test_begin()
    if not source.run(Round(model, "test", listeners)):
        raise DataError("evaluate: the data source gave no batch.")
    logs = model._logs()
    listeners.on_test_end(logs)
    return logs


def predict(model, x, batch_size, verbose, steps, callbacks):
    """See Trainer.predict."""
    source = source_of(model, "predict", x, None, None, count("batch_size", batch_size, none=True), steps)
    conduct.compare(model, "predict", data=source)
    return _predict(model, source, verbose, callbacks)


@conduct.together()
def _predict(model, source, verbose, callbacks):
    source.compile()
    many = source.steps is None or source.steps > 1
    listeners = None
    if callbacks or (verbose != 0 if many else verbose in (1, 2)):
        listeners = listeners_of(model, callbacks, verbose, False, epochs=1, steps=source.steps)
    results = _Results(source)
    model.stop_predicting = False
    if listeners:
        listeners.on_predict_begin()
    if not source.run(Round(model, "predict", listeners, results)):
        raise DataError("predict: the data source gave no batch.")
    if listeners:
        listeners.on_predict_end()
    return results.whole()


def predict_batch(model, x):
    """The outputs of one batch of checked arrays."""
    results = _Results(None)
    results.add(*run_batch(model._trainer().steps["predict"], (x,)))
    return results.whole()


class _Results:
    """The outputs of predict, batch after batch; rows whose number is known beforehand go where they will stay."""

    def __init__(self, source):
        self.rows = min(source.rows, source.until * source.batch) if isinstance(source, RowSource) else None
        self.step, self.whole_arrays, self.parts = None, None, []
        self.before = self.at = self.marked = 0

    def add(self, step, rows):
        """Take the outputs of a batch of a CompiledStep."""
        outputs = step.program.outputs
        self.step, self.at = step, self.at + rows
        if self.rows is not None and any(o.ndim == 0 or len(o) != rows for o in outputs):
            # the model joined or cut rows: what it made is put one after another, as in Keras
            cuts = [(0, self.before), (self.before, self.at - rows)] if self.whole_arrays else []
            self.parts = [[w[a:b] for w in self.whole_arrays] for a, b in cuts if b > a]
            self.rows, self.marked = None, sum(a < b <= self.before for a, b in cuts)
        if self.rows is None:
            self.parts.append([o.copy() for o in outputs])
            return
        if self.whole_arrays is None:
            self.whole_arrays = [np.empty((self.rows, *o.shape[1:]), o.dtype) for o in outputs]
        for whole, o in zip(self.whole_arrays, outputs):
            whole[self.at - rows : self.at] = o

    def mark(self):
        """From here on outputs are the last."""
        self.before, self.marked = self.at, len(self.parts)

    def last(self):
        """The outputs of the batches since `mark`, in the model's structure."""
        if self.rows is None:
            return self.step.outputs_like(_joined(self.parts[self.marked :]))
        return self.step.outputs_like([whole[self.before : self.at] for whole in self.whole_arrays])

    def whole(self):
        """All rows, in the model's structure."""
        if self.rows is not None:
            leaves = [whole[: self.at] if self.at < len(whole) else whole for whole in self.whole_arrays]
        else:
            leaves = _joined(self.parts)
        return self.step.outputs_like(leaves)


def _joined(parts):
    """Lists of arrays, batch after batch, as one list."""
    return [group[0] if len(group) == 1 else np.concatenate(group) for group in zip(*parts)]
