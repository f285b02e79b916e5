"""Arithmetic, comparisons and choices of two values, with NumPy's broadcasting and Keras's promotion of dtypes."""
import math

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.shapes import product
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import binary as reference
from fastnn.ops.common import (
    BITS,
    FLOATS,
    NUMBERS,
    broadcast_infer,
    broadcast_strides,
    calculate,
    cast_to,
    check_dtype,
    collapse,
    dtype_of,
    is_constant,
    is_number,
    is_symbol,
    operand,
    result_dtype,
    same_dtype,
    traced,
    unary_cost,
    unbroadcast,
)
from fastnn.ops.elementwise import affine, reciprocal, rsqrt, sqrt, square
from fastnn.ops.movement import emit_broadcast
from fastnn.ops.op import Array, Case, Op, register

__all__ = ["add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "mod", "power", "maximum", "minimum",
           "squared_difference", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and",
           "logical_or", "logical_xor", "where", "divide_no_nan", "fmax", "fmin", "select"]

SCALAR = ("add", "subtract", "multiply", "divide", "maximum", "minimum")       # also have _sc and _bc kernels


# ------------------------------------------------------------------ records
def _infer(name, allowed, out=None):
    def infer(specs, attrs):
        same_dtype(name, specs, allowed)
        return Spec(broadcast_infer(name, specs), out or specs[0].dtype)
    return infer


def _lower(name):
    def lower(e):
        (x, y), z = e.ins, e.outs[0]
        if x.shape == y.shape or x.size == y.size == 1:
            e.emit(f"{name}_{x.t}", x.rd, y.rd, z.wr, n=z.size, elementwise=True)
        elif name not in SCALAR or x.dtype not in FLOATS:
            a, b = spread(e, x, z.shape), spread(e, y, z.shape)
            e.emit(f"{name}_{x.t}", a.rd, b.rd, z.wr, n=z.size, elementwise=True)
        elif y.size == 1 and x.size == z.size:
            e.emit(f"{name}_sc_{x.t}", x.rd, y.rd_all, z.wr, 0, n=z.size, elementwise=True)
        elif x.size == 1 and y.size == z.size:
            e.emit(f"{name}_sc_{x.t}", x.rd_all, y.rd, z.wr, 1, n=z.size, elementwise=True)
        else:
            _emit_rows(e, name, x, y, z)
    return lower


def _emit_rows(e, name, x, y, z):
    sizes, (sx, sy) = collapse(z.shape, broadcast_strides(x.shape, z.shape), broadcast_strides(y.shape, z.shape))
    *outer, n = sizes
    table = [len(outer), n, int(sx[-1] != 0), int(sy[-1] != 0)]
    for size, a, b in zip(outer, sx, sy):
        table += [size, a, b]
    e.emit(f"{name}_bc_{x.t}", x.rd if x.size == z.size else x.rd_all, y.rd if y.size == z.size else y.rd_all, z.wr,
           e.table(table), n=product(outer))


def spread(e, x, shape):
    """x, or a copy of it in scratch memory that has been broadcast to `shape`."""
    if x.size == product(shape):
        return x
    copy = e.scratch(product(shape) * x.itemsize).part(0, product(shape) * x.itemsize, x.dtype)
    emit_broadcast(e, x, copy, shape)
    return copy


def draw_broadcast(draw, count=2):
    """`count` shapes that broadcast together."""
    full = tuple(draw.integer(1, 4) for _ in range(draw.integer(0, 4)))
    if draw.integer(0, 5) == 5:
        full = (draw.integer(1, 3), draw.integer(20, 70))
    shapes = [full]
    for _ in range(count - 1):
        keep = full[draw.integer(0, len(full)):] if draw.boolean() else full
        shapes.append(tuple(1 if draw.integer(0, 3) == 3 else d for d in keep))
    return shapes[::-1] if draw.boolean() else shapes


