"""Texts as rows of word numbers, as imdb and reuters hold them: which words are kept, and how they are numbered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError


def mixed(rows: Sequence[Any], labels: Any, generator: np.random.RandomState) -> tuple[list[Any], Any]:
    """Both in one random order.

    Args:
        rows: a sequence.
        labels: as many.
        generator: a RandomState of NumPy.
    """
    order = np.arange(len(rows))
    generator.shuffle(order)
    return [rows[i] for i in order.tolist()], np.asarray(labels)[order]


def marked(rows: list[Any], start_char: int | None, index_from: int | None) -> list[list[int]]:
    """Rows with their numbers moved up, behind a number that marks the beginning.

    Args:
        rows: lists of word numbers.
        start_char: the number at the beginning; None for none.
        index_from: an int, or None: numbers stay.

    >>> marked([[1, 2]], 1, 3)
    [[1, 4, 5]]
    """
    begin = [] if start_char is None else [start_char]
    step = index_from or 0
    return [begin + [int(w) + step for w in row] for row in rows]


def not_longer(rows: list[list[int]], labels: Any, maxlen: int | None) -> tuple[list[list[int]], Any]:
    """The rows of fewer than `maxlen` words and their labels.

    Args:
        rows: lists of word numbers.
        labels: an array with as many.
        maxlen: an int, or None: all stay.

    Raises ArgumentError where none is left.
    """
    if not maxlen:
        return rows, labels
    kept = [i for i, row in enumerate(rows) if len(row) < maxlen]
    if not kept:
        raise ArgumentError(
            f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen."
        )
    return [rows[i] for i in kept], np.asarray(labels)[kept]


def limited(rows: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    """Rows in which words outside of skip_top .. num_words - 1 are `oov_char`, or left out if that is None.

    Args:
        rows: lists of word numbers.
        num_words, skip_top: the range; None for no upper end.
        oov_char: what stands in their place, or None.

    >>> limited([[5, 9, 3]], 9, 4, 2)
    [[5, 2, 2]]
    """
    top = num_words or max(max(row, default=0) for row in rows)
    if oov_char is None:
        return [[w for w in row if skip_top <= w < top] for row in rows]
    return [[w if skip_top <= w < top else oov_char for w in row] for row in rows]


def objects(rows: list[list[int]]) -> Any:
    """Rows as an array of lists, also where all are as long.

    Args:
        rows: lists of word numbers.
    """
    out = np.empty(len(rows), object)
    out[:] = rows
    return out


def check_arguments(kwargs: dict[str, Any]) -> None:
    """Keras 1 called num_words nb_words; TypeError for anything else.

    Args:
        kwargs: what a loader got besides its arguments.
    """
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}.")
