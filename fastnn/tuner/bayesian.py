"""Bayesian optimization: what was measured says where to look next."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np

from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError
from fastnn.core.extras import missing
from fastnn.core.types import Array
from fastnn.tuner.gaussian import GaussianProcess
from fastnn.tuner.kinds import Boolean, Choice, HyperParameter
from fastnn.tuner.oracle import Oracle
from fastnn.tuner.trial import Trial, TrialStatus
from fastnn.tuner.tuner import Tuner

SAMPLERS = ("auto", "optuna", "gaussian")
CANDIDATES = 400  # random points that are looked at for each proposal, and as many near the best trial


class BayesianOptimizationOracle(Oracle):
    """Proposals from a model of the results so far.

    Args:
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, an int.
        num_initial_points: random trials before; None: three for each hyperparameter.
        alpha: noise of the objective, as a share of its variance (of the Gaussian process).
        beta: how much a spread of the expectation is worth (of the Gaussian process).
        together: trials that are proposed at a time, without one another's results: so many can work at once.
        sampler: "optuna" (its tree-structured Parzen estimator), "gaussian" (a Gaussian process, lower confidence
            bound), or "auto": Optuna where it is installed.
        kwargs: as of `Oracle`.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = 10,
        num_initial_points: int | None = None,
        alpha: float = 1e-4,
        beta: float = 2.6,
        together: int = 1,
        sampler: str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(objective, max_trials, **kwargs)
        if sampler not in SAMPLERS:
            raise ArgumentError(f"sampler: received {sampler!r}, expected one of {SAMPLERS}.")
        found = importlib.util.find_spec("optuna") is not None
        if sampler == "optuna" and not found:
            raise missing('sampler="optuna"', "optuna", 'sampler="gaussian" needs no package.')
        self.sampler = ("optuna" if found else "gaussian") if sampler == "auto" else sampler
        self.num_initial_points = count("num_initial_points", num_initial_points, none=True)
        self.alpha, self.beta = float(number("alpha", alpha, 0)), float(number("beta", beta, 0))
        self.together = count("together", together)

    def settings(self) -> dict[str, Any]:
        """See Oracle."""
        own = {k: getattr(self, k) for k in ("sampler", "num_initial_points", "alpha", "beta", "together")}
        return {**super().settings(), **own}

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """See Oracle.

        Args:
            trial_id: the trial's id, text.
        """
        known = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED and math.isfinite(t.score or 0.0)]
        initial = self.num_initial_points or max(3 * len(self.searched()), 1)
        random = len(self.trials) < initial or len(known) < 2
        most = self.together if not random else initial - len(self.trials) + len(self.running())
        if len(self.running()) >= max(most, 1):
            return {"status": "IDLE"}
        values = None
        if not random:
            values = (self._by_optuna if self.sampler == "optuna" else self._by_process)(int(trial_id), known)
        if values is None or self._signature(values) in self._tried:
            values = self.random_values(trial_id)
        return {"status": "STOPPED"} if values is None else {"status": "RUNNING", "values": values}

    def _losses(self, trials: list[Trial]) -> Array:
        sign = -1.0 if self.objective.direction == "max" else 1.0
        return np.array([sign * float(t.score or 0.0) for t in trials])

    # ------------------------------------------------------------------ a Gaussian process
    def _vector(self, values: dict[str, Any]) -> list[float]:
        """Values as a point: places on the scales, a column for each of unordered choices; the middle for none."""
        point: list[float] = []
        for hp in self.searched():
            there = hp.name in values and all(c.is_active(values) for c in hp.conditions)
            if isinstance(hp, Choice) and not hp.ordered and len(hp.values) > 2:
                point += [float(there and values[hp.name] == v) for v in hp.values]
            elif there and not (isinstance(hp, Choice) and values[hp.name] not in hp.values):
                point.append(min(max(hp.value_to_prob(values[hp.name]), 0.0), 1.0))
            else:
                point.append(0.5)
        return point

    def _by_process(self, number_: int, known: list[Trial]) -> dict[str, Any] | None:
        """The candidate whose expectation, less `beta` spreads, is the lowest."""
        rng = np.random.default_rng([self.seed, number_])
        x = np.array([self._vector(t.hyperparameters.values) for t in known])
        losses = self._losses(known)
        process = GaussianProcess(x, losses, self.alpha)
        waiting = [self._vector(t.hyperparameters.values) for t in self.running()]
        if waiting:  # as if they had come out as expected: others look elsewhere
            x = np.concatenate([x, np.array(waiting)])
            losses = np.concatenate([losses, process.predict(np.array(waiting))[0]])
            process = GaussianProcess(x, losses, self.alpha)
        best = known[int(np.argmin(self._losses(known)))].hyperparameters.values

        def near(hp: HyperParameter) -> Any:
            value = best.get(hp.name)
            if value is None or rng.random() < 0.2 or (isinstance(hp, Choice) and value not in hp.values):
                return hp.prob_to_value(rng.random())
            if isinstance(hp, Boolean) or (isinstance(hp, Choice) and not hp.ordered):
                return value
            place = hp.value_to_prob(value) + rng.normal(scale=0.1)
            return hp.prob_to_value(min(max(place, 0.0), 1.0 - 1e-9))

        candidates = [self.active_values(lambda hp: hp.prob_to_value(rng.random())) for _ in range(CANDIDATES)]
        candidates += [self.active_values(near) for _ in range(CANDIDATES)]
        candidates = [c for c in candidates if self._signature(c) not in self._tried]
        if not candidates:
            return None
        mean, spread = process.predict(np.array([self._vector(c) for c in candidates]))
        return candidates[int(np.argmin(mean - self.beta * spread))]

    # ------------------------------------------------------------------ Optuna
    def _by_optuna(self, number_: int, known: list[Trial]) -> dict[str, Any]:
        """What a study of the trials so far suggests.  Every number is a place on its scale."""
        import optuna

        keys = {id(hp): f"{hp.name} #{k}" for k, hp in enumerate(self.hyperparameters.space)}

        def categories(hp: HyperParameter) -> list[Any] | None:
            return hp.values if isinstance(hp, Boolean) or (isinstance(hp, Choice) and not hp.ordered) else None

        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            words = np.random.SeedSequence([self.seed, number_]).generate_state(1)
            sampler = optuna.samplers.TPESampler(seed=int(words[0]), n_startup_trials=0)
            study = optuna.create_study(sampler=sampler)
            for trial, loss in zip(known, self._losses(known), strict=True):
                values, params, kinds = trial.hyperparameters.values, {}, {}
                for hp in self.searched():
                    if hp.name not in values or not all(c.is_active(values) for c in hp.conditions):
                        continue
                    listed, value = categories(hp), values[hp.name]
                    if isinstance(hp, Choice) and value not in hp.values:
                        continue  # of the space before it was narrowed
                    params[keys[id(hp)]] = value if listed else min(max(hp.value_to_prob(value), 0.0), 1.0)
                    kinds[keys[id(hp)]] = (
                        optuna.distributions.CategoricalDistribution(listed)
                        if listed
                        else optuna.distributions.FloatDistribution(0.0, 1.0)
                    )
                study.add_trial(optuna.trial.create_trial(params=params, distributions=kinds, value=float(loss)))
            asked = study.ask()

            def suggested(hp: HyperParameter) -> Any:
                listed = categories(hp)
                if listed:
                    return asked.suggest_categorical(keys[id(hp)], listed)
                return hp.prob_to_value(min(asked.suggest_float(keys[id(hp)], 0.0, 1.0), 1.0 - 1e-9))

            return self.active_values(suggested)
        finally:
            optuna.logging.set_verbosity(before)


