"""Initializers whose values are known beforehand."""

from typing import Any

import numpy as np

from fastnn.core import windows
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.initializers.base import Initializer, type_of


class Zeros(Initializer):
    """All zeros.

    >>> Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, type_of(dtype))


class Ones(Initializer):
    """All ones.

    >>> Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        return np.ones(shape, type_of(dtype))


class Constant(Initializer):
    """One value everywhere, or an array of the weight's shape.

    Args:
        value: a number or an array that broadcasts to the weight's shape.

    >>> Constant(0.5)((2,))
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape, dtype=None):
        value = np.asarray(self.value, type_of(dtype))
        try:
            return np.broadcast_to(value, tuple(shape)).copy()
        except ValueError:
            raise ShapeError(
                f"Expected `shape` to be {value.shape} for provided tensor. Received: shape={tuple(shape)}"
            ) from None

    def get_config(self):
        return {"value": self.value.tolist() if isinstance(self.value, np.ndarray) else self.value}


class Identity(Initializer):
    """`gain` on the diagonal of a matrix, zeros elsewhere; 2-D shapes only.

    Args:
        gain: float, what stands on the diagonal.

    >>> Identity()((2, 2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ArgumentError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={tuple(shape)} of rank {len(shape)}."
            )
        return (self.gain * np.eye(*shape)).astype(type_of(dtype))

    def get_config(self):
        return {} if self.gain == 1.0 else {"gain": self.gain}  # Keras leaves it out


class STFT(Initializer):
    """The kernels of a short-time Fourier transform, for convolutions (frame length, 1, fft_length // 2 + 1).

    Args:
        side: "real" or "imag".
        window: name of a window, its weights, or None for none.
        scaling: "density" (the window's squares sum to 1), "spectrum" (the window sums to 1) or None.
        periodic: whether the window is periodic.

    Raises ArgumentError for another side, scaling or window.

    >>> STFT("real", None)((2, 1, 3)).round(3).tolist()
    [[[1.0, 1.0, 1.0]], [[1.0, 0.0, -1.0]]]
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ArgumentError(f"side should be 'real' or 'imag', not {side}")
        if scaling not in (None, "density", "spectrum"):
            raise ArgumentError(
                f"Scaling is invalid, it must be `None`, 'density' or 'spectrum'. Received scaling={scaling}"
            )
        if isinstance(window, str):
            windows.window(window, 1)
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape, dtype=None):
        frame, _, bins = shape
        kernel = windows.fourier_kernel(self.side, frame, bins)
        if self.window is not None:
            weights = windows.window(self.window, frame, self.periodic)
            scales = {"density": np.sqrt(np.sum(weights**2)), "spectrum": np.sum(np.abs(weights))}
            kernel = kernel * weights[:, None, None] / scales.get(self.scaling, 1.0)
        return kernel.astype(type_of(dtype))

    def get_config(self):
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}
