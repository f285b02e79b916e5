"""The long tail: operations that step back into Python and call NumPy (`model.plan()` shows them as host steps)."""
import math

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import host as reference
from fastnn.ops.common import (
    FLOATS,
    NUMBERS,
    broadcast_infer,
    calculate,
    cast_to,
    check_dtype,
    draw_shape,
    dtype_of,
    float_call,
    number,
    number_dtype,
    operand,
    result_dtype,
    same_dtype,
    unary_cost,
    unbroadcast,
)
from fastnn.ops.functions.binary import _float_pair, _hypot, _logaddexp, add, divide, multiply
from fastnn.ops.functions.elementwise import _cosh, _sinh, affine, exp, logical_not, negative, reciprocal, rsqrt, square
from fastnn.ops.functions.layout import ravel
from fastnn.ops.op import REQUIRED, Array, Case, Op, register
from fastnn.ops.records.reduction import _cumsum

__all__ = ["arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "arctan2", "sinh", "cosh", "hypot",
           "logaddexp", "fmod", "erfinv", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_invert",
           "left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift", "gcd", "lcm", "cumprod"]

INTS = ("int32", "int64")


# ------------------------------------------------------------------ element-wise
def _unary(name, f, slope, low, high):
    """Register a float function of one argument; slope: symbol -> derivative."""
    def infer(specs, attrs):
        check_dtype(name, specs[0], FLOATS)
        return specs[0]

    def host(ins, outs, attrs):
        with np.errstate(all="ignore"):
            outs[0][...] = f(ins[0])
    return register(Op(
        name=name, inputs=("x",), infer=infer, host=host, vjp=lambda n, g: [multiply(g[0], slope(n.inputs[0]))],
        reference=getattr(reference, name), cases=lambda draw: Case([Array(draw_shape(draw), low=low, high=high)]),
        cost=unary_cost(30), invalid=[([Spec((2,), "int32")], {}, DTypeError)], doc=f"y = {name} x"))


def _one_minus_square(x):
    return affine(square(x), -1.0, 1.0)


_erf_scalar = np.vectorize(math.erf, otypes=[np.float64])


def _erfinv(x):
    """Winitzki's estimate, then Newton's steps, which triple the digits with Halley's correction."""
    v = np.asarray(x, np.float64)
    inner = np.clip(v, -1 + 1e-16, 1 - 1e-16)
    log = np.log1p(-inner * inner)
    a = 2 / (math.pi * 0.147) + log / 2
    y = np.sign(inner) * np.sqrt(np.sqrt(a * a - log / 0.147) - a)
    for _ in range(3):
        step = (_erf_scalar(y) - inner) * math.sqrt(math.pi) / 2 * np.exp(y * y)
        y = y - step / (1 + y * step)
    y = np.where(np.abs(v) > 1, np.nan, y)
    return np.where(v == 1, np.inf, np.where(v == -1, -np.inf, y))


_arcsin = _unary("arcsin", np.arcsin, lambda x: rsqrt(_one_minus_square(x)), -0.9, 0.9)
_arccos = _unary("arccos", np.arccos, lambda x: negative(rsqrt(_one_minus_square(x))), -0.9, 0.9)
_arctan = _unary("arctan", np.arctan, lambda x: reciprocal(affine(square(x), 1.0, 1.0)), -3.0, 3.0)
_arcsinh = _unary("arcsinh", np.arcsinh, lambda x: rsqrt(affine(square(x), 1.0, 1.0)), -3.0, 3.0)
_arccosh = _unary("arccosh", np.arccosh, lambda x: rsqrt(affine(square(x), 1.0, -1.0)), 1.2, 4.0)
_arctanh = _unary("arctanh", np.arctanh, lambda x: reciprocal(_one_minus_square(x)), -0.9, 0.9)
_erfinv_op = _unary("erfinv", _erfinv, lambda x: affine(exp(square(_erfinv_op(x))), 0.8862269254527580), -0.9, 0.9)


def _pair(name, f, allowed, vjp=None, low=-2.0, high=2.0, avoid=(), **rest):
    """Register a function of two broadcast arguments."""
    def infer(specs, attrs):
        same_dtype(name, specs, allowed)
        return Spec(broadcast_infer(name, specs), specs[0].dtype)

    def host(ins, outs, attrs):
        with np.errstate(all="ignore"):
            outs[0][...] = f(*ins)
    kind = "float" if allowed[0] in FLOATS else allowed[0]
    return register(Op(
        name=name, inputs=("x", "y"), infer=infer, host=host, vjp=vjp, reference=getattr(reference, name),
        cost=unary_cost(10),
        cases=lambda draw: Case([Array((3, 4), kind, low, high, avoid),
                                 Array(draw.choice(((3, 4), (4,), (3, 1))), kind, low, high, avoid)]),
        invalid=[([Spec((2,), allowed[0]), Spec((3,), allowed[0])], {}, ShapeError)], doc=f"z = {name}(x, y)", **rest))


def _arctan2_vjp(node, gys):
    y, x = node.inputs
    g = divide(gys[0], add(square(x), square(y)))
    return [unbroadcast(multiply(g, x), y.shape), unbroadcast(negative(multiply(g, y)), x.shape)]


