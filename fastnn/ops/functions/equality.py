"""Whether values are equal, near, or among others."""

from typing import Any

import numpy as np

from fastnn.core.types import Tensor
from fastnn.ops.functions.arithmetic import add, multiply, subtract
from fastnn.ops.functions.comparison import equal, less_equal, logical_and, logical_or, not_equal
from fastnn.ops.functions.elementwise import abs, isfinite, logical_not
from fastnn.ops.functions.layout import expand_dims, reshape
from fastnn.ops.functions.operands import floating, operand
from fastnn.ops.functions.reduction import all, any

__all__ = ["isclose", "allclose", "array_equal", "isin"]


# ------------------------------------------------------------------ comparisons
def isclose(x1: Any, x2: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where x1 and x2 are close: |x1 - x2| <= atol + rtol |x2|, element by element.

    Args:
        x1, x2: numbers whose shapes broadcast.
        rtol, atol: the relative and the absolute tolerance, numbers.
        equal_nan: whether NaN is close to NaN.

    >>> isclose([1.0, 2.0], [1.0, 2.1])
    array([ True, False])
    """
    a, b = floating(x1), floating(x2)
    near = less_equal(abs(subtract(a, b)), add(multiply(abs(b), rtol), atol))
    near = logical_or(logical_and(near, isfinite(b)), equal(a, b))
    return logical_or(near, logical_and(not_equal(a, a), not_equal(b, b))) if equal_nan else near


def allclose(x1: Any, x2: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether all elements are close, as `isclose` says; one truth value.

    Args:
        x1, x2: numbers whose shapes broadcast.
        rtol, atol: the relative and the absolute tolerance, numbers.
        equal_nan: whether NaN is close to NaN.

    >>> bool(allclose([1.0], [1.0]))
    True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def array_equal(x1: Any, x2: Any) -> Tensor:
    """Whether x1 and x2 have equal shapes and elements; one truth value.

    Args:
        x1, x2: numbers of any shapes.

    >>> bool(array_equal([1, 2], [1, 2]))
    True
    """
    a, b = operand(x1), operand(x2)
    return all(equal(a, b)) if tuple(a.shape) == tuple(b.shape) else np.asarray(False)


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Which elements of x1 occur in x2, as truth values in x1's shape.

    Args:
        x1, x2: numbers of any shapes.
        assume_unique: Keras's argument; the result is the same.
        invert: whether to say which elements do not occur.

    >>> isin([1, 2, 3], [3, 1])
    array([ True, False,  True])
    """
    hit = any(equal(expand_dims(operand(x1), -1), reshape(x2, (-1,))), axis=-1)
    return logical_not(hit) if invert else hit
