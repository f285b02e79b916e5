"""Arithmetic, comparisons and choices of two values, with NumPy's broadcasting and Keras's promotion of dtypes."""
import math

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.ops.common import (
    FLOATS,
    NUMBERS,
    calculate,
    cast_to,
    dtype_of,
    float_dtype,
    is_constant,
    is_number,
    is_symbol,
    number_dtype,
    operand,
    result_dtype,
    traced,
    unbroadcast,
)
from fastnn.ops.functions.compare import _equal, _less, _where, _zeros, equal, not_equal, where
from fastnn.ops.functions.elementwise import affine, reciprocal, rsqrt, sqrt, square
from fastnn.ops.op import Array, Case
from fastnn.ops.records.broadcasting import _binary, draw_broadcast

__all__ = ["add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "mod", "power", "maximum",
           "minimum", "squared_difference", "divide_no_nan", "fmax", "fmin"]


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
_hypot = _binary("hypot", _both(lambda g, x, y, z: _multiply(g, _share(x, z)),
                                lambda g, x, y, z: _multiply(g, _share(y, z))),
                 allowed=FLOATS, low=0.3, flops=8, doc="z = sqrt(x^2 + y^2)")
_logaddexp = _binary("logaddexp", _both(lambda g, x, y, z: _multiply(g, _weight(x, y)),
                                        lambda g, x, y, z: _multiply(g, _weight(y, x))),
                     allowed=FLOATS, flops=50, doc="z = log(e^x + e^y)")
_logaddexp2 = _binary("logaddexp2", _both(lambda g, x, y, z: _multiply(g, _weight(x, y, 0.6931471805599453)),
                                          lambda g, x, y, z: _multiply(g, _weight(y, x, 0.6931471805599453))),
                      allowed=FLOATS, flops=50, doc="z = log2(2^x + 2^y)")
_floor_divide = _binary("floor_divide", nondiff="piecewise constant", cases=lambda draw: _quotients(draw), flops=6,
                        doc="z = floor(x / y); 0 for an integer y = 0")
_mod = _binary("mod", _both(lambda g, x, y, z: g, lambda g, x, y, z: affine(_multiply(g, _floor_divide(x, y)), -1.0)),
               cases=lambda draw: _quotients(draw), flops=6, doc="z = x - y floor(x / y); the sign is y's")


def _share(x, z):
    """x / z, 0 where z is 0."""
    zero = _equal(z, _zeros(z))
    return _divide(x, _where(zero, np.ones((), dtypes.numpy_type(z.dtype)), z))


def _weight(x, y, scale=1.0):
    """e^x / (e^x + e^y): one half where both are equal, infinite ones too."""
    from fastnn.ops.functions.activation import _sigmoid
    return _sigmoid(affine(_where(_equal(x, y), _zeros(x), _subtract(x, y)), scale))


def _log_positive(x):
    from fastnn.ops.functions.elementwise import log
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
    low = draw.choice((2.1, -2.9))
    return Case([Array(a, "float", 6.2, 6.25), Array(b, "float", low, low + 0.05)])


# ------------------------------------------------------------------ public functions
def _call(op, x, y):
    """op on operands brought to their common dtype."""
    if is_symbol(x) and is_symbol(y) and x.dtype == y.dtype and x.dtype in NUMBERS:
        return op(x, y)
    return calculate(op, (x, y), result_dtype(x, y))


def _number(x, c):
    """Whether `x op c` is a float symbol and a number, for which an affine node does."""
    return is_number(c) and not is_number(x) and traced(x) and dtypes.is_float(dtype_of(operand(x)))


def _shift(x, scale, shift):
    """scale x + shift; a node that only scaled x is taken in."""
    node = x.node if scale == 1.0 and is_symbol(x) else None
    if node is not None and node.op.name == "affine" and node.attrs["shift"] == 0:
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
    return _float_pair(_divide, x1, x2)


true_divide = divide


def divide_no_nan(x1, x2):
    """x1 / x2, and 0 where x2 is 0.

    >>> divide_no_nan([1.0, 2.0], [0.0, 4.0])
    array([0. , 0.5], dtype=float32)
    """
    def quotient(x, y):
        zero = equal(y, 0)
        return where(zero, 0.0, divide(x, where(zero, 1.0, y)))
    return _float_pair(quotient, x1, x2)


def _float_pair(op, x, y):
    """op in the float dtype in which the operands meet."""
    return calculate(op, (x, y), float_dtype(x, y))


def floor_divide(x1, x2):
    """floor(x1 / x2), broadcast.

    >>> floor_divide([7, -7], 2)
    array([ 3, -4], dtype=int32)
    """
    return calculate(_floor_divide, (x1, x2), number_dtype(x1, x2))


def mod(x1, x2):
    """The remainder x1 - x2 * floor(x1 / x2); it has x2's sign.

    >>> mod([7, -7], 3)
    array([1, 2], dtype=int32)
    """
    return calculate(_mod, (x1, x2), number_dtype(x1, x2))


def power(x1, x2):
    """x1 to the power x2, broadcast.

    >>> power([2.0, 3.0], 2)
    array([4., 9.], dtype=float32)
    """
    if is_number(x2) and not is_number(x1):
        x = operand(x1)
        if x2 == 1:
            return cast_to(x, number_dtype(x1, x2))
        if x2 in (2, 3, 4):
            x = cast_to(x, number_dtype(x1, x2))
            s = square(x)
            return s if x2 == 2 else multiply(s, x) if x2 == 3 else square(s)
        if dtypes.is_float(dtype_of(x)) and x2 in (0.5, -0.5, -1):
            return {0.5: sqrt, -0.5: rsqrt, -1: reciprocal}[x2](x)
    dtype = number_dtype(x1, x2)
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


