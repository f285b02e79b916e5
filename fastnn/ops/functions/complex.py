"""Complex numbers: their parts, sizes and angles, and their views as pairs of floats."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import multiply
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.constants import zeros_like
from fastnn.ops.functions.elementwise import cos, negative, sin
from fastnn.ops.functions.layout import stack
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, operand, same_floats
from fastnn.ops.functions.rounding import signbit
from fastnn.ops.op import R

__all__ = ["real", "conj", "conjugate", "angle", "imag", "isreal", "polar", "view_as_complex", "view_as_real"]


def is_complex(x):
    """Whether an operand holds complex numbers."""
    return dtype_of(x) in dtypes.COMPLEX


def real(x: Any) -> Tensor:
    """The real part of complex numbers; any other x itself.

    Args:
        x: numbers of any shape, complex ones too.

    >>> real([1.0 + 2.0j])
    array([1.], dtype=float32)
    """
    x = operand(x)
    return R.complex_split(x)[0] if is_complex(x) else x


def conjugate(x: Any) -> Tensor:
    """Complex numbers with the sign of their imaginary part changed; any other x itself.

    Args:
        x: numbers of any shape, complex ones too.

    >>> conjugate([1.0 + 2.0j])
    array([1.-2.j], dtype=complex64)
    """
    x = operand(x)
    if not is_complex(x):
        return x
    re, im = R.complex_split(x)
    return R.complex_join(re, negative(im))


conj = conjugate


def angle(x: Any) -> Tensor:
    """The angle of complex numbers; of others 0 for x >= 0, pi below (and for -0), NaN for NaN.

    Args:
        x: numbers of any shape, complex ones too.

    Returns radians, floats.

    >>> angle([1.0, 2.0j])
    array([0.       , 1.5707964], dtype=float32)
    """
    x = floating(x)
    if is_complex(x):
        re, im = R.complex_split(x)
        return R.arctan2(im, re)
    kind = dtypes.numpy_type(dtype_of(x))  # of two Python numbers `where` makes float32
    return where(equal(x, x), where(signbit(x), np.asarray(np.pi, kind), np.asarray(0, kind)), x)


def imag(x: Any) -> Tensor:
    """The imaginary part of complex numbers x; zeros for others.

    Args:
        x: numbers of any shape, complex ones too.

    >>> imag([1.0 + 2.0j])
    array([2.], dtype=float32)
    """
    x = operand(x)
    return R.complex_split(x)[1] if is_complex(x) else zeros_like(x)


def isreal(x: Any) -> Tensor:
    """Where the imaginary part of x is 0: everywhere, if it has none.

    Args:
        x: numbers of any shape, complex ones too.

    >>> isreal([1.0, 2.0j])
    array([ True, False])
    """
    return equal(imag(x), 0)


# ------------------------------------------------------------------ put together and taken apart
def _parts(*xs):
    """Floats of one dtype that complex numbers can have as parts."""
    xs = same_floats(*xs)
    return [cast_to(x, "float32") if dtype_of(x) in dtypes.HALVES else x for x in xs]


def view_as_complex(x: Any) -> Tensor:
    """Complex numbers of pairs of floats, (real part, imaginary part).

    Args:
        x: floats (..., 2).

    Returns complex numbers (...). Raises ShapeError where the last dimension is not 2.

    >>> view_as_complex([[1.0, 2.0]])
    array([1.+2.j], dtype=complex64)
    """
    x = operand(x)
    if tuple(x.shape[-1:]) != (2,):
        raise ShapeError(
            f"Last dimension of input must be size 2 (real and imaginary). Received shape: {tuple(x.shape)}"
        )
    return R.view_as_complex(*_parts(x))


def view_as_real(x: Any) -> Tensor:
    """Complex numbers as pairs of floats, (real part, imaginary part); other numbers with zeros.

    Args:
        x: complex numbers (...).

    Returns floats (..., 2).

    >>> view_as_real([1.0 + 2.0j])
    array([[1., 2.]], dtype=float32)
    """
    x = operand(x)
    if is_complex(x):
        return R.view_as_real(x)
    (re,) = _parts(x)
    return stack([re, zeros_like(re)], -1)


def polar(abs_: Any, angle: Any) -> Tensor:
    """Complex numbers of a size and an angle.

    Args:
        abs_: the sizes, floats of any shape.
        angle: the angles in radians, floats of a shape that broadcasts with that of the sizes.

    >>> polar([2.0], [0.0])
    array([2.+0.j], dtype=complex64)
    """
    size, turn = _parts(abs_, angle)
    return R.complex_join(multiply(size, cos(turn)), multiply(size, sin(turn)))
