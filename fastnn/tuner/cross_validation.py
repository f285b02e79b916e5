"""Cross-validation: the same model trained on different parts of the data, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastnn.core import random
from fastnn.core.arguments import count
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.types import Array, Structure
from fastnn.models import data as adapter
from fastnn.models.many import fit_many
from fastnn.models.model import Model
from fastnn.tuner.work import begin, kept_randomness, seed_of

FOLD_STREAM = 0xF01D


class CrossValidation(NamedTuple):
    """What `cross_validate` has found.

    histories: one History a fold.  models: one a fold.  scores: {name: (folds,) values of the last epoch}.
    """

    histories: list[Any]
    models: list[Any]
    scores: dict[str, Array]

    def mean(self, name: str) -> float:
        """The mean of a score over the folds.

        Args:
            name: of the logs.
        """
        return float(np.mean(self.scores[name]))

    def std(self, name: str) -> float:
        """The standard deviation of a score over the folds (with n - 1).

        Args:
            name: of the logs.
        """
        return float(np.std(self.scores[name], ddof=1))

    def __str__(self) -> str:
        lines = [f"{name}: {self.mean(name):.4g} +- {self.std(name):.2g}" for name in sorted(self.scores)]
        return "\n".join([f"{len(self.histories)} folds", *lines])


def folds_of(rows: int, folds: int, labels: Array | None, seed: int) -> list[Array]:
    """The rows of each fold, shuffled by the seed; with `labels` each has about the same share of every label.

    >>> [sorted(part.tolist()) for part in folds_of(5, 2, None, 0)]
    [[0, 2, 3], [1, 4]]
    """
    order = np.argsort(random.bits((seed, FOLD_STREAM), rows), kind="stable")
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    return [np.sort(order[k::folds]) for k in range(folds)]


def cross_validate(
    build: Callable[[], Any],
    x: Structure,
    y: Structure = None,
    folds: int | Sequence[Any] = 5,
    stratify: Any = None,
    seed: int = 0,
    **fit_arguments: Any,
) -> CrossValidation:
    """Train a model on all folds but one, validate it on that one, for each fold; all of them side by side.

    Every model begins with the same seed, and ends with the bits of `model.fit(x[rows], y[rows])` after
    `utils.set_random_seed`.

    Args:
        build: a function without arguments that returns a compiled model.
        x, y: arrays, as of `fit`.
        folds: how many, or a list of the row numbers of each: rows in no fold are trained on always.
        stratify: (rows,) labels that each fold has the same share of, or None.
        seed: of the folds, and of the models.
        fit_arguments: of `fit_many`.

    Returns a CrossValidation: `scores["val_loss"]` are the values of the folds, `print` says means and deviations.

    Raises ArgumentError for folds that the rows do not give, and what `fit_many` raises.

    >>> import fastnn
    >>> def network():
    ...     model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    ...     model.compile("adam", "mse")
    ...     return model
    >>> found = cross_validate(network, np.ones((12, 2)), np.ones(12), folds=3, epochs=2)
    >>> found.scores["val_loss"].shape
    (3,)
    """
    if not callable(build) or isinstance(build, Model):
        raise ArgumentTypeError(
            f"cross_validate: received build={build!r}, expected a function without arguments that returns a compiled "
            "model: every fold needs a new one."
        )
    for name in ("rows", "validation_rows", "validation_split", "validation_data", "seeds"):
        if name in fit_arguments:
            raise ArgumentError(f"cross_validate: {name} is what the folds give; leave it out.")
    x = adapter.convert(adapter.sorted_keys(x), "x")
    rows = len(adapter.flatten(x)[0])
    if isinstance(folds, (int, np.integer)):
        number = count("folds", folds, 2, most=rows)
        labels = None if stratify is None else np.unique(np.asarray(stratify), return_inverse=True)[1].reshape(-1)
        if labels is not None and len(labels) != rows:
            raise ArgumentError(f"stratify: received {len(labels)} labels, expected one for each of {rows} rows.")
        parts = folds_of(rows, number, labels, count("seed", seed, 0))
    else:
        parts = [np.asarray(part) for part in folds]
        if len(parts) < 2 or any(p.ndim != 1 or not p.size or p.dtype.kind not in "iu" for p in parts):
            raise ArgumentError(
                "folds: expected an int >= 2, or a list of at least two lists of row numbers. Received "
                f"{len(parts)} parts of shapes {[p.shape for p in parts]}."
            )
        if min(p.min() for p in parts) < 0 or max(p.max() for p in parts) >= rows:
            raise ArgumentError(f"folds: row numbers outside of 0 to {rows - 1}.")
    rest = [np.setdiff1d(np.arange(rows), part) for part in parts]
    with kept_randomness():
        models = []
        for _ in parts:
            begin(seed_of(seed, 0, 0))
            models.append(build())
        seeds = [seed_of(seed, 0, 0)] * len(parts)
        histories = fit_many(models, x, y, rows=rest, validation_rows=parts, seeds=seeds, **fit_arguments)
    names = [name for name in histories[0].history if all(h.history.get(name) for h in histories)]
    scores = {name: np.array([h.history[name][-1] for h in histories]) for name in names}
    return CrossValidation(histories, models, scores)
