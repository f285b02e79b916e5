"""How values on a grid are taken at other places along one axis."""

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.core.types import Array

LEAST = 1e3 * float(np.finfo(np.float32).eps)  # a place whose weights add up to less sees nothing


def _triangle(x, xp):
    return xp.maximum(1.0 - x, 0.0)


def _cubic(x, xp):
    """Keys's cubic convolution (1981), a = -1/2."""
    near, far = (1.5 * x - 2.5) * x * x + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return xp.where(x < 1.0, near, xp.where(x < 2.0, far, 0.0))


def _lanczos(radius):
    def kernel(x, xp):
        angle = xp.where(x > 1e-3, x, 1.0) * np.pi
        y = radius * xp.sin(angle) * xp.sin(angle / radius) / (angle * angle)
        return xp.where(x > radius, 0.0, xp.where(x > 1e-3, y, 1.0))

    return kernel


KERNELS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos(3.0), "lanczos5": _lanczos(5.0)}


def matrix(n, size, scale, shift, kernel, antialias=False, xp=np, kind=np.float64):
    """(size, n) matrix that resamples n values at the places p with scale p + shift = 1/2, 3/2, ..., size - 1/2.

    kernel: (distance, xp) -> weight; antialias: it grows as values move together.  xp: numpy, or a module with its
    names for a scale and a shift that are no numbers.  Places outside of the values get zeros.
    """
    at = ((np.arange(size) + 0.5).astype(kind) - shift) / scale - 0.5
    distance = xp.abs(xp.reshape(at, (size, 1)) - np.arange(n).astype(kind))
    y = kernel(distance / xp.maximum(1.0 / scale, 1.0) if antialias else distance, xp)
    total = xp.sum(y, axis=1, keepdims=True)
    y = xp.where(xp.abs(total) > LEAST, y / xp.where(total != 0.0, total, 1.0), 0.0)
    inside = xp.logical_and(at >= -0.5, at <= n - 0.5)
    return xp.where(xp.reshape(inside, (size, 1)), y, 0.0)


def weights(n: int, size: int, interpolation: str = "bilinear", antialias: bool = False) -> Array:
    """(size, n) float64 matrix that resamples n values at `size` places with half-pixel centres.

    >>> weights(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    if interpolation == "nearest":
        rows, chosen = np.arange(size), np.zeros((size, n))
        chosen[rows, np.minimum(np.floor((rows + 0.5) * n / size), n - 1).astype(int)] = 1
        return chosen
    if interpolation not in KERNELS:
        raise ArgumentError(
            "Invalid value for argument `interpolation`. Expected of one "
            f"{('nearest', *KERNELS)}. Received: interpolation={interpolation!r}"
        )
    return matrix(n, size, size / n, 0.0, KERNELS[interpolation], antialias)


def taps(matrix: Array) -> tuple[Array, int]:
    """(first places, numbers of weights and weights of the rows of a matrix as int64 words, most weights of a row).

    >>> taps(weights(4, 2))[0][:4].tolist()
    [0, 2, 2, 2]
    """
    hits = matrix != 0
    some = hits.any(axis=1)
    first = np.where(some, hits.argmax(axis=1), 0)
    many = np.where(some, matrix.shape[1] - hits[:, ::-1].argmax(axis=1) - first, 0)
    most = max(int(many.max(initial=0)), 1)
    kept = np.zeros((len(matrix), most))
    for row, (start, count) in enumerate(zip(first, many)):
        kept[row, :count] = matrix[row, start : start + count]
    return np.concatenate([first, many, kept.ravel().view(np.int64)]), most
