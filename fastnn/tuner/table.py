"""What a search says while it runs: a line for each trial, the best so far, the time that is left."""

from __future__ import annotations

import time
from typing import Any

from fastnn.tuner.trial import Trial, TrialStatus
from fastnn.utils.interactive import say

WIDTH = 12


def brief(value: Any) -> str:
    """A value in few letters.

    >>> brief(0.000123456), brief("a_very_long_name"), brief(True)
    ('0.0001235', 'a_very_lo...', 'True')
    """
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def duration(seconds: float) -> str:
    """Seconds as text.

    >>> duration(0.25), duration(75), duration(7300)
    ('0.2 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Table:
    """The lines of one call of `search`."""

    def __init__(self, oracle: Any, verbose: Any) -> None:
        self.oracle, self.on = oracle, verbose not in (0, False)
        self.begun, self.ended = time.monotonic(), 0
        self.names: list[str] | None = None

    def _row(self, cells: list[str]) -> None:
        say(" ".join(f"{cell:>{WIDTH}}" for cell in cells).rstrip() + "\n")

    def end_trial(self, trial: Trial, expected: int | None) -> None:
        """A trial has ended.  expected: trials of this search in all, None where nobody knows."""
        self.ended += 1
        if not self.on:
            return
        names = [hp.name for hp in self.oracle.searched()]
        if names != self.names:
            self.names = names
            self._row(["trial", self.oracle.objective.name, "best", "time", "left", *map(brief, names)])
        best = self.oracle.get_best_trials(1)
        values = trial.hyperparameters.values
        spent = time.monotonic() - self.begun
        left = "" if expected is None else duration(spent / self.ended * max(expected - self.ended, 0))
        score = brief(trial.score) if trial.score is not None else trial.status.lower()
        cells = [trial.trial_id, score, brief(best[0].score) if best else "-", duration(trial.seconds), left]
        self._row(cells + [brief(values[name]) if name in values else "-" for name in names])
        if trial.status == TrialStatus.FAILED:
            say(f"Trial {trial.trial_id} failed, the search goes on: {trial.reason}\n")
