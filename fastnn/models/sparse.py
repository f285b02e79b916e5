"""Sparse matrices (SciPy's) as data: rows become dense arrays batch by batch, so the whole never does."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import config, tree
from fastnn.core.errors import DataError
from fastnn.core.results import ARRAYS
from fastnn.data.dataset import Dataset
from fastnn.data.plan import Plan


def is_sparse(value: Any) -> bool:
    """Whether a value is a sparse matrix or array.

    >>> is_sparse(np.ones(2))
    False
    """
    return hasattr(value, "toarray") and hasattr(value, "tocsr")


def any_sparse(*structures: Any) -> bool:
    """Whether a leaf of the structures is sparse."""
    left = [s for s in structures if s is not None and type(s) not in ARRAYS]
    return bool(left) and any(map(is_sparse, tree.reached(left, _first_parts)))


def _first_parts(structure: Any) -> Any:
    """The values of a dict, the first of a list: one of numbers may be long."""
    if isinstance(structure, dict):
        return structure.values()
    return structure[:64] if isinstance(structure, (list, tuple)) else ()


def dense(value: Any) -> Any:
    """A sparse matrix as an array, anything else as it is."""
    return value.toarray() if is_sparse(value) else value


def first(structure: Any) -> Any:
    """The first row of each leaf, dense: what a model can be built and checked with."""
    if structure is None:
        return None
    return tree.map_structure(lambda a: dense(a.tocsr()[:1]) if is_sparse(a) else np.asarray(a)[:1], structure)


def batches(parts: dict[str, Any], batch_size: int | None, steps: int | None, shuffle: Any) -> Dataset:
    """Batches of the rows of x, y and sample_weight (None where there is none), dense, in their structure.

    Raises DataError where they have different numbers of rows.
    """
    kept = {k: tree.map_structure(lambda a: a.tocsr() if is_sparse(a) else np.asarray(a), v)
            for k, v in parts.items() if v is not None}  # fmt: skip
    counts = {f"{k}": leaf.shape[0] for k, v in kept.items() for leaf in tree.flatten(v)}
    n = next(iter(counts.values()))
    if len({leaf.shape[0] for v in kept.values() for leaf in tree.flatten(v)}) > 1:
        raise DataError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. Received rows: "
            + ", ".join(f"{k} {rows}" for k, rows in counts.items())
        )

    def rows(_: Any, i: Any) -> Any:
        return tuple(tree.map_structure(lambda a: dense(a[i]), v) for v in kept.values())

    made = Dataset(Plan(n, at=rows, many=rows))
    size = batch_size or (32 if steps is None else -(-n // steps))
    if shuffle == "batch":
        return made.batch(size).shuffle(n, config.next_stream())
    return (made.shuffle(n, config.next_stream()) if shuffle else made).batch(size)


def split(fraction: float, parts: list[Any]) -> tuple[list[Any], list[Any]]:
    """The parts without their last rows, and these."""
    n = tree.flatten(parts[0])[0].shape[0]
    cut = int(np.floor(n * (1.0 - fraction)))
    if not 0 < fraction < 1 or cut in (0, n):
        raise DataError(
            f"Training data contains {n} samples, which is not sufficient to split it into a validation and training "
            f"set as specified by `validation_split={fraction}`."
        )

    def some(rows: slice) -> list[Any]:
        def take(a: Any) -> Any:
            return (a.tocsr() if is_sparse(a) else np.asarray(a))[rows]

        return [None if p is None else tree.map_structure(take, p) for p in parts]

    return some(slice(None, cut)), some(slice(cut, None))
