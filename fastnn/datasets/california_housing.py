"""Prices of houses in California (Pace and Barry, 1997), from the .npz file that Keras keeps."""

from fastnn.core.errors import ArgumentError
from fastnn.datasets.files import load_table

ROWS = {"large": None, "small": 600}


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """The houses and their prices, in Keras's order, and split.

    Args:
        version: "large", or "small": the first 600 rows.
        path: the file, or its name in $FASTNN_DATA or ~/.keras/datasets.
        test_split: share of the rows in the second part.
        seed: of the order.

    Returns (x_train, y_train), (x_test, y_test): numbers (n, 8) and prices (n,).
    Raises DataError if there is no such file, or it is damaged; ArgumentError for another version.

    >>> load_data(path="/nowhere/california_housing.npz")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: California housing: no file at '/nowhere/california_housing.npz'. ...
    """
    if version not in ROWS:
        raise ArgumentError(f"version: received {version!r}, expected 'large' or 'small'.")
    return load_table(path, "California housing", test_split, seed, ROWS[version])
