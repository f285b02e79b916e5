"""Images sampled at other places: sizes, and affine maps.  For data on their way in: no plan is made."""

import functools
import math

import numpy as np

from fastnn.core import hooks
from fastnn.core.errors import ArgumentError
from fastnn.core.resampling import taps, weights

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


@functools.lru_cache(64)
def _taps(n, size, interpolation):
    return taps(weights(n, size, interpolation))


def resize(x, size, interpolation="bilinear"):
    """Images (..., rows, columns, channels) of size (rows, columns), as float64 where they are, else as float32.

    >>> resize(np.ones((2, 4, 4, 1), "float32"), (2, 3)).shape
    (2, 2, 3, 1)
    """
    x = np.asarray(x)
    kind, dtype = (x.dtype, x.dtype) if x.dtype in ("float32", "float64") else (np.dtype("float32"), x.dtype)
    *many, h, w, c = x.shape
    out = np.empty((*many, *size, c), kind)
    (rows, most), (columns, wide) = _taps(h, int(size[0]), interpolation), _taps(w, int(size[1]), interpolation)
    name = "f64" if kind == "float64" else "f32"
    hooks.call(
        "kernel",
        f"resample_{name}_f64_{name}",
        [np.ascontiguousarray(x, kind), out, h, w, c, *size, rows, most, columns, wide, np.empty(w * c)],
        0,
        math.prod(many) * out.shape[-3],
    )
    return out.astype(dtype, copy=False) if dtype.kind == "f" else out


def affine(image, matrix, fill_mode="nearest", cval=0.0, order=1):
    """An image (rows, columns, channels) whose pixel (i, j) is that of the input at matrix @ (i, j, 1), bilinear.

    fill_mode: what lies outside the middles of the outer pixels: "nearest", "constant" (cval), "reflect" or "wrap",
    which goes on at the other side, its last pixel being the first, as in scipy.ndimage.  order: 0 takes the nearest
    pixel.

    >>> affine(np.arange(4.0).reshape(2, 2, 1), np.array([[1, 0, 0], [0, -1, 1.0], [0, 0, 1]]))[..., 0].tolist()
    [[1.0, 0.0], [3.0, 2.0]]
    """
    if fill_mode not in FILL_MODES:
        raise ArgumentError(f"fill_mode: received {fill_mode!r}, expected one of {', '.join(FILL_MODES)}.")
    rows, columns = image.shape[:2]
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    y, x = (matrix[k, 0] * i + matrix[k, 1] * j + matrix[k, 2] for k in (0, 1))
    outside = (y < 0) | (y > rows - 1) | (x < 0) | (x > columns - 1)
    if fill_mode == "wrap":
        y, x = _wrapped(y, rows), _wrapped(x, columns)
    if order == 0:
        y, x = np.floor(y + 0.5), np.floor(x + 0.5)
    low_y, low_x = np.floor(y).astype(int), np.floor(x).astype(int)
    share_y, share_x = (y - low_y)[..., None], (x - low_x)[..., None]

    def pixels(a, b):
        return image[_inside(a, rows, fill_mode), _inside(b, columns, fill_mode)]

    top = pixels(low_y, low_x) * (1 - share_x) + pixels(low_y, low_x + 1) * share_x
    bottom = pixels(low_y + 1, low_x) * (1 - share_x) + pixels(low_y + 1, low_x + 1) * share_x
    found = top * (1 - share_y) + bottom * share_y
    return (np.where(outside[..., None], cval, found) if fill_mode == "constant" else found).astype(image.dtype)


def _wrapped(places, n):
    """Places brought into 0 .. n - 1, with a period of n - 1."""
    period = max(n - 1, 1)
    below = places + period * (np.floor(-places / period) + 1)
    above = places - period * np.floor(places / period)
    return np.where(places < 0, below, np.where(places > n - 1, above, places))


def _inside(index, n, fill_mode):
    """Indices brought into 0 .. n - 1."""
    if fill_mode == "reflect":  # dcba|abcd|dcba
        folded = index % (2 * n)
        return np.where(folded >= n, 2 * n - 1 - folded, folded)
    return np.clip(index, 0, n - 1)
