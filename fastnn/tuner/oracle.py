"""Oracles: what a search tries next.

An oracle proposes trials in rounds: those of a round do not depend on one another's results, so they may run at once,
in any order, in any number of processes.  What it proposes is a function of its settings, its seed, and the results of
earlier rounds: a search that was killed asks again and gets the same.
"""

from __future__ import annotations

import json
import math
import random
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, ArgumentTypeError, SearchError
from fastnn.tuner.hyperparameters import HyperParameters
from fastnn.tuner.kinds import Fixed, HyperParameter
from fastnn.tuner.objective import DefaultObjective, Objective, create_objective
from fastnn.tuner.trial import Trial, TrialStatus

ROUND = 64  # trials of a round at most
COLLISIONS = 20  # values in a row that were tried before, after which a space is taken to be used up


class Draws:
    """Values drawn for one trial: functions of the seed, the number of the trial and the name, of nothing else."""

    def __init__(self, seed: int, number: int, attempt: int = 0) -> None:
        self.key = (seed, number, attempt)

    def place(self, name: str) -> float:
        """A number in [0, 1)."""
        words = np.random.SeedSequence([*self.key, zlib.crc32(name.encode())])
        return float(np.random.Generator(np.random.Philox(words)).random())

    def __call__(self, hp: HyperParameter) -> Any:
        """A value of a hyperparameter."""
        return hp.prob_to_value(self.place(hp.name))


