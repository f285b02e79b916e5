"""Panda: one model watched over its training and changed by hand, with the history marked."""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple

import numpy as np

from fastnn.callbacks import Callback
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError, ArgumentTypeError, NotBuiltError, SearchError
from fastnn.core.registry import suggest
from fastnn.core.types import Array
from fastnn.graph import Variable
from fastnn.models.model import Model
from fastnn.saving.files import write_file
from fastnn.tuner.chart import chart
from fastnn.tuner.table import brief


class Mark(NamedTuple):
    """A change by hand: before which epoch, of what, from what, to what."""

    epoch: int
    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.name}: {brief(self.before)} -> {brief(self.after)}"


class RateRange(NamedTuple):
    """What `find_learning_rate` has found.

    rates: (steps,).  losses: (steps,) smoothed losses at those rates.  suggestion: the rate at which the loss falls the
    fastest.
    """

    rates: Array
    losses: Array
    suggestion: float

    def plot(self, path: Any = None) -> str:
        """The losses over the rates, as SVG text; path: a file to write it to, or None."""
        marks = {float(self.suggestion): f"suggestion {self.suggestion:.2g}"}
        lines = {"loss": (self.rates, self.losses)}
        return _written(chart(lines, "Loss by learning rate", "learning rate", marks, log_x=True), path)


def _written(svg: str, path: Any) -> str:
    if path is not None:
        write_file(os.fspath(path), svg.encode())
    return svg


