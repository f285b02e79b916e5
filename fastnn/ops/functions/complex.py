"""Complex numbers: arrays of them are taken apart and put together here; graphs hold pairs of real values."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import NotSupportedError, ShapeError
from fastnn.core.types import Tensor
from fastnn.graph.active import current
from fastnn.graph.tensor import known
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.constants import zeros_like
from fastnn.ops.functions.operands import dtype_of, floating, is_symbol, operand
from fastnn.ops.functions.rounding import signbit

__all__ = ["real", "conj", "conjugate", "angle", "imag", "isreal", "polar", "view_as_complex", "view_as_real"]


def is_complex(x):
    """Whether x is an array of complex numbers."""
    return isinstance(x, (np.ndarray, np.complexfloating)) and x.dtype.kind == "c"


def real(x: Any) -> Tensor:
    """The real part of complex numbers; any other x itself.

    Args:
        x: numbers of any shape, complex ones too.

    >>> real([1.0])
    array([1.], dtype=float32)
    """
    return np.ascontiguousarray(x.real) if is_complex(x) else operand(x)


def conjugate(x: Any) -> Tensor:
    """Complex numbers with the sign of their imaginary part changed; any other x itself.

    Args:
        x: numbers of any shape, complex ones too.

    >>> conjugate([1.0])
    array([1.], dtype=float32)
    """
    return np.conjugate(x) if is_complex(x) else operand(x)


conj = conjugate


def angle(x: Any) -> Tensor:
    """The angle of complex numbers; of others 0 for x >= 0, pi below (and for -0), NaN for NaN.

    Args:
        x: numbers of any shape, complex ones too.

    Returns radians, floats.

    >>> angle([1.0])
    array([0.], dtype=float32)
    """
    if is_complex(x):
        return np.angle(x)
    x = floating(x)
    kind = dtypes.numpy_type(dtype_of(x))  # of two Python numbers `where` makes float32
    return where(equal(x, x), where(signbit(x), np.asarray(np.pi, kind), np.asarray(0, kind)), x)


def imag(x: Any) -> Tensor:
    """The imaginary part of complex numbers x; zeros for others.

    Args:
        x: numbers of any shape, complex ones too.

    >>> imag([1.0])
    array([0.], dtype=float32)
    """
    return np.ascontiguousarray(x.imag) if is_complex(x) else zeros_like(x)


def isreal(x: Any) -> Tensor:
    """Where the imaginary part of x is 0: everywhere, if it has none.

    Args:
        x: numbers of any shape, complex ones too.

    >>> isreal([1.0])
    array([ True])
    """
    return np.isreal(x) if is_complex(x) else equal(zeros_like(x), 0)


# ------------------------------------------------------------------ put together and taken apart: arrays
def _real_array(name, x):
    """Floats as a NumPy array of a dtype that has complex numbers."""
    x = known(x)
    if is_symbol(x) or current() is not None:
        raise NotSupportedError(
            f"{name}: a graph holds no complex values; keep pairs (real part, imaginary part), as ops.fft takes and "
            "returns them, and call it on arrays."
        )
    x = np.asarray(floating(x))
    return x.astype(np.float32) if x.dtype == np.float16 else x


def view_as_complex(x: Any) -> Tensor:
    """Complex numbers of pairs of floats, (real part, imaginary part). Takes arrays only.

    Args:
        x: floats (..., 2).

    Returns complex numbers (...). Raises ArgumentError for a symbol.

    >>> view_as_complex([[1.0, 2.0]])
    array([1.+2.j], dtype=complex64)
    """
    shape = tuple(x.shape) if is_symbol(x) else np.shape(x)
    if not shape or shape[-1] != 2:
        raise ShapeError(f"Last dimension of input must be size 2 (real and imaginary). Received shape: {shape}")
    x = _real_array("view_as_complex", x)
    return np.ascontiguousarray(x).view(np.result_type(x.dtype, np.complex64))[..., 0]


def view_as_real(x: Any) -> Tensor:
    """Complex numbers as pairs of floats, (real part, imaginary part). Takes arrays only.

    Args:
        x: complex numbers (...).

    Returns floats (..., 2). Raises ArgumentError for a symbol.

    >>> view_as_real(view_as_complex([[1.0, 2.0]]))
    array([[1., 2.]], dtype=float32)
    """
    if is_complex(x):
        return np.stack([x.real, x.imag], -1)
    x = _real_array("view_as_real", x)
    return np.stack([x, np.zeros_like(x)], -1)


def polar(abs_: Any, angle: Any) -> Tensor:
    """Complex numbers of a size and an angle. Takes arrays only.

    Args:
        abs_: the sizes, floats of any shape.
        angle: the angles in radians, floats of the same shape.

    >>> polar([2.0], [0.0])
    array([2.+0.j], dtype=complex64)
    """
    size, turn = (_real_array("polar", v) for v in (abs_, angle))
    return view_as_complex(np.stack(np.broadcast_arrays(size * np.cos(turn), size * np.sin(turn)), -1))
