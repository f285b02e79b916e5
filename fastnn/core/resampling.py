"""How values on a grid are taken at other places along one axis."""

import numpy as np

from fastnn.core.errors import ArgumentError


def weights(n, size, interpolation="bilinear"):
    """(size, n) float64 matrix that resamples n values at `size` places with half-pixel centres.

    >>> weights(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    rows, matrix = np.arange(size), np.zeros((size, n))
    if interpolation == "nearest":
        matrix[rows, np.minimum(np.floor((rows + 0.5) * n / size), n - 1).astype(int)] = 1
        return matrix
    if interpolation != "bilinear":
        raise ArgumentError(f"interpolation: received {interpolation!r}, expected 'nearest' or 'bilinear'.")
    at = np.clip((rows + 0.5) * n / size - 0.5, 0, n - 1)
    low = np.floor(at).astype(int)
    np.add.at(matrix, (rows, low), 1 - (at - low))
    np.add.at(matrix, (rows, np.minimum(low + 1, n - 1)), at - low)
    return matrix