def _cases(allowed, low, high, distinct):
    def cases(draw):
        kind = "float" if "float32" in allowed and draw.integer(0, 3) else draw.choice(allowed)
        kind = "float" if kind in FLOATS else kind
        shapes = draw_broadcast(draw)
        # values of x and y that never meet: two grids, half a step apart
        return Case([Array(s, kind, low + 0.003 * i if distinct else low, high + 0.003 * i if distinct else high)
                     for i, s in enumerate(shapes)])
    return cases


def _binary(name, vjp=None, allowed=NUMBERS, out=None, low=-2.0, high=2.0, distinct=False, flops=1, **rest):
    return register(Op(
        name=name, inputs=("x", "y"), infer=_infer(name, allowed, out), lower=_lower(name), vjp=vjp,
        reference=getattr(reference, name), inplace={} if out and allowed != ("bool",) else {0: 0}, elementwise=True,
        cases=rest.pop("cases", None) or _cases(allowed, low, high, distinct), cost=unary_cost(flops),
        invalid=[([Spec((2, 3), allowed[0]), Spec((4,), allowed[0])], {}, ShapeError),
                 ([Spec((2,), allowed[0]), Spec((2,), "int8")], {}, DTypeError)], **rest))


def _both(fx, fy):
    """A gradient rule from fx(g, x, y, z) and fy(g, x, y, z); a constant input costs nothing."""
    def vjp(node, gys):
        x, y = node.inputs
        return [None if is_constant(v) or f is None else unbroadcast(f(gys[0], x, y, node.output), v.shape)
                for v, f in ((x, fx), (y, fy))]
    return vjp


_add = _binary("add", _both(lambda g, x, y, z: g, lambda g, x, y, z: g), doc="z = x + y")
_subtract = _binary("subtract", _both(lambda g, x, y, z: g, lambda g, x, y, z: affine(g, -1.0)), doc="z = x - y")
_multiply = _binary("multiply", _both(lambda g, x, y, z: _multiply(g, y), lambda g, x, y, z: _multiply(g, x)),
                    doc="z = x y")
_divide = _binary("divide", _both(lambda g, x, y, z: _divide(g, y),
                                  lambda g, x, y, z: affine(_divide(_multiply(g, z), y), -1.0)),
                  allowed=FLOATS, low=0.3, high=3.0, doc="z = x / y")
_maximum = _binary("maximum", _both(lambda g, x, y, z: _where(_less(x, y), _zeros(g), g),
                                    lambda g, x, y, z: _where(_less(x, y), g, _zeros(g))),
                   distinct=True, cases=lambda draw: _apart(draw),
                   doc="z = max(x, y); NaN where either is; x has the gradient of ties")
_minimum = _binary("minimum", _both(lambda g, x, y, z: _where(_less(y, x), _zeros(g), g),
                                    lambda g, x, y, z: _where(_less(y, x), g, _zeros(g))),
                   distinct=True, cases=lambda draw: _apart(draw),
                   doc="z = min(x, y); NaN where either is; x has the gradient of ties")
_squared_difference = _binary("squared_difference", _both(
    lambda g, x, y, z: affine(_multiply(g, _subtract(x, y)), 2.0),
    lambda g, x, y, z: affine(_multiply(g, _subtract(x, y)), -2.0)), flops=2, doc="z = (x - y)^2")
_power = _binary("power", _both(
    lambda g, x, y, z: _multiply(g, _multiply(y, _power(x, affine(y, 1.0, -1.0)))),
    lambda g, x, y, z: _multiply(g, _multiply(z, _log_positive(x)))),
    cases=lambda draw: _powers(draw), flops=80, doc="z = x^y, as IEEE's pow; integers by squaring")
_floor_divide = _binary("floor_divide", nondiff="piecewise constant", cases=lambda draw: _quotients(draw), flops=6,
                        doc="z = floor(x / y); 0 for an integer y = 0")
_mod = _binary("mod", _both(lambda g, x, y, z: g, lambda g, x, y, z: affine(_multiply(g, _floor_divide(x, y)), -1.0)),
               cases=lambda draw: _quotients(draw), flops=6, doc="z = x - y floor(x / y); the sign is y's")