class BayesianOptimization(Tuner):
    """Search where earlier trials say that good values are: by Optuna where it is installed, else a Gaussian process.

    Args:
        hypermodel: a function build(hp) that returns a compiled model, or a HyperModel; None where `run_trial` is
            overridden.
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, an int.
        num_initial_points: random trials before; None: three for each hyperparameter.
        alpha: noise of the objective, as a share of its variance (of the Gaussian process, as in keras-tuner).
        beta: how much a spread of the expectation is worth (of the Gaussian process, as in keras-tuner).
        seed: an int; None draws one.
        hyperparameters: HyperParameters: a space, or values, known beforehand; or None.
        tune_new_entries: whether what `build` asks for besides those is searched.
        allow_new_entries: whether it may ask for others at all.
        max_retries_per_trial: how often a trial that fails is tried again.
        max_consecutive_failed_trials: after so many failures in a row the search ends.
        together: trials that are proposed at a time, for as many jobs; the results depend on it, and not on jobs.
        sampler: "auto", "optuna" or "gaussian".
        kwargs: as of `Tuner`: directory, project_name, overwrite, executions_per_trial, jobs, ...

    >>> import fastnn, numpy as np, tempfile
    >>> class Parabola(BayesianOptimization):
    ...     def run_trial(self, trial, *args, **kwargs):
    ...         return (trial.hyperparameters.Float("x", -1.0, 1.0) - 0.3) ** 2
    >>> tuner = Parabola(max_trials=15, seed=1, sampler="gaussian", directory=tempfile.mkdtemp())
    >>> tuner.search(verbose=0)
    >>> round(tuner.get_best_hyperparameters()[0]["x"], 1)
    0.3
    """

    def __init__(
        self,
        hypermodel: Any = None,
        objective: Any = None,
        max_trials: int = 10,
        num_initial_points: int | None = None,
        alpha: float = 1e-4,
        beta: float = 2.6,
        seed: int | None = None,
        hyperparameters: Any = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        together: int = 1,
        sampler: str = "auto",
        **kwargs: Any,
    ) -> None:
        self.seed = seed
        oracle = BayesianOptimizationOracle(
            objective,
            max_trials,
            num_initial_points,
            alpha,
            beta,
            together,
            sampler,
            seed=seed,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        super().__init__(oracle, hypermodel, **kwargs)