class _Rising(Callback):
    """Raises the learning rate from batch to batch, and ends where the loss has exploded."""

    def __init__(self, rates: Array) -> None:
        super().__init__()
        self.rates, self.losses = rates, list[float]()

    def on_train_begin(self, logs: Any = None) -> None:
        self.model.optimizer.learning_rate = float(self.rates[0])

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After one batch."""
        loss = float((logs or {})["loss"])
        self.losses.append(loss)
        best = min(v for v in self.losses if math.isfinite(v)) if math.isfinite(self.losses[0]) else math.inf
        if not math.isfinite(loss) or (len(self.losses) > 10 and loss > 4 * max(best, 1e-12) + abs(self.losses[0])):
            self.model.stop_training = True
        elif epoch + 1 < len(self.rates):
            self.model.optimizer.learning_rate = float(self.rates[epoch + 1])


class Panda:
    """One model, watched and changed by hand: train a few epochs, look, change a number, train on.

    Args:
        model: a compiled Model.
        data: x, or x and y: the first arguments of `model.fit`.
        fit_arguments: of `model.fit`, for every call of `train`: x, y, batch_size, validation_data, ...

    >>> import fastnn
    >>> model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    >>> model.compile(fastnn.optimizers.SGD(0.1), "mse")
    >>> panda = Panda(model, x=np.eye(2), y=np.ones(2))
    >>> panda.train(3).set(learning_rate=0.01).train(2).epoch
    5
    >>> [str(mark) for mark in panda.marks]
    ['learning_rate: 0.1 -> 0.01']
    """

    def __init__(self, model: Any, *data: Any, **fit_arguments: Any) -> None:
        if not isinstance(model, Model):
            raise ArgumentTypeError(f"Panda: received model={model!r}, expected a compiled Model.")
        if not model.compiled:
            raise NotBuiltError("Panda: the model is not compiled; call compile() before.")
        if len(data) > 2:
            raise ArgumentError(f"Panda: received {len(data)} arguments besides the model, expected x, or x and y.")
        for name in ("epochs", "initial_epoch"):
            if name in fit_arguments:
                raise ArgumentError(f"Panda: {name} is what train(epochs) says; leave it out.")
        self.model = model
        self.arguments = {"verbose": 0, **dict(zip(("x", "y"), data, strict=False)), **fit_arguments}
        self.history: dict[str, list[float]] = {}
        self.marks: list[Mark] = []
        self.epoch = 0
        self._kept: list[tuple[int, Any]] = []

    # ------------------------------------------------------------------ going on, and back
    def train(self, epochs: int = 1) -> Panda:
        """Train for some epochs more; returns itself. What was before can be had again: see `back`.

        Args:
            epochs: how many, an int.
        """
        count("epochs", epochs)
        self._kept.append((self.epoch, self._state()))
        history = self.model.fit(**self.arguments, initial_epoch=self.epoch, epochs=self.epoch + epochs)
        for name, values in history.history.items():
            line = self.history.setdefault(name, [math.nan] * self.epoch)
            line.extend(values)
        self.epoch += len(history.epoch)
        return self

    def _state(self) -> Any:
        """Weights, slots and the place in the random numbers."""
        model = self.model
        arrays = [[np.array(v) for v in variables] for variables in (model.variables, model.optimizer.variables)]
        return model._random_position(), arrays

    def _put_back(self, state: Any) -> None:
        position, arrays = state
        for variables, values in zip((self.model.variables, self.model.optimizer.variables), arrays, strict=True):
            for k, variable in enumerate(variables):  # what was made since begins at zero
                variable.assign(values[k] if k < len(values) else np.zeros(variable.shape))
        self.model._set_random_position(position)

    def back(self) -> Panda:
        """Go to where the last `train` began, with all that was changed since undone; returns itself.

        Raises SearchError where there is nothing to undo.
        """
        if not self._kept:
            raise SearchError("back: nothing was trained, so there is nothing to undo.")
        epoch, state = self._kept.pop()
        self._put_back(state)
        for mark in reversed([m for m in self.marks if m.epoch > epoch]):
            self._assign(mark.name, mark.before)
        self.epoch, self.marks = epoch, [m for m in self.marks if m.epoch <= epoch]
        self.history = {name: values[:epoch] for name, values in self.history.items()}
        return self

    # ------------------------------------------------------------------ changing numbers
    def numbers(self) -> dict[str, float]:
        """The optimizer's numbers that `set` takes, with their values."""
        found: dict[str, float] = {}
        for name, given in self.model.optimizer.get_config().items():
            if isinstance(given, dict):  # a schedule
                continue
            value = getattr(self.model.optimizer, name, None)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found[name] = float(value)
            elif isinstance(value, Variable) and value.shape == ():
                found[name] = float(np.asarray(value))
        return found

    def set(self, **numbers: float) -> Panda:
        """Change numbers of the optimizer before the next epoch, and mark it in the history; returns itself.

        Args:
            numbers: learning_rate, momentum, beta_1, weight_decay, ...: see `numbers`.

        Raises ArgumentError for a name that the optimizer has not, before any number has changed.
        """
        known = self.numbers()
        for name, value in numbers.items():
            if name not in known:
                raise ArgumentError(
                    f"set: {type(self.model.optimizer).__name__} has no number {name!r}."
                    f"{suggest(name, known)} It has {', '.join(sorted(known))}."
                )
            number(name, value)
        for name, value in numbers.items():
            self._assign(name, float(value))
            self.marks.append(Mark(self.epoch, name, known[name], float(value)))
        return self

    def _assign(self, name: str, value: float) -> None:
        optimizer = self.model.optimizer
        before = getattr(optimizer, name)
        if isinstance(before, Variable) and name != "learning_rate":
            before.assign(value)
        else:
            setattr(optimizer, name, value)

    # ------------------------------------------------------------------ looking
    def find_learning_rate(self, lowest: float = 1e-6, highest: float = 10.0, steps: int = 100) -> RateRange:
        """Raise the learning rate from batch to batch on a copy of the weights, and say where the loss falls fastest.

        The model is as before afterwards.

        See Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017.

        Args:
            lowest, highest: of the rates, which go by factors.
            steps: batches, an int.
        """
        number("lowest", lowest, 0)
        number("highest", highest, 0)
        count("steps", steps, 3)
        if not 0 < lowest < highest:
            raise ArgumentError(
                f"find_learning_rate: received lowest={lowest} and highest={highest}; expected less and more."
            )
        if "learning_rate" not in self.numbers():
            raise ArgumentError("find_learning_rate: the learning rate is a schedule; compile with a number.")
        rates = np.geomspace(lowest, highest, steps)
        rising = _Rising(rates)
        rate = self.numbers()["learning_rate"]
        state = self._state()
        own = {k: v for k, v in self.arguments.items() if not k.startswith("validation") and k != "callbacks"}
        kept = getattr(self.model, "history", None)
        try:
            self.model.fit(**{**own, "verbose": 0}, epochs=steps, steps_per_epoch=1, callbacks=[rising])
        finally:
            self._put_back(state)
            self._assign("learning_rate", rate)
            self.model.history = kept
        losses = np.array(rising.losses)
        smooth = _smoothed(losses[np.isfinite(losses)])
        if len(smooth) < 3:
            raise SearchError(
                f"find_learning_rate: the loss is {rising.losses[-1]} after {len(rising.losses)} batches at a rate of "
                f"{rates[len(rising.losses) - 1]:.2g}; expected at least three numbers. Begin with a lower rate, and "
                "look at the data."
            )
        used = rates[: len(smooth)]
        slopes = np.gradient(smooth, np.log(used))
        end = int(np.argmin(smooth)) + 1
        return RateRange(used, smooth, float(used[int(np.argmin(slopes[: max(end, 2)]))]))

    def plot(self, path: Any = None) -> str:
        """The history with its marks, as SVG text; path: a file to write it to, or None.

        Raises SearchError where nothing was trained.
        """
        if not self.epoch:
            raise SearchError("plot: nothing was trained; call train() before.")
        epochs = np.arange(1, self.epoch + 1)
        lines = {name: (epochs[: len(v)], np.array(v)) for name, v in self.history.items() if name.endswith("loss")}
        marks: dict[float, str] = {}
        for mark in self.marks:
            at = mark.epoch + 0.5
            marks[at] = f"{marks[at]}, {mark}" if at in marks else str(mark)
        return _written(chart(lines, "Loss by epoch, changes marked", "epoch", marks), path)

    def __str__(self) -> str:
        lines = [f"{self.epoch} epochs"]
        for name, values in self.history.items():
            lines.append(f"  {name}: " + " ".join(f"{v:.4g}" for v in values[-5:]))
        lines += [f"  before epoch {mark.epoch + 1}: {mark}" for mark in self.marks]
        return "\n".join(lines)


def _smoothed(losses: Array, share: float = 0.8) -> Array:
    """Means over the past that forget, without the pull of the beginning.

    >>> _smoothed(np.array([2.0, 2.0, 2.0])).round(9).tolist()
    [2.0, 2.0, 2.0]
    """
    out, mean = np.empty(len(losses)), 0.0
    for k, loss in enumerate(losses):
        mean = share * mean + (1 - share) * float(loss)
        out[k] = mean / (1 - share ** (k + 1))
    return out
