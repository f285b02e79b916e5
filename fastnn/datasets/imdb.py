"""Reviews of films and whether they are good (Maas et al., 2011), as rows of word numbers, from Keras's imdb.npz."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.datasets.files import located, read_npz, read_words
from fastnn.datasets.sequences import check_arguments, limited, marked, mixed, not_longer, objects


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: Any,
) -> Any:
    """25,000 + 25,000 reviews as lists of word numbers, and 0 or 1 for each.

    Args:
        path: the file, or its name in $FASTNN_DATA or ~/.keras/datasets.
        num_words, skip_top: words are kept whose numbers, the more frequent the smaller, lie in this range.
        maxlen: longer reviews are left out.
        seed: of the order.
        start_char: stands before each review.
        oov_char: stands for words that are not kept; None: they are left out.
        index_from: what word numbers are moved up by.
        kwargs: nb_words, Keras 1's name of num_words.

    Returns (x_train, y_train), (x_test, y_test): object arrays of lists, int arrays.  Raises DataError if there is no
    such file, or it is damaged.

    >>> load_data("/nowhere/imdb.npz")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: IMDB: no file at '/nowhere/imdb.npz'. ...
    """
    num_words = kwargs.pop("nb_words", num_words)
    check_arguments(kwargs)
    arrays = read_npz(located(path, "IMDB"), ("y_train", "y_test"), "IMDB", ("x_train", "x_test"))
    generator = np.random.RandomState(seed)
    rows, labels = [], []
    for part in ("train", "test"):
        x, y = mixed(arrays[f"x_{part}"], arrays[f"y_{part}"], generator)
        x, y = not_longer(marked(x, start_char, index_from), y, maxlen)
        rows.append(x)
        labels.append(y)
    first = len(rows[0])
    words = limited(rows[0] + rows[1], num_words, skip_top, oov_char)
    return (objects(words[:first]), labels[0]), (objects(words[first:]), labels[1])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """{word: number}, before numbers are moved up by index_from.

    Args:
        path: the file, or its name in $FASTNN_DATA or ~/.keras/datasets.

    Raises DataError if there is no such file.

    >>> get_word_index("/nowhere/words.json")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: ...
    """
    return read_words(path, "IMDB")
