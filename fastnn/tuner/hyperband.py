"""Hyperband: many trials for a few epochs, the best of them for more (successive halving)."""

from __future__ import annotations

import math
from typing import Any

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError
from fastnn.tuner.oracle import Oracle
from fastnn.tuner.trial import TrialStatus
from fastnn.tuner.tuner import Tuner


class HyperbandOracle(Oracle):
    """Rounds of brackets: see Li et al., "Hyperband", Journal of Machine Learning Research 18 (2018).

    A bracket begins with random values, trained for a few epochs; of each round's trials the best go on, `factor` times
    fewer for `factor` times as many epochs. The first bracket halves the most, the last is random search.

    Args:
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_epochs: of a trial that goes all the way, an int.
        factor: int >= 2.
        hyperband_iterations: passes over all brackets, an int.
        kwargs: as of `Oracle`.
    """

    def __init__(
        self,
        objective: Any = None,
        max_epochs: int = 100,
        factor: int = 3,
        hyperband_iterations: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(objective, **kwargs)
        self.max_epochs = count("max_epochs", max_epochs)
        if isinstance(factor, bool) or not isinstance(factor, (int, float)) or factor < 2:
            raise ArgumentError(f"factor needs to be a int larger than 1. Received: factor={factor!r}.")
        self.factor = factor
        self.hyperband_iterations = count("hyperband_iterations", hyperband_iterations)
        self.iteration, self.bracket, self.round = 0, self.brackets() - 1, 0
        self._waiting: list[dict[str, Any]] | None = None  # values of the round's trials that are to come
        self._last: list[str] = []  # ids of the round before

    def settings(self) -> dict[str, Any]:
        """See Oracle."""
        return {**super().settings(), "max_epochs": self.max_epochs, "factor": self.factor}

    # ------------------------------------------------------------------ sizes
    def brackets(self) -> int:
        """How many brackets there are."""
        brackets, epochs = 0, float(self.max_epochs)
        while epochs >= 1:
            brackets, epochs = brackets + 1, epochs / self.factor
        return brackets

    def size(self, bracket: int, round_: int) -> int:
        """How many trials a round has: brackets take about the same number of epochs in all.

        Args:
            bracket: its number; 0 is random search.
            round_: its number in the bracket, from 0.
        """
        last = math.ceil(1 + math.log(self.max_epochs, self.factor)) / (bracket + 1)
        return math.ceil(last * self.factor ** (bracket - round_))

    def epochs(self, bracket: int, round_: int) -> int:
        """The epochs that a trial of a round has had at its end.

        Args:
            bracket: its number; 0 is random search.
            round_: its number in the bracket, from 0.
        """
        return math.ceil(self.max_epochs / self.factor ** (bracket - round_))

    # ------------------------------------------------------------------ proposals
    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See Oracle.

        Args:
            trial_id: the trial's id, text.
        """
        while self.iteration < self.hyperband_iterations:
            if self.round > 0:
                found = self._promoted()
            elif len(self._last) < self.size(self.bracket, 0):
                values = self.random_values(trial_id)
                found = None if values is None else self._with_plan(values, 0)
            else:
                found = None
            if found is not None:
                self._last.append(trial_id)
                return {"status": "RUNNING", "values": found}
            if self.running():
                return {"status": "IDLE"}
            if not self._next_round():
                break
        return {"status": "STOPPED"}

    def _with_plan(self, values: dict[str, Any], past_epochs: int) -> dict[str, Any]:
        plan = {"epochs": self.epochs(self.bracket, self.round), "initial_epoch": past_epochs, "bracket": self.bracket,
                "round": self.round}  # fmt: skip
        return {**values, **{f"tuner/{name}": value for name, value in plan.items()}}

    def _promoted(self) -> dict[str, Any] | None:
        """The values of the next of the trials that go on, or None."""
        return self._waiting.pop(0) if self._waiting else None

    def _next_round(self) -> bool:
        """The trials of a round are done: plan the next one, of this bracket or another; False where nothing is."""
        done = [self.trials[i] for i in self._last if self.trials[i].status == TrialStatus.COMPLETED]
        begun = bool(self._last)
        if self.round < self.bracket and done:
            sign = -1 if self.objective.direction == "max" else 1
            done.sort(key=lambda t: (t.score != t.score, sign * (t.score or 0), t.number))
            past = self.epochs(self.bracket, self.round)
            self.round += 1
            best = done[: self.size(self.bracket, self.round)]
            self._waiting = [
                {**self._with_plan(t.hyperparameters.values, past), "tuner/trial_id": t.trial_id} for t in best
            ]
            self._last = []
            return True
        self._waiting, self._last, self.round = None, [], 0
        self.bracket -= 1
        if self.bracket < 0:
            self.bracket, self.iteration = self.brackets() - 1, self.iteration + 1
        return begun

    def refined(self) -> None:
        """See Oracle: where all passes are done there is one more."""
        self.hyperband_iterations = max(self.hyperband_iterations, self.iteration + 1)


class Hyperband(Tuner):
    """Search by successive halving: many trials for a few epochs, the best of them for more. `epochs` of `search` has
    no effect.

    Args:
        hypermodel: a function build(hp) that returns a compiled model, or a HyperModel; None where `run_trial` is
            overridden.
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_epochs: of a trial that goes all the way; trials go on from the weights of the round before.
        factor: how many times fewer trials a round has than the one before, for so many times more epochs.
        hyperband_iterations: passes over all brackets.
        seed: an int; None draws one.
        hyperparameters: HyperParameters: a space, or values, known beforehand; or None.
        tune_new_entries: whether what `build` asks for besides those is searched.
        allow_new_entries: whether it may ask for others at all.
        max_retries_per_trial: how often a trial that fails is tried again.
        max_consecutive_failed_trials: after so many failures in a row the search ends.
        kwargs: as of `Tuner`: directory, project_name, overwrite, executions_per_trial, jobs, ...

    >>> import fastnn, numpy as np, tempfile
    >>> def build(hp):
    ...     model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    ...     model.compile(fastnn.optimizers.SGD(hp.Float("rate", 1e-4, 1.0, sampling="log")), "mse")
    ...     return model
    >>> tuner = Hyperband(build, "loss", max_epochs=4, factor=2, seed=1, directory=tempfile.mkdtemp())
    >>> tuner.search(np.eye(2), np.ones(2), verbose=0)
    >>> [t.hyperparameters["tuner/epochs"] for t in tuner.oracle.trials.values()]
    [1, 1, 1, 1, 2, 2, 4, 2, 2, 2, 4, 4, 4, 4, 4]
    """

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_epochs: int = 100,
        factor: int = 3,
        hyperband_iterations: int = 1,
        seed: int | None = None,
        hyperparameters: Any = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        oracle = HyperbandOracle(
            objective,
            max_epochs,
            factor,
            hyperband_iterations,
            seed=seed,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        super().__init__(oracle, hypermodel, **kwargs)

    def fit_arguments(self, trial: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        """See Tuner: the epochs of the round.

        Args:
            trial: the Trial.
            kwargs: the arguments of `search`.
        """
        values = trial.hyperparameters.values
        return {**kwargs, "epochs": values["tuner/epochs"], "initial_epoch": values["tuner/initial_epoch"]}

    def prepare(self, trial: Any, model: Any) -> None:
        """See Tuner: weights of the round before.

        Args:
            trial: the Trial.
            model: its model, compiled.
        """
        earlier = trial.hyperparameters.values.get("tuner/trial_id")
        if earlier is not None:
            self.load_weights(earlier, model)