_arctan2 = _pair("arctan2", np.arctan2, FLOATS, _arctan2_vjp, 0.2, 2.0)
_fmod = _pair("fmod", np.fmod, NUMBERS, nondiff="use fastnn.ops.mod for a remainder with a gradient", low=0.3, high=2.0)
_BITWISE = {name: _pair(name, getattr(np, name), INTS, low=0, high=9, nondiff="integers")
            for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm")}


def _float_function(op, text, example):
    def function(x):
        return float_call(op, x)
    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = f"{text}\n\n    {example}\n    "
    return function


arcsin = _float_function(_arcsin, "The angle in [-pi/2, pi/2] whose sine is x.",
                         ">>> arcsin([0.0])\n    array([0.], dtype=float32)")
arccos = _float_function(_arccos, "The angle in [0, pi] whose cosine is x.",
                         ">>> arccos([1.0])\n    array([0.], dtype=float32)")
arctan = _float_function(_arctan, "The angle in [-pi/2, pi/2] whose tangent is x.",
                         ">>> arctan([0.0])\n    array([0.], dtype=float32)")
arcsinh = _float_function(_arcsinh, "The inverse of sinh.", ">>> arcsinh([0.0])\n    array([0.], dtype=float32)")
arccosh = _float_function(_arccosh, "The inverse of cosh.", ">>> arccosh([1.0])\n    array([0.], dtype=float32)")
arctanh = _float_function(_arctanh, "The inverse of tanh.", ">>> arctanh([0.0])\n    array([0.], dtype=float32)")
erfinv = _float_function(_erfinv_op, "The number whose erf is x.", ">>> erfinv([0.0])\n    array([0.], dtype=float32)")


def arctan2(x1, x2):
    """The angle of the point (x2, x1), in (-pi, pi].

    >>> arctan2([0.0], [1.0])
    array([0.], dtype=float32)
    """
    return _float_pair(_arctan2, x1, x2)


def fmod(x1, x2):
    """The remainder of x1 / x2 with x1's sign.

    >>> fmod([-7.0], [3.0])
    array([-1.], dtype=float32)
    """
    return calculate(_fmod, (x1, x2), number_dtype(x1, x2))


def sinh(x):
    """The hyperbolic sine.

    >>> sinh([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_sinh, x)


def cosh(x):
    """The hyperbolic cosine.

    >>> cosh([0.0])
    array([1.], dtype=float32)
    """
    return float_call(_cosh, x)


def hypot(x1, x2):
    """sqrt(x1^2 + x2^2), without overflow.

    >>> hypot([3.0], [4.0])
    array([5.], dtype=float32)
    """
    return _float_pair(_hypot, x1, x2)


def logaddexp(x1, x2):
    """log(e^x1 + e^x2), without overflow.

    >>> logaddexp([0.0], [0.0])
    array([0.6931472], dtype=float32)
    """
    return _float_pair(_logaddexp, x1, x2)


def _bits(name, text, example):
    if name in ("gcd", "lcm"):                  # Keras's names of the arguments
        def function(x1, x2):
            return calculate(_BITWISE[name], (x1, x2), result_dtype(x1, x2))
    else:
        def function(x, y):
            return calculate(_BITWISE[name], (x, y), result_dtype(x, y))
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{text}\n\n    {example}\n    "
    return function


bitwise_and = _bits("bitwise_and", "The bits that both integers have.",
                    ">>> bitwise_and([6], [3])\n    array([2], dtype=int32)")
bitwise_or = _bits("bitwise_or", "The bits that either integer has.",
                   ">>> bitwise_or([6], [3])\n    array([7], dtype=int32)")
bitwise_xor = _bits("bitwise_xor", "The bits that one integer has.",
                    ">>> bitwise_xor([6], [3])\n    array([5], dtype=int32)")
left_shift = _bits("left_shift", "x * 2^y of integers.", ">>> left_shift([1], [3])\n    array([8], dtype=int32)")
right_shift = _bits("right_shift", "floor(x / 2^y) of integers.",
                    ">>> right_shift([8], [3])\n    array([1], dtype=int32)")
gcd = _bits("gcd", "The greatest common divisor.", ">>> gcd([6], [4])\n    array([2], dtype=int32)")
lcm = _bits("lcm", "The least common multiple.", ">>> lcm([6], [4])\n    array([12], dtype=int32)")
bitwise_left_shift, bitwise_right_shift = left_shift, right_shift


def bitwise_not(x):
    """-x - 1: all bits turned; of truth values the other one.

    >>> bitwise_not([0])
    array([-1], dtype=int32)
    """
    x = operand(x)
    return logical_not(x) if dtype_of(x) == "bool" else affine(x, -1, -1)


bitwise_invert = bitwise_not


# ------------------------------------------------------------------ products, places
def _cumprod_infer(specs, attrs):
    check_dtype("cumprod", specs[0], NUMBERS)
    normalize_axis(attrs["axis"], len(specs[0].shape))
    return specs[0]


def _cumprod_host(ins, outs, attrs):
    np.cumprod(ins[0], axis=attrs["axis"], out=outs[0])


def _cumprod_vjp(node, gys):
    return [divide(_cumsum(multiply(gys[0], node.output), axis=node.attrs["axis"], reverse=True), node.inputs[0])]


_cumprod = register(Op(
    name="cumprod", inputs=("x",), attrs={"axis": REQUIRED}, infer=_cumprod_infer, host=_cumprod_host, vjp=_cumprod_vjp,
    reference=reference.cumprod, cases=lambda draw: Case([Array((3, 4), low=0.3)], {"axis": draw.integer(0, 1)},
                                                         tolerance=4.0),
    cost=unary_cost(1), invalid=[([Spec((2,), "float32")], {"axis": 1}, ShapeError)],
    doc="products of all values up to each one"))


def cumprod(x, axis=None, dtype=None):
    """Running products along an axis (of the flattened value, if None).

    >>> cumprod([1, 2, 3])
    array([1, 2, 6], dtype=int32)
    """
    x = operand(x) if dtype is None else cast_to(x, dtypes.standardize(dtype))
    x = number(x)
    x, axis = (ravel(x), 0) if axis is None else (x, int(axis))
    return calculate(lambda v: _cumprod(v, axis=axis), [x], dtype_of(x))


