"""Grid search: all values, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastnn.tuner.hyperparameters import HyperParameters
from fastnn.tuner.kinds import HyperParameter
from fastnn.tuner.oracle import Oracle
from fastnn.tuner.tuner import Tuner


class GridSearchOracle(Oracle):
    """All combinations of values of what is active; ranges without steps give ten values each.

    The last hyperparameter changes first. What a build asks for only with some values joins the grid from the next
    round on.

    Args:
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, None for all.
        kwargs: as of `Oracle`.
    """

    def __init__(self, objective: Any = None, max_trials: int | None = None, **kwargs: Any) -> None:
        super().__init__(objective, max_trials, **kwargs)
        self._grid: Iterator[dict[str, Any]] | None = None

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See Oracle.

        Args:
            trial_id: the trial's id, text.
        """
        if self._grid is None:
            self._grid = combinations(list(self.hyperparameters.space))
        for values in self._grid:
            if self._signature(values) not in self._tried:
                return {"status": "RUNNING", "values": values}
        return {"status": "STOPPED"}

    def draws(self, number: int) -> None:
        """None: what the grid did not know has its default value; the grid comes to the others.

        Args:
            number: of the trial in the search, from 0.
        """

    def end_round(self) -> None:
        """See Oracle."""
        before = len(self.hyperparameters.space)
        super().end_round()
        if len(self.hyperparameters.space) != before:
            self._grid = None

    def refined(self) -> None:
        """See Oracle."""
        self._grid = None


def combinations(space: list[HyperParameter]) -> Iterator[dict[str, Any]]:
    """All values of a space; where conditions do not hold a hyperparameter has none.

    >>> hp = HyperParameters()
    >>> kind = hp.Choice("kind", ["a", "b"])
    >>> units = hp.Int("units", 1, 2, parent_name="kind", parent_values=["b"])
    >>> [*combinations(hp.space)]
    [{'kind': 'a'}, {'kind': 'b', 'units': 1}, {'kind': 'b', 'units': 2}]
    """
    hps = HyperParameters()

    def rest(k: int) -> Iterator[dict[str, Any]]:
        if k == len(space):
            yield dict(hps.values)
            return
        hp = space[k]
        if not hps.is_active(hp) or hp.name in hps.values:
            yield from rest(k + 1)
            return
        for value in hp.values:
            hps.values[hp.name] = value
            yield from rest(k + 1)
        del hps.values[hp.name]

    return rest(0)


class GridSearch(Tuner):
    """Search through all combinations.

    Args:
        hypermodel: a function build(hp) that returns a compiled model, or a HyperModel; None where `run_trial` is
            overridden.
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, None for all.
        seed: an int; None draws one.
        hyperparameters: HyperParameters: a space, or values, known beforehand; or None.
        tune_new_entries: whether what `build` asks for besides those is searched.
        allow_new_entries: whether it may ask for others at all.
        max_retries_per_trial: how often a trial that fails is tried again.
        max_consecutive_failed_trials: after so many failures in a row the search ends.
        kwargs: as of `Tuner`: directory, project_name, overwrite, executions_per_trial, jobs, ...

    >>> import fastnn, numpy as np, tempfile
    >>> def build(hp):
    ...     model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(hp.Int("units", 1, 2)),
    ...                                fastnn.layers.Dense(1, use_bias=hp.Boolean("bias"))])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> tuner = GridSearch(build, "loss", directory=tempfile.mkdtemp())
    >>> tuner.search(np.eye(2), np.ones(2), epochs=2, verbose=0)
    >>> [t.hyperparameters.values["units"] for t in tuner.oracle.trials.values()]
    [1, 1, 2, 2]
    """

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int | None = None,
        seed: int | None = None,
        hyperparameters: Any = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        oracle = GridSearchOracle(
            objective,
            max_trials,
            seed=seed,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        super().__init__(oracle, hypermodel, **kwargs)
