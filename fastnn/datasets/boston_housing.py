"""Prices of houses in Boston (Harrison and Rubinfeld, 1978), from the .npz file that Keras keeps."""

from fastnn.datasets.files import load_table


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """The houses and their prices, in Keras's order, and split.

    Args:
        path: the file, or its name in $FASTNN_DATA or ~/.keras/datasets.
        test_split: share of the rows in the second part.
        seed: of the order.

    Returns (x_train, y_train), (x_test, y_test): numbers (n, 13) and prices (n,).
    Raises DataError if there is no such file or it is damaged, ArgumentError for another share.

    >>> load_data("/nowhere/boston_housing.npz")
    Traceback (most recent call last):
        ...
    fastnn.core.errors.DataError: Boston housing: no file at '/nowhere/boston_housing.npz'. ...
    """
    return load_table(path, "Boston housing", test_split, seed)
