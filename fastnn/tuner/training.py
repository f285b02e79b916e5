"""How the models of a trial, or of several, are built and trained."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import warnings
from collections.abc import Iterable
from typing import Any

from fastnn import optimizers
from fastnn.callbacks import TensorBoard
from fastnn.core import config
from fastnn.core.errors import FailedTrialError, FatalTypeError
from fastnn.models.many import fit_many
from fastnn.models.model import Model
from fastnn.tuner.hooks import TunerCallback
from fastnn.tuner.hypermodel import HyperModel
from fastnn.tuner.hyperparameters import HyperParameters
from fastnn.tuner.oracle import Oracle
from fastnn.tuner.results import BestEpoch, Numbers, numbers_of
from fastnn.tuner.trial import Trial
from fastnn.tuner.work import begin, outcome_of, seed_of

HOOKS = ("on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end")
LARGE = 2_000_000  # weights of a model from which on trials are trained one at a time: the gain is in small ones


def _filed(callbacks: list[Any], trial: Trial, execution: int) -> list[Any]:
    """Callbacks, of which TensorBoard logs each execution to a folder of its own."""
    for callback in callbacks:
        if isinstance(callback, TensorBoard):
            callback.log_dir = os.path.join(callback.log_dir, trial.trial_id, f"execution{execution}")
    return callbacks


class Training:
    """The part of a Tuner that builds and trains."""

    oracle: Oracle
    hypermodel: Any
    executions_per_trial: int
    max_model_size: int | None
    optimizer: Any
    loss: Any
    metrics: Any
    distribution_strategy: Any
    save_model: Any

    # ------------------------------------------------------------------ one trial
    def numbers(self, trial: Trial, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Numbers:
        """Run a trial; its numbers.

        Args:
            trial: the Trial.
            args, kwargs: of `search`.
        """
        results = self.run_trial(trial, *args, **copy.copy(kwargs))
        return numbers_of(results, self.oracle.objective, f"{type(self).__name__}.run_trial()")

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """Build and train the models of a trial. To be overridden for trials of another kind.

        Args:
            trial: its `hyperparameters` have the values.
            args, kwargs: of `search`.

        Returns a number (to make small, where there is no objective), a dict {name: value}, a History, or a list of
        those, one for each execution.
        """
        best = BestEpoch(self.oracle.objective, self._is_strict(kwargs))
        callbacks = kwargs.pop("callbacks", None) or []
        results, model = [], None
        for execution in range(self.executions_per_trial):
            own = [*_filed(self._copied(callbacks), trial, execution), *self._watching(trial), best]
            begin(seed_of(self.oracle.seed, trial.number, execution))
            results.append(
                self._build_and_fit_model(trial, *args, **self.fit_arguments(trial, {**kwargs, "callbacks": own}))
            )
            model = best.model
        self._keep(trial, model, best)
        return results

    def _build_and_fit_model(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        model = self._try_build(trial.hyperparameters)
        self.prepare(trial, model)
        config.set_seed(config.seed())  # what fit draws does not depend on how much build has drawn
        results = self.hypermodel.fit(trial.hyperparameters, model, *args, **kwargs)
        numbers_of(results, self.oracle.objective, "HyperModel.fit()")
        return results

    def fit_arguments(self, trial: Trial, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments of `fit` for a trial, from those of `search`.

        Args:
            trial: the Trial.
            kwargs: those of `search`.
        """
        return kwargs

    def prepare(self, trial: Trial, model: Any) -> None:
        """Do something to the model of a trial before it is trained.

        Args:
            trial: the Trial.
            model: its model.
        """

    def _is_strict(self, kwargs: dict[str, Any]) -> bool:
        """Whether the logs of every epoch must have the objective."""
        own = self.hypermodel is not None and type(self.hypermodel).fit is HyperModel.fit
        return own and not self.oracle.takes_numbers and kwargs.get("validation_freq", 1) == 1

    def _watching(self, trial: Trial) -> list[Any]:
        own = any(getattr(type(self), name) is not getattr(Training, name) for name in HOOKS)
        return [TunerCallback(self, trial)] if own else []

    def _copied(self, callbacks: Any) -> list[Any]:
        try:
            return copy.deepcopy(list(callbacks) if isinstance(callbacks, Iterable) else [callbacks])
        except Exception as error:
            raise FatalTypeError(
                "All callbacks used during a search should be deep-copyable (since they are reused across trials). "
                f"It is not possible to do `copy.deepcopy({callbacks})`: {error}"
            ) from error

    def _try_build(self, hp: HyperParameters) -> Any:
        """A compiled model of these values."""
        with contextlib.ExitStack() as stack:
            if self.distribution_strategy is not None:
                stack.enter_context(self.distribution_strategy.scope())
            model = self.hypermodel.build(hp if self.hypermodel.tunable else hp.copy())
        if not isinstance(model, Model):
            raise FatalTypeError(
                "Expected the model-building function, or HyperModel.build() to return a valid Keras Model instance. "
                f"Received: {model} of type {type(model)}."
            )
        self._override_compile_args(model)
        size = model.count_params() if model.built else 0
        if self.max_model_size and size > self.max_model_size:
            raise FailedTrialError(f"Oversized model: {size} parameters. Skip model.")
        return model

    def _override_compile_args(self, model: Any) -> None:
        if not (self.optimizer or self.loss or self.metrics):
            return
        given = model._trainer().compile_config or {}
        chosen = self.optimizer
        if chosen is not None and not isinstance(chosen, str):
            chosen = optimizers.deserialize(optimizers.serialize(chosen))  # one for each model
        model.compile(
            optimizer=chosen or (model.optimizer if model.compiled else "rmsprop"),
            loss=self.loss or (model.loss if model.compiled else None),
            metrics=self.metrics or given.get("metrics"),
        )

    def _keep(self, trial: Trial, model: Any, best: BestEpoch) -> None:
        """Write the weights of the best epoch."""
        if model is not None and best.weights is not None:
            model.set_weights(best.weights)
            self.save_model(trial.trial_id, model)

    # ------------------------------------------------------------------ several trials side by side
    def run_together(self, trials: list[Trial], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """{trial id: its state} of those trials that could be trained side by side: all or none.

        Whatever goes wrong, they are tried again, one at a time.

        Args:
            trials: a list of Trials.
            args, kwargs: of `search`.
        """
        known = {repr(self.fit_arguments(t, {"epochs": kwargs.get("epochs", 1)})) for t in trials}
        if len(known) > 1:
            return {}
        began = [(t, [(h.name, tuple(h.conditions)) for h in t.hyperparameters.space]) for t in trials]
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                found = self._trained_together(trials, args, kwargs)
        except Exception:
            found = None  # it is found out below, by each alone, whose it is
        if found is None:
            for trial, space in began:
                hps = trial.hyperparameters
                hps.space = [h for h in hps.space if (h.name, tuple(h.conditions)) in space]
            return {}
        for warning in said:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        return found

    def _trained_together(
        self, trials: list[Trial], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> dict[str, Any] | None:
        executions = [(t, e) for t in trials for e in range(self.executions_per_trial)]
        watching = [BestEpoch(self.oracle.objective, self._is_strict(kwargs)) for _ in executions]
        models, seeds = [], []
        for trial, execution in executions:
            seeds.append(seed_of(self.oracle.seed, trial.number, execution))
            begin(seeds[-1])
            models.append(self._try_build(trial.hyperparameters))
            self.prepare(trial, models[-1])
            if models[-1].count_params() > LARGE if models[-1].built else False:
                return None
        asked = self.fit_arguments(trials[0], dict(kwargs))
        callbacks = asked.pop("callbacks", None) or []
        histories = fit_many(
            models, *args, **asked, seeds=seeds, callbacks=lambda k: [*self._copied(callbacks), watching[k]]
        )
        found, n = {}, self.executions_per_trial
        for k, trial in enumerate(trials):
            own = slice(k * n, (k + 1) * n)
            best = functools.reduce(BestEpoch.better, watching[own])
            self._keep(trial, models[k * n], best)
            found[trial.trial_id] = outcome_of(
                self, trial, lambda o=own: numbers_of(histories[o], self.oracle.objective, "HyperModel.fit()")
            )
        return found

    # ------------------------------------------------------------------ hooks
    def on_search_begin(self) -> None:
        """Before the first trial."""

    def on_search_end(self) -> None:
        """After the last trial."""

    def on_trial_begin(self, trial: Trial) -> None:
        """Before a trial, in the process of the search.

        Args:
            trial: the Trial.
        """

    def on_trial_end(self, trial: Trial) -> None:
        """After a trial, in the process of the search; it is on disk.

        Args:
            trial: the Trial.
        """

    def on_epoch_begin(self, trial: Trial, model: Any, epoch: int, logs: Any = None) -> None:
        """Before an epoch of a trial.

        Args:
            trial: the Trial.
            model: its model.
            epoch: its number, from 0.
            logs: {name: number} of its logs, or None.
        """

    def on_epoch_end(self, trial: Trial, model: Any, epoch: int, logs: Any = None) -> None:
        """After an epoch of a trial.

        Args:
            trial: the Trial.
            model: its model.
            epoch: its number, from 0.
            logs: {name: number} of its logs, or None.
        """

    def on_batch_begin(self, trial: Trial, model: Any, batch: int, logs: Any = None) -> None:
        """Before a batch of a trial.

        Args:
            trial: the Trial.
            model: its model.
            batch: its number, from 0.
            logs: {name: number} of its logs, or None.
        """

    def on_batch_end(self, trial: Trial, model: Any, batch: int, logs: Any = None) -> None:
        """After a batch of a trial.

        Args:
            trial: the Trial.
            model: its model.
            batch: its number, from 0.
            logs: {name: number} of its logs, or None.
        """
