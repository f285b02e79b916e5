"""Angles and their functions, hyperbolic ones too."""

from typing import Any

import numpy as np

from fastnn.core.types import Tensor
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.forms import composite
from fastnn.ops.functions.arithmetic import divide, multiply
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.elementwise import affine, sin
from fastnn.ops.functions.operands import float_call, float_pair, floating
from fastnn.ops.op import R

__all__ = ["tan", "deg2rad", "rad2deg", "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "erfinv",
           "arctan2", "sinh", "cosh", "hypot", "sinc", "i0"]  # fmt: skip


def tan(x: Any) -> Tensor:
    """The tangent of x in radians.

    Args:
        x: radians, any shape; integers become the default float type.

    >>> tan([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: divide(R.sin(v), R.cos(v)), x)


def deg2rad(x: Any) -> Tensor:
    """Degrees x as radians.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> deg2rad([180.0])
    array([3.1415927], dtype=float32)
    """
    return float_call(lambda v: multiply(v, np.pi / 180), x)


def rad2deg(x: Any) -> Tensor:
    """Radians x as degrees.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> rad2deg([0.0])
    array([0.], dtype=float32)
    """
    return float_call(lambda v: multiply(v, 180 / np.pi), x)


composite("tan", tan, reference=reference.tan, low=-1.0, high=1.0, flops=60, doc="y = sin x / cos x")


def _float_function(op, text, example):
    def function(x):
        return float_call(op, x)

    function.__name__ = function.__qualname__ = op.name
    meaning = "numbers of any shape; integers become the default float type"
    function.__doc__ = f"{text}\n\n    Args:\n        x: {meaning}.\n\n    {example}\n    "
    return function


arcsin = _float_function(
    R.arcsin,
    "The angle in [-pi/2, pi/2], radians, whose sine is x.",
    ">>> arcsin([0.0])\n    array([0.], dtype=float32)",
)
arccos = _float_function(
    R.arccos, "The angle in [0, pi], radians, whose cosine is x.", ">>> arccos([1.0])\n    array([0.], dtype=float32)"
)
arctan = _float_function(
    R.arctan,
    "The angle in [-pi/2, pi/2], radians, whose tangent is x.",
    ">>> arctan([0.0])\n    array([0.], dtype=float32)",
)
arcsinh = _float_function(R.arcsinh, "The inverse of sinh at x.", ">>> arcsinh([0.0])\n    array([0.], dtype=float32)")
arccosh = _float_function(
    R.arccosh, "The inverse of cosh at x; NaN below 1.", ">>> arccosh([1.0])\n    array([0.], dtype=float32)"
)
arctanh = _float_function(
    R.arctanh, "The inverse of tanh at x; NaN outside of [-1, 1].", ">>> arctanh([0.0])\n    array([0.], dtype=float32)"
)
erfinv = _float_function(R.erfinv, "The number whose erf is x.", ">>> erfinv([0.0])\n    array([0.], dtype=float32)")


def arctan2(x1: Any, x2: Any) -> Tensor:
    """The angle in radians of the point (x2, x1), in (-pi, pi].

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> arctan2([0.0], [1.0])
    array([0.], dtype=float32)
    """
    return float_pair(R.arctan2, x1, x2)


def sinh(x: Any) -> Tensor:
    """The hyperbolic sine of x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> sinh([0.0])
    array([0.], dtype=float32)
    """
    return float_call(R.sinh, x)


def cosh(x: Any) -> Tensor:
    """The hyperbolic cosine of x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> cosh([0.0])
    array([1.], dtype=float32)
    """
    return float_call(R.cosh, x)


def hypot(x1: Any, x2: Any) -> Tensor:
    """sqrt(x1^2 + x2^2), without overflow.

    Args:
        x1, x2: numbers whose shapes broadcast; the result has the float dtype in which theirs meet.

    >>> hypot([3.0], [4.0])
    array([5.], dtype=float32)
    """
    return float_pair(R.hypot, x1, x2)


def sinc(x: Any) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> sinc([0.0, 1.0]).round(5).tolist()
    [1.0, -0.0]
    """
    v = affine(floating(x), float(np.pi))
    zero = equal(v, 0)
    return where(zero, 1.0, divide(sin(v), where(zero, 1.0, v)))


def i0(x: Any) -> Tensor:
    """The modified Bessel function of the first kind, of order 0, at x.

    Args:
        x: numbers of any shape; integers become the default float type.

    >>> i0([0.0, 1.0]).round(4)
    array([1.    , 1.2661], dtype=float32)
    """
    return float_call(R.bessel_i, x)
