"""Newswires of Reuters in 46 topics, as rows of word numbers, from Keras's reuters.npz."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.datasets.files import located, read_npz, read_words
from fastnn.datasets.sequences import check_arguments, limited, marked, mixed, not_longer, objects

LABELS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> Any:
    """11,228 newswires as lists of word numbers, and the number of the topic of each.

    Args:
        path: the file, or its name in $FASTNN_DATA or ~/.keras/datasets.
        num_words, skip_top: words are kept whose numbers, the more frequent the smaller, lie in this range.
        maxlen: longer newswires are left out.
        test_split: share of the rows in the second part.
        seed: of the order.
        start_char: stands before each newswire.
        oov_char: stands for words that are not kept; None: they are left out.
        index_from: what word numbers are moved up by.
        kwargs: nb_words, Keras 1's name of num_words.

    Returns (x_train, y_train), (x_test, y_test): object arrays of lists, int arrays. Raises DataError if there is no
    such file, or it is damaged.

    >>> load_data("/nowhere/reuters.npz")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: ...
    """
    num_words = kwargs.pop("nb_words", num_words)
    check_arguments(kwargs)
    arrays = read_npz(located(path, "Reuters"), ("y",), "Reuters", ("x",))
    rows, labels = mixed(arrays["x"], arrays["y"], np.random.RandomState(seed))
    rows, labels = not_longer(marked(rows, start_char, index_from), labels, maxlen)
    words, first = limited(rows, num_words, skip_top, oov_char), int(len(rows) * (1 - test_split))
    return (objects(words[:first]), labels[:first]), (objects(words[first:]), labels[first:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """{word: number}, before numbers are moved up by index_from.

    Args:
        path: the file, or its name in $FASTNN_DATA or ~/.keras/datasets.

    Raises DataError if there is no such file.

    >>> get_word_index("/nowhere/words.json")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: ...
    """
    return read_words(path, "Reuters")


def get_label_names() -> tuple[str, ...]:
    """The names of the topics, in the order of their numbers.

    >>> get_label_names()[:2]
    ('cocoa', 'grain')
    """
    return tuple(LABELS.split())
