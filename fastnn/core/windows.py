"""Windows of signals, and the kernels of a short-time Fourier transform."""

import importlib
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError
from fastnn.core.types import Array

# a window as cosines: sum of (-1)^k a_k cos(2 pi k n / N)
COSINES = {"boxcar": (1.0,), "ones": (1.0,), "hann": (0.5, 0.5), "hamming": (0.54, 0.46),
           "blackman": (0.42, 0.5, 0.08)}  # fmt: skip


def window(kind: Any, length: int, periodic: bool = True) -> Array:
    """The weights of a window of `length` samples, in float64.

    kind: "hann", "hamming", "blackman", "boxcar", another name that scipy.signal.get_window knows, or the weights.
    periodic: whether it goes on where it ends, as a Fourier transform takes it.

    Raises ArgumentError for an unknown name, NotSupportedError where SciPy is needed and missing, ShapeError for
    weights of another number.

    >>> window("hann", 4).round(6).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    if not isinstance(kind, str):
        weights = np.asarray(kind, np.float64)
        if weights.shape != (length,):
            raise ShapeError(
                f"The shape of `window` must be equal to [frame_length]. Received: window shape={weights.shape}, "
                f"frame_length={length}"
            )
        return weights
    if kind in COSINES:
        at = 2 * np.pi * np.arange(length) / max(length if periodic else length - 1, 1)
        terms = [(-1) ** k * a * np.cos(k * at) for k, a in enumerate(COSINES[kind])]
        return np.sum(terms, axis=0) if length > 1 else np.ones(length)
    try:
        signal = importlib.import_module("scipy.signal")
    except ImportError:
        raise NotSupportedError(
            f"The window {kind!r} is computed by SciPy, which is not installed. Known without it: {', '.join(COSINES)}."
        ) from None
    try:
        weights = np.asarray(signal.get_window(kind, length, periodic), np.float64)
    except ValueError as error:
        raise ArgumentError(f"Unknown window: {error}") from None
    return weights


def fourier_kernel(side: str, frame: int, bins: int) -> Array:
    """cos (side "real") or sin ("imag") of -2 pi t f for `frame` times t and frequencies f up to one half.

    >>> fourier_kernel("real", 2, 3).round(3).tolist()
    [[[1.0, 1.0, 1.0]], [[1.0, 0.0, -1.0]]]
    """
    frequencies = np.arange(bins) / max((bins - 1) * 2, 1)
    angles = -2 * np.pi * np.arange(frame)[:, None, None] * frequencies
    return np.cos(angles) if side == "real" else np.sin(angles)
