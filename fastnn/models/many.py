"""fit_many: several models trained side by side, each with the bits of a training of its own.

Models of one structure have one plan (compiler/compile.py), bound once for each.  Their tapes are walked together: an
instruction for a few of them, then the next (runtime/together.pxi).  What surrounds an epoch is asked for once.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastnn.callbacks import History
from fastnn.core import config, switches
from fastnn.core.errors import ArgumentError, ArgumentTypeError, NotBuiltError
from fastnn.core.types import Array, Structure
from fastnn.distribution.strategies import uncut
from fastnn.graph.variable import zero
from fastnn.models import checks, loop, runs, sparse
from fastnn.models import data as adapter
from fastnn.models import receipt as receipts
from fastnn.models.means import Means
from fastnn.models.model import Model
from fastnn.models.side_by_side import Walk, named, width_of
from fastnn.models.sources import source_of
from fastnn.models.step import has_own, side_by_side
from fastnn.models.watch import Watch
from fastnn.utils.interactive import say
from fastnn.utils.triples import unpack_x_y_sample_weight


def fit_many(
    models: Sequence[Any],
    x: Structure,
    y: Structure = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = 0,
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool | str = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Structure = None,
    initial_epoch: int = 0,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    rows: Sequence[Any] | None = None,
    validation_rows: Sequence[Any] | None = None,
    seeds: Sequence[int] | None = None,
    nan: str = "continue",
) -> list[History]:
    """Train several models on the same data, in one thread; each ends with the bits of its own `model.fit`.

    Models of one structure (other seeds, rates, folds) share one plan and walk it together, which takes less time the
    smaller they are. Any others, and those whose callbacks want every batch, are trained one after the other.

    Args:
        models: compiled models that share no variables.
        x, y, batch_size, epochs, validation_split, validation_data, shuffle, class_weight, sample_weight,
            initial_epoch, validation_batch_size, validation_freq, nan: as in `Model.fit`, but x and validation_data are
            arrays.
        verbose: 0, or 1 for a line at the end of each epoch.
        callbacks: a list, of which each model gets a copy, or a function (number of the model) that makes one.
        rows: None, or for each model the indices of the rows of x that it is trained on: as `model.fit(x[rows],
            y[rows])`.
        validation_rows: likewise the rows of x that it is validated on.
        seeds: None, or for each model an int, as after `utils.set_random_seed(seed)`.

    Returns the History of each model, in their order. Raises ArgumentError for models that are no models, come twice or
    share variables, and what `fit` raises; an error of one model says which, and ends the training of all.

    >>> import fastnn
    >>> def network(seed):
    ...     model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1, kernel_initializer=
    ...                                fastnn.initializers.GlorotUniform(seed))])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> histories = fit_many([network(seed) for seed in range(3)], np.eye(2), np.ones(2), epochs=5)
    >>> [len(h.history["loss"]) for h in histories]
    [5, 5, 5]
    """
    models = _checked(models)
    checks.check_arguments(
        batch_size=batch_size,
        epochs=epochs,
        verbose=verbose,
        callbacks=None if callable(callbacks) else callbacks,
        shuffle=shuffle,
        validation_split=validation_split,
        initial_epoch=initial_epoch,
        validation_batch_size=validation_batch_size,
        validation_freq=validation_freq,
        nan=nan,
    )
    for name, data in (("x", x), ("validation_data", validation_data)):
        if data is not None and adapter.is_batches(data):
            raise ArgumentTypeError(
                f"fit_many: received {name} of type {type(data).__name__}, a source of batches; expected arrays, which "
                "all models can read."
            )
        if sparse.any_sparse(*(data if name != "x" and data is not None else (x, y, sample_weight))):
            raise ArgumentTypeError(f"fit_many: {name} has a sparse matrix; expected arrays: pass its toarray().")
    epochs = switches.limited("epochs", epochs, switches.max_epochs())
    x, y, sample_weight = (_converted(s, n) for s, n in ((x, "x"), (y, "y"), (sample_weight, "sample_weight")))
    chosen = [_rows("rows", rows, models, x), _rows("validation_rows", validation_rows, models, x)]
    if seeds is not None and len(seeds) != len(models):
        raise ArgumentError(f"fit_many: seeds has {len(seeds)} entries, expected one for each of {len(models)} models.")
    if validation_rows is not None and (validation_data is not None or validation_split):
        raise ArgumentError("fit_many: validation_rows beside validation_data or validation_split; pass one of them.")
    if validation_split and validation_data is None:
        if rows is not None:
            raise ArgumentError("fit_many: validation_split beside rows; pass validation_rows instead.")
        (x, y, sample_weight), validation_data = adapter.split_validation(validation_split, (x, y, sample_weight))
    validation_batch = batch_size if validation_batch_size is None else validation_batch_size
    span = range(initial_epoch, epochs)
    how = _How(span, verbose, batch_size, shuffle, class_weight, validation_batch, validation_freq)
    members = [_Member(k, model) for k, model in enumerate(models)]
    with uncut(), runs.run_many(models, "train"):
        try:
            for member in members:  # all that moves variables comes first: plans would be made again after it
                with named(member):
                    if seeds is not None:
                        config.set_seed(seeds[member.number])
                    member.model._ensure_built(x)
                    side_by_side(member.model)
            for member, seed in zip(members, seeds or ()):
                member.model._trainer().shared.take_seed(seed)
            for member in members:
                with named(member):
                    own = [None if part is None else part[member.number] for part in chosen]
                    copied = callbacks(member.number) if callable(callbacks) else copy.deepcopy(callbacks)
                    member.open((x, y, sample_weight), validation_data, own, how, copied, nan)
            for some in _lots(members):
                _train(some, how)
        finally:
            for member in members:
                member.close()
    return [member.listeners.history for member in members]


class _How(NamedTuple):
    """The arguments of a training that are the same for all models."""

    span: range  # of epochs
    verbose: int | str
    batch_size: int | None
    shuffle: bool | str
    class_weight: dict[int, float] | None
    validation_batch: int | None
    freq: int | Sequence[int]


def _checked(models: Any) -> list[Any]:
    if isinstance(models, Model) or not isinstance(models, (list, tuple)):
        raise ArgumentTypeError(f"fit_many: received models={models!r}, expected a list of compiled models.")
    if not models:
        raise ArgumentError("fit_many: received no models, expected a list of compiled models.")
    owner: dict[int, int] = {}
    for k, model in enumerate(models):
        if not isinstance(model, Model):
            raise ArgumentTypeError(f"fit_many: models[{k}] is {model!r}, expected a Model.")
        if not model.compiled:
            raise NotBuiltError(f"fit_many: models[{k}] is not compiled; call compile() before.")
        parts = [model, *([model.optimizer] if model.optimizer else []), *model.variables, *model.metrics]
        for part in parts:
            if owner.setdefault(id(part), k) != k:
                what = getattr(part, "path", None) or getattr(part, "name", type(part).__name__)
                raise ArgumentError(
                    f"fit_many: models {owner[id(part)]} and {k} have {what!r} in common; expected models that share "
                    "nothing: what one learns would change the other. Build each anew, or use clone_model and compile."
                )
    return list(models)


def _converted(structure: Structure, name: str) -> Structure:
    return None if structure is None else adapter.convert(adapter.sorted_keys(structure), name)


def _rows(name: str, rows: Any, models: list[Any], x: Structure) -> list[Array] | None:
    """The rows of each model as int64 indices, or None."""
    if rows is None:
        return None
    if len(rows) != len(models):
        raise ArgumentError(f"fit_many: {name} has {len(rows)} entries, expected one for each of {len(models)} models.")
    most, found = len(adapter.flatten(x)[0]), []
    for k, part in enumerate(rows):
        array = np.asarray(part)
        if array.ndim != 1 or not array.size or array.dtype.kind not in "iu":
            raise ArgumentError(
                f"fit_many: {name}[{k}] has shape {array.shape}, dtype {array.dtype}; expected a list of row numbers."
            )
        if array.min() < 0 or array.max() >= most:
            raise ArgumentError(f"fit_many: {name}[{k}] goes from {array.min()} to {array.max()}, x has {most} rows.")
        found.append(np.ascontiguousarray(array, np.int64))
    return found


class _Member:
    """One model of fit_many: its data, its callbacks, what it has come to.  It is one run of `loop.fit`, in pieces.

    quiet: where nobody looks at all of an epoch's logs, the metrics' totals of all epochs, whose means are taken at
    the end.  light: callbacks that then ask these for single logs, by `on_light_epoch_end(epoch, means)`.
    """

    def __init__(self, number, model):
        self.number, self.model, self.outer = number, model, None
        self.logs: dict[str, Any] = {}

    def open(self, data, validation_data, chosen, how, callbacks, nan):
        """Before all: what can be wrong with the data is, before anything is trained."""
        model, own = self.model, self.model._trainer()
        rows, validation_rows = chosen
        made = functools.partial(source_of, model)
        x, y, w = data
        self.source = made("train", x, y, w, how.batch_size, None, how.class_weight, how.shuffle, rows)
        self.source.compile()
        self.validation = None
        if validation_data is not None:
            self.validation = made("test", *unpack_x_y_sample_weight(validation_data), how.validation_batch, None)
        elif validation_rows is not None:
            self.validation = made("test", x, y, w, how.validation_batch, None, chosen=validation_rows)
        if self.validation is not None:
            self.validation.compile()
        self.listeners = loop.listeners_of(model, callbacks, 0, True, epochs=how.span.stop, steps=self.source.steps)
        self.outer = own.source, own.validation, own.keeping
        own.source, own.validation, own.keeping = self.source, self.validation, None
        model.stop_training, model._initial_epoch = False, None
        self.watch = own.steps["train"].watch = Watch(nan)
        self.source.number = own.shared.next_fit()
        receipts.begin(model, None, self.source, self.validation, self.listeners, how.span)
        self.light = [c for c in self.listeners.callbacks if hasattr(c, "on_light_epoch_end")]
        others = [c for c in self.listeners.callbacks if c not in self.light and type(c) is not History]
        seen = how.verbose or others
        self.quiet = None if seen or has_own(model, "train") or has_own(model, "test") else Means.of(model.metrics)

    def begin_training(self, how: _How) -> None:
        """Before the first epoch."""
        self.listeners.on_train_begin()
        self.listeners.train_has_begun(None)
        self.source.seek(passes=how.span.start)

    def begin_epoch(self, epoch: int) -> None:
        """Before the batches of training."""
        if self.quiet is None:
            self.model.reset_metrics()
            self.listeners.on_epoch_begin(epoch)

    def end_epoch(self) -> None:
        """After the batches of training."""
        self.watch.epoch_is_over()
        if self.quiet is None:
            self.logs = self.model._logs()
        else:
            self.quiet.note("")

    def begin_validation(self) -> None:
        """Before the batches of validation."""
        self.validation.seek()
        if self.quiet is None:
            self.model.reset_metrics()
            self.model.stop_evaluating = False
            self.listeners.on_test_begin()

    def end_validation(self) -> None:
        """After the batches of validation."""
        if self.quiet is not None:
            self.quiet.note("val_")
            return
        found = self.model._logs()
        self.listeners.on_test_end(found)
        self.logs = {**self.logs, **{f"val_{name}": value for name, value in found.items()}}

    def end_of_epoch(self, epoch: int) -> None:
        """After validation, if there was one."""
        if self.quiet is None:
            self.listeners.on_epoch_end(epoch, self.logs)
        else:
            self.listeners.history.epoch.append(epoch)
            for callback in self.light:
                callback.on_light_epoch_end(epoch, self.quiet)

    def tell(self) -> None:
        """Let the history have what was noted without a look."""
        if self.quiet is not None:
            history = self.listeners.history.history
            for name, values in self.quiet.results().items():
                history.setdefault(name, []).extend(values)
            self.quiet = None

    def end_training(self) -> None:
        """After the last epoch."""
        self.tell()
        optimizer = self.model.optimizer
        if getattr(optimizer, "built", False):
            optimizer.finalize_variable_values(self.model.trainable_variables)
        self.listeners.on_train_end(self.logs)

    def abort(self, error: BaseException) -> None:
        """In place of end_training, where one of the models failed."""
        self.tell()
        self.listeners.on_train_abort(error, self.logs)

    def close(self) -> None:
        """Whatever has happened: the model's trainer is as before."""
        if self.outer is not None:
            own = self.model._trainer()
            own.source, own.validation, own.keeping = self.outer