_less = _binary("less", out="bool", nondiff="a truth value", doc="x < y")
_less_equal = _binary("less_equal", out="bool", nondiff="a truth value", doc="x <= y")
_equal = _binary("equal", out="bool", nondiff="a truth value", doc="x = y")
_not_equal = _binary("not_equal", out="bool", nondiff="a truth value", doc="x differs from y (as NaN does from itself)")
_logical_and = _binary("logical_and", allowed=("bool",), out="bool", nondiff="a truth value", doc="both")
_logical_or = _binary("logical_or", allowed=("bool",), out="bool", nondiff="a truth value", doc="at least one")
_logical_xor = _binary("logical_xor", allowed=("bool",), out="bool", nondiff="a truth value", doc="exactly one")


def _zeros(g):
    return np.zeros((), dtypes.numpy_type(g.dtype))


def _log_positive(x):
    from fastnn.ops.elementwise import log
    one = np.ones((), dtypes.numpy_type(x.dtype))
    return log(_where(_less(_zeros(x), x), x, one))


def _apart(draw):
    """x below 0 or above 1, y between: no ties."""
    a, b = draw_broadcast(draw)
    low, high = draw.choice(((-2.0, -0.1), (1.1, 2.0)))
    return Case([Array(a, "float", low, high), Array(b, "float", 0.0, 1.0)])


def _powers(draw):
    """Positive bases; for integers positive exponents too."""
    a, b = draw_broadcast(draw)
    if draw.integer(0, 3) == 3:
        kind = draw.choice(("int32", "int64"))
        return Case([Array(a, kind, -4, 4), Array(b, kind, 0, 5)])
    return Case([Array(a, "float", 0.2, 3.0), Array(b, "float", -3.0, 3.0)])


def _quotients(draw):
    """Quotients that are not near an integer, or integers."""
    a, b = draw_broadcast(draw)
    if draw.boolean():
        kind = draw.choice(("int32", "int64"))
        return Case([Array(a, kind, -20, 20), Array(b, kind, *draw.choice(((1, 5), (-4, -1))))])
    low, high = draw.choice(((2.1, 2.9), (-2.9, -2.1)))
    return Case([Array(a, "float", 6.2, 6.25), Array(b, "float", low, low + 0.05)])


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


# ------------------------------------------------------------------ public functions
def _call(op, x, y):
    """op on operands brought to their common dtype."""
    return calculate(op, (x, y), result_dtype(x, y))


def _number(x, c):
    """Whether `x op c` is a float symbol and a number, for which an affine node does."""
    return is_number(c) and not is_number(x) and traced(x) and dtypes.is_float(dtype_of(operand(x)))


def _shift(x, scale, shift):
    """scale x + shift; a node that only scaled x is taken in."""
    if scale == 1.0 and is_symbol(x) and x.node is not None and x.node.op.name == "affine" and x.node.attrs["shift"] == 0:
        scale, x = x.node.attrs["scale"], x.node.inputs[0]
    return affine(x, scale, shift)


def add(x1, x2):
    """x1 + x2, broadcast.

    >>> add([1.0, 2.0], 3.0)
    array([4., 5.], dtype=float32)
    """
    if _number(x1, x2):
        return _shift(x1, 1.0, float(x2))
    return _shift(x2, 1.0, float(x1)) if _number(x2, x1) else _call(_add, x1, x2)


def subtract(x1, x2):
    """x1 - x2, broadcast.

    >>> subtract([1.0, 2.0], 3.0)
    array([-2., -1.], dtype=float32)
    """
    if _number(x1, x2):
        return _shift(x1, 1.0, -float(x2))
    return affine(x2, -1.0, float(x1)) if _number(x2, x1) else _call(_subtract, x1, x2)


