"""One seed for everything that is random."""

import random

import numpy as np

from fastnn.core import config


def set_random_seed(seed):
    """Seed fastnn (initial weights, shuffling, dropout), Python's `random` and NumPy's legacy generator.

    Args:
        seed: an int from 0 to 2**32 - 1. Layers made after it draw from streams that are counted from 1 again.

    Raises ArgumentError for anything else.

    >>> set_random_seed(42)
    """
    config.set_seed(seed)
    random.seed(int(seed))
    np.random.seed(int(seed) % 2**32)  # noqa: NPY002  scripts that draw their data from it expect this
