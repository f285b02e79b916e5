"""Comparisons, truth values, and the choice between two values."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ValuesError
from fastnn.core.types import Tensor
from fastnn.graph.tensor import known
from fastnn.ops.forms import NUMBERS
from fastnn.ops.functions.operands import calculate, cast_to, is_symbol, operand, result_dtype
from fastnn.ops.op import R

__all__ = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or",
           "logical_xor", "where", "select", "nonzero", "argwhere"]  # fmt: skip


def _compare(op, x, y):
    if is_symbol(x) and is_symbol(y) and x.dtype == y.dtype and x.dtype in NUMBERS:
        return op(x, y)
    return calculate(op, (x, y), result_dtype(x, y), back=False)


def less(x1: Any, x2: Any) -> Tensor:
    """x1 < x2 as truth values.

    Args:
        x1, x2: numbers whose shapes broadcast.

    >>> less([1, 3], 2)
    array([ True, False])
    """
    return _compare(R.less, x1, x2)


def less_equal(x1: Any, x2: Any) -> Tensor:
    """x1 <= x2 as truth values.

    Args:
        x1, x2: numbers whose shapes broadcast.

    >>> less_equal([1, 3], 3)
    array([ True,  True])
    """
    return _compare(R.less_equal, x1, x2)


def greater(x1: Any, x2: Any) -> Tensor:
    """x1 > x2 as truth values.

    Args:
        x1, x2: numbers whose shapes broadcast.

    >>> greater([1, 3], 2)
    array([False,  True])
    """
    return _compare(R.less, x2, x1)


def greater_equal(x1: Any, x2: Any) -> Tensor:
    """x1 >= x2 as truth values.

    Args:
        x1, x2: numbers whose shapes broadcast.

    >>> greater_equal([1, 3], 3)
    array([False,  True])
    """
    return _compare(R.less_equal, x2, x1)


def equal(x1: Any, x2: Any) -> Tensor:
    """x1 = x2 as truth values.

    Args:
        x1, x2: numbers whose shapes broadcast.

    >>> equal([1, 3], 3)
    array([False,  True])
    """
    return _compare(R.equal, x1, x2)


def not_equal(x1: Any, x2: Any) -> Tensor:
    """x1 differs from x2, as truth values.

    Args:
        x1, x2: numbers whose shapes broadcast.

    >>> not_equal([1, 3], 3)
    array([ True, False])
    """
    return _compare(R.not_equal, x1, x2)


def logical_and(x1: Any, x2: Any) -> Tensor:
    """Where both x1 and x2 are true.

    Args:
        x1, x2: values whose shapes broadcast; any number but 0 counts as true.

    >>> logical_and([True, True], [True, False])
    array([ True, False])
    """
    return R.logical_and(cast_to(x1, "bool"), cast_to(x2, "bool"))


def logical_or(x1: Any, x2: Any) -> Tensor:
    """Where at least one of x1 and x2 is true.

    Args:
        x1, x2: values whose shapes broadcast; any number but 0 counts as true.

    >>> logical_or([True, False], [False, False])
    array([ True, False])
    """
    return R.logical_or(cast_to(x1, "bool"), cast_to(x2, "bool"))


def logical_xor(x1: Any, x2: Any) -> Tensor:
    """Where exactly one of x1 and x2 is true.

    Args:
        x1, x2: values whose shapes broadcast; any number but 0 counts as true.

    >>> logical_xor([True, True], [True, False])
    array([False,  True])
    """
    return R.logical_xor(cast_to(x1, "bool"), cast_to(x2, "bool"))


def where(condition: Any, x1: Any = None, x2: Any = None) -> Tensor:
    """x1 where the condition holds, else x2; with the condition only, the indices where an array is true.

    Args:
        condition: truth values, or numbers, of which all but 0 are true.
        x1, x2: values that broadcast with the condition, or both None.

    >>> where([True, False], 1.0, 2.0)
    array([1., 2.], dtype=float32)
    """
    if x1 is None and x2 is None:
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ArgumentError(
            "where: `x1` and `x2` either both should be `None` or both should be non-`None`. Received: "
            f"x1={x1!r:.100}, x2={x2!r:.100}"
        )
    dtype = result_dtype(x1, x2)
    return R.where(cast_to(condition, "bool"), cast_to(x1, dtype), cast_to(x2, dtype))


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Tensor:
    """Of several choices the first whose condition holds, else `default`, element by element.

    Args:
        condlist: a list of arrays of truth values.
        choicelist: as many values, which broadcast with the conditions.
        default: a number, or a value that broadcasts: where no condition holds.

    >>> select([[True, False]], [[1.0, 2.0]], 9.0)
    array([1., 9.], dtype=float32)
    """
    condlist, choicelist, out = list(condlist), list(choicelist), default
    if len(condlist) != len(choicelist):
        raise ArgumentError(
            f"condlist must have length equal to choicelist ({len(condlist)} vs {len(choicelist)}); received "
            "`len(condlist)` conditions, expected one for each choice."
        )
    if not condlist:
        raise ArgumentError("condlist and choicelist must not be empty. Received: condlist = [], choicelist = []")
    for c, x in zip(reversed(condlist), reversed(choicelist)):
        out = where(c, x, out)
    return out


def arrays_only(name):
    """Raise ValuesError: an operation whose result has no size before it runs received a symbol."""
    raise ValuesError(
        f"{name}: the size of the result depends on the values, so it takes arrays, not symbols of a "
        "graph; use fastnn.ops.where to choose by a condition."
    )


# ------------------------------------------------------------------ results whose size depends on the values
def nonzero(x: Any) -> Tensor:
    """The indices of the values that are not 0: one array per dimension. Takes arrays only.

    Args:
        x: an array of any shape.

    Returns one int32 array for each dimension of x.

    >>> nonzero([0, 5, 6])
    (array([1, 2], dtype=int32),)
    """
    x = known(operand(x))
    return arrays_only("nonzero") if is_symbol(x) else tuple(i.astype(np.int32) for i in np.nonzero(np.asarray(x)))


def argwhere(x: Any) -> Tensor:
    """The indices of the values that are not 0, one row each. Takes arrays only.

    Args:
        x: an array of any shape.

    Returns int32 rows (number of such values, dimensions of x).

    >>> argwhere([0, 5, 6])
    array([[1],
           [2]], dtype=int32)
    """
    return np.stack(nonzero(x), axis=-1)