def multiply(x1, x2):
    """x1 * x2, broadcast.

    >>> multiply([1.0, 2.0], 3.0)
    array([3., 6.], dtype=float32)
    """
    if _number(x1, x2):
        return affine(x1, float(x2))
    return affine(x2, float(x1)) if _number(x2, x1) else _call(_multiply, x1, x2)


def divide(x1, x2):
    """x1 / x2, broadcast; integers become floats.

    >>> divide([1.0, 2.0], 4.0)
    array([0.25, 0.5 ], dtype=float32)
    """
    if _number(x1, x2) and x2 != 0 and math.frexp(x2)[0] in (0.5, -0.5):
        return affine(x1, 1.0 / x2)             # a power of two: the quotient is exact
    dtype = result_dtype(x1, x2)
    return calculate(_divide, (x1, x2), dtype if dtypes.is_float(dtype) else dtypes.standardize(None))


true_divide = divide


def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0.

    >>> divide_no_nan([1.0, 2.0], [0.0, 4.0])
    array([0. , 0.5], dtype=float32)
    """
    zero = equal(x2, 0)
    return where(zero, 0.0, divide(x1, where(zero, 1, x2)))


def floor_divide(x1, x2):
    """floor(x1 / x2), broadcast.

    >>> floor_divide([7, -7], 2)
    array([ 3, -4], dtype=int32)
    """
    return _call(_floor_divide, x1, x2)


def mod(x1, x2):
    """The remainder x1 - x2 * floor(x1 / x2); it has x2's sign.

    >>> mod([7, -7], 3)
    array([1, 2], dtype=int32)
    """
    return _call(_mod, x1, x2)


def power(x1, x2):
    """x1 to the power x2, broadcast.

    >>> power([2.0, 3.0], 2)
    array([4., 9.], dtype=float32)
    """
    if is_number(x2) and not is_number(x1):
        x = operand(x1)
        if x2 == 1:
            return cast_to(x, result_dtype(x1, x2))
        if x2 in (2, 3, 4):
            x = cast_to(x, result_dtype(x1, x2))
            s = square(x)
            return s if x2 == 2 else multiply(s, x) if x2 == 3 else square(s)
        if dtypes.is_float(dtype_of(x)) and x2 in (0.5, -0.5, -1):
            return {0.5: sqrt, -0.5: rsqrt, -1: reciprocal}[x2](x)
    dtype = result_dtype(x1, x2)
    if is_number(x2) and x2 < 0 and not dtypes.is_float(dtype):
        raise ArgumentError(f"power: integers to the negative power {x2} are not integers; cast them to a float dtype.")
    return calculate(_power, (x1, x2), dtype)


def maximum(x1, x2):
    """The larger of x1 and x2, NaN where either is.

    >>> maximum([1.0, 5.0], 3.0)
    array([3., 5.], dtype=float32)
    """
    return _call(_maximum, x1, x2)


def minimum(x1, x2):
    """The smaller of x1 and x2, NaN where either is.

    >>> minimum([1.0, 5.0], 3.0)
    array([1., 3.], dtype=float32)
    """
    return _call(_minimum, x1, x2)


def fmax(x1, x2):
    """The larger of x1 and x2; a number wins over NaN.

    >>> fmax([float("nan")], [3.0])
    array([3.], dtype=float32)
    """
    return where(not_equal(x1, x1), x2, where(not_equal(x2, x2), x1, maximum(x1, x2)))


def fmin(x1, x2):
    """The smaller of x1 and x2; a number wins over NaN.

    >>> fmin([float("nan")], [3.0])
    array([3.], dtype=float32)
    """
    return where(not_equal(x1, x1), x2, where(not_equal(x2, x2), x1, minimum(x1, x2)))


def squared_difference(x1, x2):
    """(x1 - x2)^2, broadcast.

    >>> squared_difference([3.0], [1.0])
    array([4.], dtype=float32)
    """
    return _call(_squared_difference, x1, x2)


def _compare(op, x, y):
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
        from fastnn.ops.host import nonzero
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