def _lots(members: list[_Member]) -> Iterator[list[_Member]]:
    """Members that are trained from the first epoch to the last before others begin: as many as walk together."""
    at = 0
    while at < len(members):
        source = members[at].source
        program = source.step.compiled(source.feed, source.batch).program
        width = 1 if source.step.is_python() else width_of(program)
        yield members[at : at + width]
        at += width


def _train(members: list[_Member], how: _How) -> None:
    """The epochs of some members, and their ends; see loop._train."""
    training, validating = Walk("train"), Walk("test")
    alive, validates = list(members), members[0].validation is not None
    totals = _totals(alive)
    try:
        for member in members:
            member.begin_training(how)
        for epoch in how.span:
            zero(totals)
            for member in alive:
                member.begin_epoch(epoch)
            training.run(alive)
            for member in alive:
                member.end_epoch()
            if validates and loop.due(epoch, how.freq):
                zero(totals)
                for member in alive:
                    member.begin_validation()
                validating.run(alive)
                for member in alive:
                    member.end_validation()
            for member in alive:
                member.end_of_epoch(epoch)
            if how.verbose:
                _say(epoch, how.span.stop, alive)
            if any(member.model.stop_training for member in alive):
                alive = [member for member in alive if not member.model.stop_training]
                totals = _totals(alive)
                if not alive:
                    break
    except BaseException as error:
        for member in members:
            member.abort(error)
        raise
    for member in members:
        member.end_training()


def _totals(members: list[_Member]) -> list[Any]:
    """The variables that quiet members measure with: `zero` is the reset_state of their metrics."""
    return [v for member in members if member.quiet is not None for v in member.quiet.variables]


def _say(epoch: int, epochs: int, alive: list[_Member]) -> None:
    """A line at the end of an epoch: the least and the largest of each log."""
    ranges = []
    for name in alive[0].logs:
        values = [member.logs[name] for member in alive if np.ndim(member.logs.get(name, ())) == 0]
        ranges += [f"{name}: {min(values):.4g} to {max(values):.4g}"] if values else []
    say(f"Epoch {epoch + 1}/{epochs} - {len(alive)} models - {' - '.join(ranges)}\n")