class Oracle:
    """Base of the oracles: override `populate_space(trial_id)`.

    Args:
        objective: a name of the logs whose direction is known, an Objective, a list of those (the sum counts), or None:
            a trial returns a number to make small.
        max_trials: how many trials at most, or None.
        hyperparameters: HyperParameters: a space, or values, known beforehand; or None.
        allow_new_entries: whether it may ask for others at all.
        tune_new_entries: whether what `build` asks for besides those is searched.
        seed: an int; None draws one.
        max_retries_per_trial: how often a trial that fails is tried again.
        max_consecutive_failed_trials: after so many failures in a row the search ends.

    Raises ArgumentError for values outside of these.

    >>> class Default(Oracle):
    ...     def populate_space(self, trial_id):
    ...         return {"status": "RUNNING", "values": self.active_values(lambda hp: hp.default)}
    >>> Default(max_trials=1).remaining_trials()
    1
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        hyperparameters: HyperParameters | None = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        seed: int | None = None,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
    ) -> None:
        self.objective: Objective = create_objective(objective)
        self.max_trials = count("max_trials", max_trials, none=True)
        self.digits = len(str(max_trials))  # of the ids of trials; a search that goes on keeps those that it has
        if hyperparameters is not None and not isinstance(hyperparameters, HyperParameters):
            raise ArgumentTypeError(f"hyperparameters: received {hyperparameters!r}, expected HyperParameters or None.")
        for name, allowed in (("tune_new_entries", tune_new_entries), ("allow_new_entries", allow_new_entries)):
            if not allowed and not (hyperparameters and hyperparameters.space):
                raise ArgumentError(
                    f"If you set `{name}=False`, you must specify the search space via the `hyperparameters` argument."
                )
        self.hyperparameters = HyperParameters() if hyperparameters is None else hyperparameters.copy()
        self.allow_new_entries, self.tune_new_entries = allow_new_entries, tune_new_entries
        self.drawn = seed is None
        self.seed = random.SystemRandom().randint(1, 10000) if seed is None else count("seed", seed, 0)
        self.max_retries_per_trial = count("max_retries_per_trial", max_retries_per_trial, 0)
        self.max_consecutive_failed_trials = count("max_consecutive_failed_trials", max_consecutive_failed_trials)
        self.trials: dict[str, Trial] = {}
        self._tried: set[str] = set()
        self.begun: list[Trial] = []  # the round that is not over

    # ------------------------------------------------------------------ what subclasses say
    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """{"status": "RUNNING", "values": {name: value}} of the next trial, {"status": "IDLE"} where results of the
        trials that run are needed before, {"status": "STOPPED"} at the end.

        Args:
            trial_id: the trial's id, text.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement populate_space(trial_id).")

    def __getstate__(self) -> dict[str, Any]:
        """Without what only plans: the copy in another process has no need of it."""
        return {**vars(self), "_grid": None, "_study": None}

    def settings(self) -> dict[str, Any]:
        """What its proposals depend on, besides the space and results, as plain data."""
        return {"oracle": type(self).__name__, "objective": str(self.objective), "seed": self.seed}

    def draws(self, number: int) -> Callable[[HyperParameter], Any] | None:
        """What gives a value to a hyperparameter that was not known when a trial began; None gives its default.

        Args:
            number: of the trial in the search, from 0.
        """
        return Draws(self.seed, number) if self.tune_new_entries else None

    def refined(self) -> None:
        """The space has been narrowed: whatever was planned in the old one is forgotten."""

    # ------------------------------------------------------------------ rounds
    def next_round(self) -> list[Trial]:
        """The trials of the next round; none where the search has come to its end."""
        found: list[Trial] = []
        while len(found) < ROUND and not (self.max_trials and len(self.trials) >= self.max_trials):
            trial_id = f"{len(self.trials):0{self.digits}d}"
            said = self.populate_space(trial_id)
            if said["status"] != TrialStatus.RUNNING:
                if said["status"] == TrialStatus.IDLE and not found:
                    raise SearchError(f"{type(self).__name__}.populate_space said IDLE, but nothing runs.")
                break
            trial = self.make(trial_id, said.get("values") or {})
            self.trials[trial_id] = trial
            found.append(trial)
        self.begun = found
        return found

    def make(self, trial_id: str, values: dict[str, Any]) -> Trial:
        """A trial of such values.

        Args:
            trial_id: the trial's id, text.
            values: {name: value}.
        """
        hps = self.hyperparameters.copy()
        hps.values = dict(values)
        self._tried.add(self._signature(values))
        return Trial(hps, trial_id)

    def end_round(self) -> None:
        """The results of the round are there: what its trials asked for becomes a part of the space."""
        for trial in self.begun:
            self.update_space(trial.hyperparameters)
        self.begun = []

    def running(self) -> list[Trial]:
        """The trials of this round that have no results yet."""
        return [trial for trial in self.trials.values() if trial.status == TrialStatus.RUNNING]

    def check_failures(self) -> None:
        """Raise SearchError where too many trials in a row have failed."""
        row = 0
        for trial in sorted(self.trials.values(), key=lambda t: t.number):
            row = row + 1 if trial.status == TrialStatus.FAILED else 0
            if row == self.max_consecutive_failed_trials:
                raise SearchError(
                    f"Number of consecutive failures exceeded the limit of {self.max_consecutive_failed_trials}: "
                    f"{trial.reason}\nTrial {trial.trial_id} ({trial.hyperparameters.values}):\n{trial.message}"
                )

    def check_success(self) -> None:
        """Raise SearchError where a search has come to its end and all its trials have failed."""
        trials = list(self.trials.values())
        if trials and all(trial.status == TrialStatus.FAILED for trial in trials):
            lines = [f"Trial {t.trial_id} ({t.hyperparameters.values}): {t.reason}" for t in trials]
            raise SearchError(
                f"The search has no result: all its trials ({len(trials)}) have failed.\n" + "\n".join(lines[:ROUND])
            )

    # ------------------------------------------------------------------ values
    def random_values(self, trial_id: str) -> dict[str, Any] | None:
        """Values that were not tried before, drawn for this trial; None where there seem to be no more.

        Args:
            trial_id: the trial's id, text.
        """
        for attempt in range(COLLISIONS + 1):
            values = self.active_values(Draws(self.seed, int(trial_id), attempt))
            if self._signature(values) not in self._tried:
                return values
        return None

    def active_values(self, value_of: Callable[[HyperParameter], Any]) -> dict[str, Any]:
        """A value for each hyperparameter of the space whose conditions hold, {name: value}.

        Args:
            value_of: a function from a HyperParameter to its value.
        """
        hps = HyperParameters()
        for hp in self.hyperparameters.space:
            hps.space.append(hp)
            if hps.is_active(hp) and hp.name not in hps.values:
                hps.values[hp.name] = value_of(hp)
        return hps.values

    def _signature(self, values: dict[str, Any]) -> str:
        """Values as text; equal for equal ones."""
        return json.dumps({k: v for k, v in values.items() if not k.startswith("tuner/")}, sort_keys=True)

    # ------------------------------------------------------------------ the space
    def get_space(self) -> HyperParameters:
        """A copy of the space."""
        return self.hyperparameters.copy()

    def update_space(self, hyperparameters: HyperParameters) -> None:
        """Take up hyperparameters that a build asked for.

        Args:
            hyperparameters: a HyperParameters.

        Raises SearchError where there are new ones and `allow_new_entries` is False.
        """
        known = {(hp.name, tuple(hp.conditions)) for hp in self.hyperparameters.space}
        new = [hp for hp in hyperparameters.space if (hp.name, tuple(hp.conditions)) not in known]
        if new and not self.allow_new_entries:
            raise SearchError(
                f"`allow_new_entries` is `False`, but found new entries {new}. Add them to `hyperparameters`, or allow "
                "new ones."
            )
        if self.tune_new_entries:
            self.hyperparameters.merge(new)

    def searched(self) -> list[HyperParameter]:
        """The hyperparameters of the space that have more than one value."""
        return [hp for hp in self.hyperparameters.space if not isinstance(hp, Fixed)]

    # ------------------------------------------------------------------ results
    def get_trial(self, trial_id: str) -> Trial:
        """The trial of an id.

        Args:
            trial_id: the trial's id, text.
        """
        return self.trials[trial_id]

    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        """The best trials that were completed, the best first; of equal ones the earlier first.

        Args:
            num_trials: how many at most, an int.
        """
        num_trials = count("num_trials", num_trials, 0)
        sign = -1 if self.objective.direction == "max" else 1
        done = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        scored = [(sign * t.score, t.number, t) for t in done if t.score is not None]
        return [t for _, _, t in sorted(scored, key=lambda s: (math.isnan(s[0]), s[0], s[1]))][:num_trials]

    def remaining_trials(self) -> int | None:
        """How many trials are to come, None without a limit."""
        return None if self.max_trials is None else max(self.max_trials - len(self.trials), 0) + len(self.running())

    @property
    def takes_numbers(self) -> bool:
        """Whether a trial returns its score as a number."""
        return isinstance(self.objective, DefaultObjective)
