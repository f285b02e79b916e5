"""Random search: values drawn evenly on their scales."""

from __future__ import annotations

from typing import Any

from fastnn.tuner.oracle import Oracle
from fastnn.tuner.tuner import Tuner


class RandomSearchOracle(Oracle):
    """Draws values that were not tried before.  Arguments as of `Oracle`; max_trials is 10 unless it is given."""

    def __init__(self, objective: Any = None, max_trials: int | None = 10, **kwargs: Any) -> None:
        super().__init__(objective, max_trials, **kwargs)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See Oracle."""
        values = self.random_values(trial_id)
        return {"status": "STOPPED"} if values is None else {"status": "RUNNING", "values": values}


class RandomSearch(Tuner):
    """Search by random values.

    hypermodel: a function build(hp) that returns a compiled model, or a HyperModel.  objective, max_trials, seed,
    hyperparameters, tune_new_entries, allow_new_entries, max_retries_per_trial, max_consecutive_failed_trials: as of
    `Oracle`.  kwargs: as of `Tuner`: directory, project_name, overwrite, executions_per_trial, jobs, ...

    Trials whose models have one structure are trained side by side (`fit_many`); their numbers are the same as alone.

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
