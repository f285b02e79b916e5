"""Data in two parts."""

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError
from fastnn.core.random import permutation


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Two parts of arrays (one, or a list or tuple of them with as many rows).

    left_size, right_size: rows (int) or shares (float in 0 .. 1) of the parts; one may be None.

    Raises ArgumentError for sizes that do not fit.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> left.shape, right.shape
    ((8,), (2,))
    """
    arrays = [np.asarray(a) for a in dataset] if isinstance(dataset, (list, tuple)) else [np.asarray(dataset)]
    n = len(arrays[0])
    if left_size is None and right_size is None:
        raise ArgumentError("At least one of the `left_size` or `right_size` must be specified.")
    left, right = (None if s is None else round(s * n) if isinstance(s, float) else s for s in (left_size, right_size))
    left = n - right if left is None else left
    right = n - left if right is None else right
    if min(left, right) < 1 or left + right > n:
        raise ArgumentError(f"split_dataset: received left_size={left_size}, right_size={right_size} for {n} rows.")
    order = permutation((config.seed(), config.next_stream() if seed is None else seed), n) if shuffle else np.arange(n)
    parts = [[a[order[:left]] for a in arrays], [a[order[left : left + right]] for a in arrays]]
    return tuple(type(dataset)(p) if isinstance(dataset, (list, tuple)) else p[0] for p in parts)
