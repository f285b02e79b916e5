"""Random search: values drawn evenly on their scales."""

from __future__ import annotations

from typing import Any

from fastnn.tuner.oracle import Oracle
from fastnn.tuner.tuner import Tuner


class RandomSearchOracle(Oracle):
    """Draws values that were not tried before.

    Args:
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, an int.
        kwargs: as of `Oracle`.
    """

    def __init__(self, objective: Any = None, max_trials: int | None = 10, **kwargs: Any) -> None:
        super().__init__(objective, max_trials, **kwargs)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See Oracle.

        Args:
            trial_id: the trial's id, text.
        """
        values = self.random_values(trial_id)
        return {"status": "STOPPED"} if values is None else {"status": "RUNNING", "values": values}


class RandomSearch(Tuner):
    """Search by random values.

    Trials whose models have one structure are trained side by side (`fit_many`); their numbers are the same as alone.

    Args:
        hypermodel: a function build(hp) that returns a compiled model, or a HyperModel; None where `run_trial` is
            overridden.
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, an int.
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
    ...     model.compile(fastnn.optimizers.Adam(hp.Float("rate", 1e-4, 1.0, sampling="log")), "mse")
    ...     return model
    >>> tuner = RandomSearch(build, "loss", max_trials=3, seed=1, directory=tempfile.mkdtemp())
    >>> tuner.search(np.eye(2), np.ones(2), epochs=20, verbose=0)
    >>> len(tuner.oracle.trials), tuner.get_best_models()[0].count_params()
    (3, 3)
    """

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int = 10,
        seed: int | None = None,
        hyperparameters: Any = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        oracle = RandomSearchOracle(
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
