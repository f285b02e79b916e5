"""Rows that are nearly all zero, as SciPy's sparse arrays: what `sparse=True` of the layers that encode gives."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, NotSupportedError


def checked(layer: str, sparse: Any, output_mode: str) -> bool:
    """The argument `sparse` of a layer.

    Raises ArgumentError where results are single numbers, NotSupportedError without SciPy.
    """
    if sparse and output_mode == "int":
        raise ArgumentError(
            "`sparse` may only be true if `output_mode` is `'one_hot'`, `'multi_hot'`, `'count'` or `'tf_idf'`. "
            f"Received: sparse={sparse} and output_mode={output_mode}"
        )
    if sparse:
        _scipy(layer)
    return bool(sparse)


def _scipy(layer: str) -> Any:
    try:
        return importlib.import_module("scipy.sparse")
    except ImportError:
        raise NotSupportedError(
            f"{layer}: sparse=True gives arrays of SciPy, which is not installed. Install SciPy, or leave `sparse` "
            "out: the numbers are the same."
        ) from None


def has_rows(shape: tuple[int, ...], mode: str) -> bool:
    """Whether integers of this shape become a matrix, one row for each: the others stay dense.

    >>> has_rows((5, 3), "count"), has_rows((5, 1), "one_hot"), has_rows((3,), "count")
    (True, True, False)
    """
    return (len(shape) == 2 and (mode != "one_hot" or shape[1] == 1)) or (len(shape) == 1 and mode == "one_hot")


def sparse_rows(numbers: Any, size: int, mode: str, weights: Any = None, dtype: Any = "float32") -> Any:
    """Integers (batch, n) as the sparse array (batch, size) of their mode; a negative one is in no row.

    weights: what each of them counts, with the mode "count".

    >>> sparse_rows(np.array([[0, 2], [1, 1]]), 3, "count").toarray()
    array([[1., 0., 1.],
           [0., 2., 0.]], dtype=float32)
    """
    numbers = numbers.reshape(len(numbers), -1)
    rows = np.repeat(np.arange(len(numbers)), numbers.shape[1])
    values = np.ones(numbers.shape, dtype) if weights is None else np.broadcast_to(weights, numbers.shape)
    return gathered(rows, numbers.ravel(), values.ravel(), (len(numbers), size), mode, dtype)


def gathered(rows: Any, columns: Any, values: Any, shape: tuple[int, int], mode: str, dtype: Any) -> Any:
    """A sparse array of values by row and column, those of one place added up; once each with "multi_hot"."""
    kept = columns >= 0
    places = (np.asarray(rows)[kept], columns[kept])
    made = _scipy("sparse rows").coo_array((np.asarray(values, dtype)[kept], places), shape=shape).tocsr()
    if mode == "multi_hot":
        made.data = np.minimum(made.data, 1).astype(made.dtype, copy=False)
    return made
