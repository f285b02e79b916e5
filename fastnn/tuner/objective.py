"""Objectives: the logged value that a search makes small or large."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.naming import snake_case
from fastnn.losses.identifiers import names as loss_names
from fastnn.metrics.identifiers import names as metric_names

UNNAMED = {"loss", "crossentropy", "ce"}  # logs that are small when they are good, and no names of metrics
# metrics that are large when they are good; all others, and losses, are small
LARGE = {"acc", "accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
         "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "true_positives", "true_negatives",
         "precision", "recall", "auc", "sensitivity_at_specificity", "specificity_at_sensitivity",
         "precision_at_recall", "recall_at_precision", "f1_score", "f_beta_score", "fbeta_score", "io_u", "binary_io_u",
         "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u", "r2_score", "cosine_similarity", "pearson_correlation",
         "concordance_correlation"}  # fmt: skip


class Objective:
    """A name of the logs, and "min" or "max".

    Args:
        name: of the logs.
        direction: "min" or "max".

    Raises ArgumentError for another direction, ArgumentTypeError for a name that is no text.

    >>> Objective("val_auc", "max").better_than(0.9, 0.8)
    True
    """

    def __init__(self, name: str, direction: str) -> None:
        if direction not in ("min", "max"):
            raise ArgumentError(f"Objective: received direction={direction!r}, expected 'min' or 'max'.")
        if not isinstance(name, str) or not name:
            raise ArgumentTypeError(f"Objective: received name={name!r}, expected a name of the training's logs.")
        self.name, self.direction = name, direction

    def has_value(self, logs: Mapping[str, Any]) -> bool:
        """Whether the logs have it.

        Args:
            logs: {name: number}.
        """
        return self.name in logs

    def get_value(self, logs: Mapping[str, Any]) -> Any:
        """Its value in the logs.

        Args:
            logs: {name: number}.
        """
        return logs[self.name]

    def better_than(self, a: Any, b: Any) -> bool:
        """Whether the value a is better than b; NaN is better than nothing and no number is worse.

        Args:
            a, b: numbers, or None.
        """
        if b != b:
            return a == a
        return bool(a > b if self.direction == "max" else a < b)

    def best_of(self, values: Any) -> int:
        """The position of the best value: the first of them.

        Args:
            values: numbers.

        >>> Objective("loss", "min").best_of([3.0, float("nan"), 1.0, 1.0])
        2
        """
        best = 0
        for k, value in enumerate(values):
            best = k if self.better_than(value, values[best]) else best
        return best

    def missing(self, logs: Mapping[str, Any]) -> str:
        """What to say where the logs have no such value.

        Args:
            logs: {name: number}.
        """
        hint, wanted, known = "", self.name, [*logs]
        if wanted.startswith("val_") and not any(name.startswith("val_") for name in logs):
            known = [f"val_{name}" for name in logs]
            hint = " Give search() validation_data or validation_split: without them nothing is validated."
            if wanted not in known:
                hint += f" The logs then have {sorted(known)}, too."
        if wanted not in known:
            near = _alike(wanted, known)
            hint += f" Did you mean {near!r}?" if near else f" No metric is called so: {_compile(wanted)}."
        return (
            f"Objective value missing in metrics reported to the Oracle, expected: [{wanted!r}], found: "
            f"{sorted(logs)}.{hint} An objective is a name of the training's logs."
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Objective) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((self.name, self.direction))

    def __str__(self) -> str:
        return f'{type(self).__name__}(name="{self.name}", direction="{self.direction}")'


class DefaultObjective(Objective):
    """What a search makes small where it has no objective: the number that a trial returns."""

    def __init__(self) -> None:
        super().__init__("default_objective", "min")


class MultiObjective(Objective):
    """Several objectives: the sum of those to make small, without those to make large.

    Args:
        objectives: a list of Objectives.

    >>> two = MultiObjective([Objective("loss", "min"), Objective("accuracy", "max")])
    >>> two.get_value({"loss": 3.0, "accuracy": 1.0, "lr": 5.0})
    2.0
    """

    def __init__(self, objectives: list[Objective]) -> None:
        super().__init__("multi_objective", "min")
        self.objectives = sorted(objectives, key=lambda o: o.name)

    def has_value(self, logs: Mapping[str, Any]) -> bool:
        """Whether the logs have all of them.

        Args:
            logs: {name: number}.
        """
        return all(o.has_value(logs) for o in self.objectives)

    def get_value(self, logs: Mapping[str, Any]) -> Any:
        """The sum of those to make small, less those to make large.

        Args:
            logs: {name: number}.
        """
        return sum(o.get_value(logs) * (1 if o.direction == "min" else -1) for o in self.objectives)

    def missing(self, logs: Mapping[str, Any]) -> str:
        """What to say of the first that the logs do not have.

        Args:
            logs: {name: number}.
        """
        return next(o for o in self.objectives if not o.has_value(logs)).missing(logs)

    def __str__(self) -> str:
        return f"{super().__str__()}: [{', '.join(map(str, self.objectives))}]"


def _alike(wanted: str, known: Iterable[str]) -> str | None:
    """The one of `known` that may be meant: of the same prefix, the same metric or one of a name that looks like it."""
    prefix = "val_" if wanted.startswith("val_") else ""
    parts = {name.removeprefix(prefix): name for name in known if name.startswith("val_") == bool(prefix)}
    plain, full = wanted.removeprefix(prefix), {**metric_names(), **loss_names()}
    for part, name in parts.items():
        if plain in full and (part == plain or full.get(part) == full[plain]):
            return name
    near = difflib.get_close_matches(plain.lower(), [*parts], 1, 0.6)
    return parts[near[0]] if near else None


def _compile(wanted: str) -> str:
    """What to do for a log of this name."""
    plain = wanted.removeprefix("val_")
    return f'compile(metrics=["{plain}"])' if plain in metric_names() else "give one this name in compile(metrics=...)"


def create_objective(objective: Any) -> Objective:
    """An Objective of a name whose direction is known, of a list of those, or of None: what a trial returns.

    >>> create_objective("val_accuracy").direction
    'max'
    """
    if objective is None:
        return DefaultObjective()
    if isinstance(objective, list) and objective:
        return MultiObjective([create_objective(o) for o in objective])
    if isinstance(objective, Objective):
        return objective
    if not isinstance(objective, str):
        raise ArgumentTypeError(f"`objective` not understood, expected str or `Objective` object, found: {objective!r}")
    direction = infer_metric_direction(objective)
    if direction is None:
        near = difflib.get_close_matches(objective, ["loss", "val_loss", "accuracy", "val_accuracy"], 1, 0.7)
        hint = f" Or did you mean {near[0]!r}?" if near else ""
        raise ArgumentError(
            f'Could not infer optimization direction ("min" or "max") for unknown metric "{objective}". Please specify '
            f'the objective as an `Objective`, for example `fastnn.tuner.Objective("{objective}", direction="min")`.'
            + hint
        )
    return Objective(objective, direction)


def infer_metric_direction(name: str) -> str | None:
    """ "min" or "max" for a name of a metric or loss as logs have it, None for an unknown one.

    >>> infer_metric_direction("val_auc_1"), infer_metric_direction("mse"), infer_metric_direction("my_score")
    ('max', 'min', None)
    """
    plain = name.removeprefix("val_").removeprefix("weighted_")
    known = {**metric_names(), **loss_names()}
    for word in (plain, plain.rpartition("_")[0] if plain.rpartition("_")[2].isdigit() else plain):
        if word in LARGE or word in UNNAMED:
            return "max" if word in LARGE else "min"
        if word in known:
            return "max" if snake_case(known[word]) in LARGE else "min"
    return None
