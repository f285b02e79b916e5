"""Trials: values of hyperparameters that were, are or will be tried, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from fastnn.tuner.hyperparameters import HyperParameters
from fastnn.utils.interactive import say


class TrialStatus:
    """What has become of a trial."""

    RUNNING = "RUNNING"
    IDLE = "IDLE"
    INVALID = "INVALID"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Metrics:
    """What a trial has measured: {name: value} at its best epoch, means over its executions.

    Args:
        values: {name: number}, or None.

    >>> Metrics({"val_loss": 0.5}).get_best_value("val_loss")
    0.5
    """

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        self.values = dict(values or {})

    def exists(self, name: str) -> bool:
        """Whether it was measured.

        Args:
            name: of the logs.
        """
        return name in self.values

    def get_best_value(self, name: str) -> float:
        """Its value at the best epoch.

        Args:
            name: of the logs.

        Raises KeyError where it was not measured.
        """
        return self.values[name]

    get_last_value = get_best_value


class Trial:
    """Values of hyperparameters, and what came of them.

    Attributes: `score`, the value of the objective, or None; `best_step`, the epoch of it, from 0; `metrics`, what was
    measured then; `seconds` that it took.

    Args:
        hyperparameters: HyperParameters with the values of the trial.
        trial_id: its number as text.
        status: see TrialStatus.
        message: what went wrong, or None.

    >>> from fastnn.tuner import HyperParameters
    >>> hp = HyperParameters()
    >>> hp.Int("units", 8, 64)
    8
    >>> Trial(hp, "0").hyperparameters["units"]
    8
    """

    def __init__(
        self,
        hyperparameters: HyperParameters,
        trial_id: str,
        status: str = TrialStatus.RUNNING,
        message: str | None = None,
    ) -> None:
        self.hyperparameters, self.trial_id, self.status, self.message = hyperparameters, trial_id, status, message
        self.score: float | None = None
        self.best_step, self.seconds, self.metrics = 0, 0.0, Metrics()

    @property
    def number(self) -> int:
        """Its number in the search, from 0."""
        return int(self.trial_id)

    @property
    def reason(self) -> str:
        """Why it failed, in one line."""
        return ((self.message or "").strip().splitlines() or ["no reason was given"])[-1]

    def text(self) -> str:
        """A few lines: values, score, what went wrong."""
        values = [f"{name}: {value}" for name, value in self.hyperparameters.values.items()]
        lines = [f"Trial {self.trial_id} summary", "Hyperparameters:", *(values or ["default configuration"])]
        if self.score is not None:
            lines.append(f"Score: {self.score}")
        if self.message:
            lines.append(f"{self.status}: {self.message.strip()}")
        return "\n".join(lines) + "\n"

    def summary(self) -> None:
        """Print what `text` says."""
        say(self.text())

    def get_state(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "trial_id": self.trial_id,
            "status": self.status,
            "hyperparameters": self.hyperparameters.get_config(),
            "score": self.score,
            "best_step": self.best_step,
            "metrics": self.metrics.values,
            "message": self.message,
            "seconds": self.seconds,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what get_state returned.

        Args:
            state: that dict.
        """
        self.trial_id, self.status, self.message = state["trial_id"], state["status"], state["message"]
        self.hyperparameters = HyperParameters.from_config(state["hyperparameters"])
        self.score, self.best_step, self.seconds = state["score"], state["best_step"], state["seconds"]
        self.metrics = Metrics(state["metrics"])

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """A trial from what get_state returned.

        Args:
            state: that dict.
        """
        made = cls(HyperParameters(), state["trial_id"])
        made.set_state(state)
        return made
