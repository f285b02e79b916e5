"""Comparisons, truth values, and the choice between two values."""
import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import binary as reference
from fastnn.ops.common import (
    BITS,
    NUMBERS,
    broadcast_infer,
    calculate,
    cast_to,
    check_dtype,
    is_constant,
    is_symbol,
    result_dtype,
    unary_cost,
    unbroadcast,
)
from fastnn.ops.op import Array, Case, Op, register
from fastnn.ops.records.broadcasting import _binary, draw_broadcast, spread

__all__ = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or",
           "logical_xor", "where", "select"]


_less = _binary("less", out="bool", nondiff="a truth value", doc="x < y")
_less_equal = _binary("less_equal", out="bool", nondiff="a truth value", doc="x <= y")
_equal = _binary("equal", out="bool", nondiff="a truth value", doc="x = y")
_not_equal = _binary("not_equal", out="bool", nondiff="a truth value", doc="x differs from y (as NaN does from itself)")
_logical_and = _binary("logical_and", allowed=("bool",), out="bool", nondiff="a truth value", doc="both")
_logical_or = _binary("logical_or", allowed=("bool",), out="bool", nondiff="a truth value", doc="at least one")
_logical_xor = _binary("logical_xor", allowed=("bool",), out="bool", nondiff="a truth value", doc="exactly one")


def _zeros(g):
    return np.zeros((), dtypes.numpy_type(g.dtype))


def _where_infer(specs, attrs):
    c, x, y = specs
    check_dtype("where", c, ("bool",))
    if x.dtype != y.dtype:
        raise DTypeError(f"where: received values of dtypes {x.dtype} and {y.dtype}, expected one dtype.")
    check_dtype("where", x, tuple(dtypes.TABLE))
    return Spec(broadcast_infer("where", specs), x.dtype)


def _where_lower(e):
    z = e.outs[0]
    c, x, y = (spread(e, v, z.shape) for v in e.ins)
    e.emit(f"where_{BITS[z.itemsize]}", c.rd, x.rd, y.rd, z.wr, n=z.size, elementwise=True)


def _where_vjp(node, gys):
    c, x, y = node.inputs
    g, zero = gys[0], _zeros(gys[0])
    return [None, None if is_constant(x) else unbroadcast(_where(c, g, zero), x.shape),
            None if is_constant(y) else unbroadcast(_where(c, zero, g), y.shape)]


def _where_cases(draw):
    a, b, c = draw_broadcast(draw, 3)
    return Case([Array(a, "bool"), Array(b), Array(c)])


_where = register(Op(
    name="where", inputs=("condition", "x", "y"), infer=_where_infer, lower=_where_lower, vjp=_where_vjp,
    elementwise=True,
    inplace={0: 1}, reference=reference.where, cases=_where_cases, cost=unary_cost(),
    doc="z = x where condition, else y",
    invalid=[([Spec((2,), "bool"), Spec((3,), "float32"), Spec((3,), "float32")], {}, ShapeError),
             ([Spec((2,), "float32"), Spec((2,), "float32"), Spec((2,), "float32")], {}, DTypeError)]))


def _compare(op, x, y):
    if is_symbol(x) and is_symbol(y) and x.dtype == y.dtype and x.dtype in NUMBERS:
        return op(x, y)
    return calculate(op, (x, y), result_dtype(x, y), back=False)


def less(x1, x2):
    """x1 < x2 as truth values.

    >>> less([1, 3], 2)
    array([ True, False])
    """
    return _compare(_less, x1, x2)


def less_equal(x1, x2):
    """x1 <= x2 as truth values.

    >>> less_equal([1, 3], 3)
    array([ True,  True])
    """
    return _compare(_less_equal, x1, x2)


def greater(x1, x2):
    """x1 > x2 as truth values.

    >>> greater([1, 3], 2)
    array([False,  True])
    """
    return _compare(_less, x2, x1)


def greater_equal(x1, x2):
    """x1 >= x2 as truth values.

    >>> greater_equal([1, 3], 3)
    array([False,  True])
    """
    return _compare(_less_equal, x2, x1)


def equal(x1, x2):
    """x1 = x2 as truth values.

    >>> equal([1, 3], 3)
    array([False,  True])
    """
    return _compare(_equal, x1, x2)


def not_equal(x1, x2):
    """x1 differs from x2, as truth values.

    >>> not_equal([1, 3], 3)
    array([ True, False])
    """
    return _compare(_not_equal, x1, x2)


def logical_and(x1, x2):
    """Both are true (not 0).

    >>> logical_and([True, True], [True, False])
    array([ True, False])
    """
    return _logical_and(cast_to(x1, "bool"), cast_to(x2, "bool"))


def logical_or(x1, x2):
    """At least one is true (not 0).

    >>> logical_or([True, False], [False, False])
    array([ True, False])
    """
    return _logical_or(cast_to(x1, "bool"), cast_to(x2, "bool"))


def logical_xor(x1, x2):
    """Exactly one is true (not 0).

    >>> logical_xor([True, True], [True, False])
    array([False,  True])
    """
    return _logical_xor(cast_to(x1, "bool"), cast_to(x2, "bool"))


def where(condition, x1=None, x2=None):
    """x1 where the condition holds, else x2, broadcast; with the condition only, the indices where an array is true.

    >>> where([True, False], 1.0, 2.0)
    array([1., 2.], dtype=float32)
    """
    if x1 is None and x2 is None:
        from fastnn.ops.functions.order import nonzero
        return nonzero(condition)
    if x1 is None or x2 is None:
        raise ArgumentError("where: received one of x1 and x2; expected both, or neither.")
    dtype = result_dtype(x1, x2)
    return _where(cast_to(condition, "bool"), cast_to(x1, dtype), cast_to(x2, dtype))


def select(condlist, choicelist, default=0):
    """Of several choices the first whose condition holds, else `default`.

    >>> select([[True, False]], [[1.0, 2.0]], 9.0)
    array([1., 9.], dtype=float32)
    """
    out = default
    for c, x in zip(reversed(list(condlist)), reversed(list(choicelist))):
        out = where(c, x, out)
    return out
