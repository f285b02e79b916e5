"""Data in two parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, DTypeError
from fastnn.core.random import permutation
from fastnn.data.dataset import Dataset
from fastnn.data.elements import element
from fastnn.data.plan import of_list


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Two Datasets of the rows of arrays, or of the elements of a data set.

    Args:
        dataset: an array, a list or tuple of them with as many rows, a Dataset, or what gives samples by number.
        left_size, right_size: rows (int) or shares (float in 0 .. 1) of the parts; one may be None.
        shuffle, seed: whether, and how, rows are mixed before.
        preferred_backend: Keras's argument, of no effect.

    Raises ArgumentError for sizes that do not fit.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), len(right)
    (8, 2)
    """
    if left_size is None and right_size is None:
        raise ArgumentError(
            "At least one of the `left_size` or `right_size` must be specified. Received: left_size=None and "
            "right_size=None"
        )
    plan = _samples(dataset)
    n = int(plan.length or 0)
    left, right = _sizes(n, left_size, right_size)
    order = permutation((config.seed(), config.next_stream() if seed is None else seed), n) if shuffle else np.arange(n)
    return (
        Dataset(plan.chosen(left, lambda _, i: order[i])),
        Dataset(plan.chosen(right, lambda _, i: order[left + i])),
    )


def _samples(dataset: Any) -> Any:
    """The plan of the samples of what a user has: one that can be numbered."""
    if isinstance(dataset, Dataset):
        plan = dataset._plan
        return plan if plan.finite else of_list(list(plan.iterate((0,))))
    if isinstance(dataset, (list, tuple, dict)):
        parts = tuple(dataset) if isinstance(dataset, list) and all(map(_is_array, dataset)) else dataset
        return Dataset.from_tensor_slices(parts)._plan
    if _is_array(dataset):
        return Dataset.from_tensor_slices(dataset)._plan
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return of_list([element(dataset[i]) for i in range(len(dataset))])
    raise DTypeError(
        "The `dataset` argument must be either a Dataset object, or a list/tuple of arrays. "
        f"Received: dataset={dataset} of type {type(dataset)}"
    )


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") or hasattr(value, "__array__")


def _sizes(n: int, left: Any, right: Any) -> tuple[int, int]:
    """The numbers of rows of the two parts."""
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, (int, float, np.integer, np.floating)):
            raise DTypeError(f"Invalid `{name}` type: expected int or float or None. Received: {name}={size!r}")
        if size <= 0 or (isinstance(size, float) and size > 1) or size > n:
            raise ArgumentError(
                f"`{name}` should be either a positive integer smaller than {n}, or a float within the range `[0, 1]`. "
                f"Received: {name}={size}"
            )
    if isinstance(left, float) and isinstance(right, float) and left + right > 1:
        raise ArgumentError(
            f"The sum of `left_size` and `right_size` must be less than or equal to 1. Received: {left} + {right}"
        )
    counts = [None if s is None else round(s * n) if isinstance(s, float) else int(s) for s in (left, right)]
    first = n - int(counts[1] or 0) if counts[0] is None else counts[0]
    second = n - first if counts[1] is None else counts[1]
    if min(first, second) < 1 or first + second > n:
        raise ArgumentError(
            f"split_dataset: received left_size={left}, right_size={right} for {n} rows: parts of {first} and {second}."
        )
    return first, second
