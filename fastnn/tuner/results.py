"""What a trial returns, and the numbers that a search takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fastnn.callbacks import Callback, History
from fastnn.core.arguments import real
from fastnn.core.errors import FatalTypeError, FatalValueError
from fastnn.tuner.objective import DefaultObjective, Objective


class Numbers(NamedTuple):
    """metrics: {name: value} at the best epoch.  score: of the objective.  step: the best epoch, from 0."""

    metrics: dict[str, float]
    score: float
    step: int


def numbers_of(results: Any, objective: Objective, where: str) -> Numbers:
    """The numbers of what a trial returned; means over a list of executions.

    results: a History, a dict, a number, or a list of those.

    Raises FatalTypeError for anything else, FatalValueError where the objective is not in it.

    >>> numbers_of([{"loss": 2.0}, {"loss": 4.0}], Objective("loss", "min"), "fit()").score
    3.0
    """
    if isinstance(results, list):
        if not results:
            raise FatalTypeError(f"{where} returned an empty list; expected the result of at least one execution.")
        parts = [numbers_of(part, objective, where) for part in results]
        shared = [name for name in parts[0].metrics if all(name in part.metrics for part in parts)]
        metrics = {name: float(np.mean([part.metrics[name] for part in parts])) for name in shared}
        step = int(np.mean([part.step for part in parts]))
        return Numbers(metrics, float(np.mean([part.score for part in parts])), step)
    number = real(results)
    if number is not None:
        return Numbers({objective.name: number}, number, 0)
    if results is None:
        raise FatalTypeError(f"The return value of {where} is None. Did you forget to return the metrics?")
    history = isinstance(results, History)
    if isinstance(objective, DefaultObjective) and not (isinstance(results, dict) and objective.name in results):
        raise FatalTypeError(
            f"Expected the return value of {where} to be a single float when `objective` is left unspecified. Received "
            f"return value: {results} of type {type(results)}. Return the number, or say what it is: objective="
            '"val_loss".'
        )
    if not history and not isinstance(results, dict):
        raise FatalTypeError(
            f"Expected the return value of {where} to be one of float, dict, keras.callbacks.History, or a list of one "
            f"of these types. Received return value: {results} of type {type(results)}."
        )
    epochs = _epochs(results.history) if history else [results]
    if not epochs:
        raise FatalValueError(f"{where} returned a History of no epochs; expected at least one: pass epochs >= 1.")
    if not objective.has_value(epochs[0]):
        raise FatalValueError(objective.missing(epochs[0]))
    best = objective.best_of([objective.get_value(logs) for logs in epochs])
    logs = {name: float(value) for name, value in epochs[best].items() if real(value) is not None}
    score = float(objective.get_value(epochs[best]))
    return Numbers({**logs, objective.name: score}, score, best)


def _epochs(history: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """The logs of each epoch: what was not measured in every one (validation_freq) is in those in which it was."""
    most = max((len(values) for values in history.values()), default=0)
    whole = {name: values for name, values in history.items() if len(values) == most}
    if len(whole) == len(history):
        return [{name: values[k] for name, values in history.items()} for k in range(most)]
    least = min(len(values) for values in history.values())
    gap = max(most // max(least, 1), 1)
    return [
        {**{name: values[min((k + 1) * gap, most) - 1] for name, values in whole.items()},
         **{name: values[k] for name, values in history.items() if name not in whole}}
        for k in range(least)
    ]  # fmt: skip


class BestEpoch(Callback):
    """Keeps a copy of the weights of the best epoch, over all runs of `fit` that it is given to.

    strict: whether an epoch whose logs lack the objective is an error that ends the search; else the last weights are
    kept.
    """

    def __init__(self, objective: Objective, strict: bool) -> None:
        super().__init__()
        self.objective, self.strict = objective, strict
        self.best: float | None = None
        self.weights: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the logs."""
        logs = {} if logs is None else logs
        if not self.objective.has_value(logs):
            if self.strict:
                raise FatalValueError(self.objective.missing(logs))
            return
        value = float(self.objective.get_value(logs))
        if self.best is None or self.objective.better_than(value, self.best):
            self.best, self.weights = value, self.model.get_weights()

    def on_light_epoch_end(self, epoch: int, logs: Any) -> None:
        """The same where logs are calculated on request (models/means.py)."""
        self.on_epoch_end(epoch, logs)

    def better(self, later: BestEpoch) -> BestEpoch:
        """This one, or one of a later run whose best epoch is better."""
        if later.best is None or (self.best is not None and not self.objective.better_than(later.best, self.best)):
            return self
        return later

    def on_train_end(self, logs: Any = None) -> None:
        """Where no epoch had the objective: keep the last weights."""
        if self.best is None:
            self.weights = self.model.get_weights()
