"""Names for complex numbers, of real ones."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.types import Tensor
from fastnn.ops.functions.comparison import equal, where
from fastnn.ops.functions.constants import zeros_like
from fastnn.ops.functions.operands import dtype_of, floating, operand
from fastnn.ops.functions.rounding import signbit

__all__ = ["real", "conj", "conjugate", "angle", "imag", "isreal"]


def real(x: Any) -> Tensor:
    """x itself: there are no complex values.

    >>> real([1.0])
    array([1.], dtype=float32)
    """
    return operand(x)


conj = conjugate = real


def angle(x: Any) -> Tensor:
    """0 for x >= 0, pi below (and for -0), NaN for NaN.

    >>> angle([1.0])
    array([0.], dtype=float32)
    """
    x = floating(x)
    kind = dtypes.numpy_type(dtype_of(x))  # of two Python numbers `where` makes float32
    return where(equal(x, x), where(signbit(x), np.asarray(np.pi, kind), np.asarray(0, kind)), x)


def imag(x: Any) -> Tensor:
    """Zeros: there are no complex values.

    >>> imag([1.0])
    array([0.], dtype=float32)
    """
    return zeros_like(x)


def isreal(x: Any) -> Tensor:
    """True everywhere: there are no complex values.

    >>> isreal([1.0])
    array([ True])
    """
    return equal(zeros_like(x), 0)
