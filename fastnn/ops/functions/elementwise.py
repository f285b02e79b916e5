"""Element-wise functions of one argument."""
import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError
from fastnn.graph.spec import Spec
from fastnn.graph.trace import current
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.common import (
    FLOATS,
    NUMBERS,
    cast_to,
    draw_shape,
    dtype_of,
    elementwise,
    float_call,
    floating,
    is_whole,
    number,
    number_call,
    operand,
)
from fastnn.ops.op import REQUIRED, Array, Case, Op, register

__all__ = ["negative", "abs", "absolute", "square", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt",
           "reciprocal", "floor", "ceil", "trunc", "round", "sin", "cos", "erf", "clip", "isnan", "isinf", "isfinite",
           "logical_not", "stop_gradient", "identity", "affine"]


def _ops():
    from fastnn import ops
    return ops


_negative = elementwise("negative", dtypes=NUMBERS, reference=reference.negative, doc="y = -x",
                        vjp=lambda n, g: [_negative(g[0])])
_abs = elementwise("abs", dtypes=NUMBERS, reference=reference.abs, avoid=(0.0,), doc="y = |x|",
                   vjp=lambda n, g: [_ops().multiply(g[0], _sign(n.inputs[0]))])
_square = elementwise("square", dtypes=NUMBERS, reference=reference.square, doc="y = x^2",
                      vjp=lambda n, g: [_ops().multiply(g[0], affine(n.inputs[0], 2.0))])
_sign = elementwise("sign", dtypes=NUMBERS, reference=reference.sign, nondiff="piecewise constant",
                    doc="y = -1, 0 or 1")
_exp = elementwise("exp", reference=reference.exp, flops=20, doc="y = e^x",
                   vjp=lambda n, g: [_ops().multiply(g[0], n.output)])
_expm1 = elementwise("expm1", reference=reference.expm1, flops=20, doc="y = e^x - 1",
                     vjp=lambda n, g: [_ops().multiply(g[0], affine(n.output, 1.0, 1.0))])
_log = elementwise("log", reference=reference.log, low=0.1, high=4.0, flops=20, doc="y = ln x",
                   vjp=lambda n, g: [_ops().divide(g[0], n.inputs[0])])
_log1p = elementwise("log1p", reference=reference.log1p, low=-0.8, high=4.0, flops=25, doc="y = ln(1 + x)",
                     vjp=lambda n, g: [_ops().divide(g[0], affine(n.inputs[0], 1.0, 1.0))])
_sqrt = elementwise("sqrt", reference=reference.sqrt, low=0.1, high=4.0, flops=4, doc="y = sqrt(x)",
                    vjp=lambda n, g: [_ops().divide(affine(g[0], 0.5), n.output)])
_rsqrt = elementwise("rsqrt", reference=reference.rsqrt, low=0.1, high=4.0, flops=8, doc="y = 1 / sqrt(x)",
                     vjp=lambda n, g: [_ops().multiply(_ops().multiply(affine(g[0], -0.5), n.output),
                                                       _square(n.output))])
_reciprocal = elementwise("reciprocal", reference=reference.reciprocal, low=0.2, high=3.0, flops=4, doc="y = 1 / x",
                          vjp=lambda n, g: [_ops().multiply(_negative(g[0]), _square(n.output))])
_floor = elementwise("floor", reference=reference.floor, nondiff="piecewise constant", doc="the largest integer <= x")
_ceil = elementwise("ceil", reference=reference.ceil, nondiff="piecewise constant", doc="the smallest integer >= x")
_trunc = elementwise("trunc", reference=reference.trunc, nondiff="piecewise constant", doc="x without its fraction")
_round = elementwise("round", reference=reference.round, nondiff="piecewise constant",
                     doc="the nearest integer, halves to the even one")
_sin = elementwise("sin", reference=reference.sin, low=-8.0, high=8.0, flops=25, doc="y = sin x",
                   vjp=lambda n, g: [_ops().multiply(g[0], _cos(n.inputs[0]))])
_cos = elementwise("cos", reference=reference.cos, low=-8.0, high=8.0, flops=25, doc="y = cos x",
                   vjp=lambda n, g: [_ops().multiply(_negative(g[0]), _sin(n.inputs[0]))])
_erf = elementwise("erf", reference=reference.erf, low=-4.0, high=4.0, flops=30,
                   doc="y = 2/sqrt(pi) int_0^x e^(-t^2) dt",
                   vjp=lambda n, g: [_ops().multiply(affine(g[0], 1.1283791670955126),
                                                     _exp(_negative(_square(n.inputs[0]))))])
_erfc = elementwise("erfc", reference=reference.erfc, low=-4.0, high=4.0, flops=90,
                    doc="y = 1 - erf x, without losing digits where erf is near 1",
                    vjp=lambda n, g: [_ops().multiply(affine(g[0], -1.1283791670955126),
                                                      _exp(_negative(_square(n.inputs[0]))))])
_sinh = elementwise("sinh", reference=reference.sinh, flops=50, doc="y = (e^x - e^-x) / 2",
                    vjp=lambda n, g: [_ops().multiply(g[0], _cosh(n.inputs[0]))])
_cosh = elementwise("cosh", reference=reference.cosh, flops=25, doc="y = (e^x + e^-x) / 2",
                    vjp=lambda n, g: [_ops().multiply(g[0], _sinh(n.inputs[0]))])
_affine = elementwise(
    "affine", attrs={"scale": 1.0, "shift": 0.0}, words=("scale", "shift"), dtypes=NUMBERS, reference=reference.affine,
    flops=2,
    choose=lambda draw: {"scale": draw.choice((1, 2, -1, 3)), "shift": draw.choice((0, 1, -2))},
    vjp=lambda n, g: [affine(g[0], n.attrs["scale"])], doc="y = scale x + shift, two numbers")
_clip = elementwise(
    "clip", attrs={"lo": REQUIRED, "hi": REQUIRED}, words=("lo", "hi"), dtypes=NUMBERS, reference=reference.clip,
    avoid=(-1.0, 1.0),
    choose=lambda draw: {"lo": -1, "hi": draw.choice((1, 1))},
    doc="y = min(max(x, lo), hi); gradient 1 inside and at the ends",
    vjp=lambda n, g: [_clip_grad(g[0], n.inputs[0], **n.attrs)])
_clip_grad = elementwise(
    "clip_grad", inputs=("gy", "x"), attrs={"lo": REQUIRED, "hi": REQUIRED}, words=("lo", "hi"), avoid=(-1.0, 1.0),
    reference=reference.clip_grad, choose=lambda draw: {"lo": -1, "hi": 1}, doc="gx = gy where lo <= x <= hi, else 0",
    vjp=lambda n, g: [_clip_grad(g[0], n.inputs[1], **n.attrs), None])
_isnan = elementwise("isnan", out="bool", reference=reference.isnan, nondiff="a truth value", doc="x is not a number")
_isinf = elementwise("isinf", out="bool", reference=reference.isinf, nondiff="a truth value", doc="x is infinite")
_isfinite = elementwise("isfinite", out="bool", reference=reference.isfinite, nondiff="a truth value",
                        doc="x is neither infinite nor NaN")
_logical_not = elementwise("logical_not", dtypes=("bool",), out="bool", inplace={0: 0}, reference=reference.logical_not,
                           nondiff="a truth value", doc="y = 1 - x of truth values")


def _alias_infer(specs, attrs):
    if specs[0].dtype not in dtypes.TABLE:
        raise DTypeError(f"received dtype {specs[0].dtype!r}; expected one of {', '.join(dtypes.TABLE)}.")
    return specs[0]


def _alias(name, **rest):
    return register(Op(
        name=name, inputs=("x",), infer=_alias_infer, alias={0: 0}, cases=lambda draw: Case([Array(draw_shape(draw))]),
        invalid=[([Spec((2,), "quaternion")], {}, DTypeError)], cost=lambda specs, outs, attrs: (0, 0), **rest))


_stop_gradient = _alias("stop_gradient", reference=reference.stop_gradient, doc="y = x, without a gradient",
                        nondiff="stopping the gradient is what it is for")
_identity = _alias("identity", reference=reference.identity, vjp=lambda n, g: [g[0]], doc="y = x")


# ------------------------------------------------------------------ public functions
def negative(x):
    """-x, element by element; the dtype stays.

    >>> negative([1, -2])
    array([-1,  2], dtype=int32)
    """
    return number_call(_negative, x)


def abs(x):
    """|x|, element by element; the dtype stays.

    >>> abs([1.0, -2.0])
    array([1., 2.], dtype=float32)
    """
    return number_call(_abs, x)


absolute = abs


def square(x):
    """x * x, element by element.

    >>> square([3, -2])
    array([9, 4], dtype=int32)
    """
    return number_call(_square, number(x))


def sign(x):
    """-1, 0 or 1 (NaN for NaN), in x's dtype.

    >>> sign([3.0, 0.0, -2.0])
    array([ 1.,  0., -1.], dtype=float32)
    """
    return number_call(_sign, x)


def exp(x):
    """e to the power x; integers become floats.

    >>> exp([0, 1])
    array([1.       , 2.7182817], dtype=float32)
    """
    return float_call(_exp, x)


def expm1(x):
    """e^x - 1, accurate near 0.

    >>> expm1([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_expm1, x)


def log(x):
    """The natural logarithm; -inf for 0, NaN below.

    >>> log([1.0, 0.0])
    array([  0., -inf], dtype=float32)
    """
    return float_call(_log, x)


def log1p(x):
    """log(1 + x), accurate near 0.

    >>> log1p([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_log1p, x)


def sqrt(x):
    """The square root; NaN below 0.

    >>> sqrt([9.0])
    array([3.], dtype=float32)
    """
    return float_call(_sqrt, x)


def rsqrt(x):
    """1 / sqrt(x).

    >>> rsqrt([4.0])
    array([0.5], dtype=float32)
    """
    return float_call(_rsqrt, x)


def reciprocal(x):
    """1 / x.

    >>> reciprocal([4.0])
    array([0.25], dtype=float32)
    """
    return float_call(_reciprocal, x)


def floor(x):
    """The largest integer <= x, as a float.

    >>> floor([1.5, -1.5])
    array([ 1., -2.], dtype=float32)
    """
    return float_call(_floor, x)


def ceil(x):
    """The smallest integer >= x, as a float.

    >>> ceil([1.5, -1.5])
    array([ 2., -1.], dtype=float32)
    """
    return float_call(_ceil, x)


def trunc(x):
    """x without its fraction; integers stay what they are.

    >>> trunc([1.5, -1.5])
    array([ 1., -1.], dtype=float32)
    """
    x = operand(x)
    return x if is_whole(x) else float_call(_trunc, x)


def round(x, decimals=0):
    """x rounded to `decimals` places (below 0: to tens, hundreds, ...), halves to the even digit; the dtype stays.

    >>> round([0.5, 1.5, 2.6])
    array([0., 2., 3.], dtype=float32)
    """
    x = operand(x)
    if is_whole(x):
        return x if decimals >= 0 else _whole_tens(x, 10 ** -decimals)
    scale = 10.0 ** decimals
    return float_call(lambda v: _round(v) if not decimals else _ops().divide(_round(_ops().multiply(v, scale)), scale),
                      x)


def _whole_tens(x, unit):
    """Integers rounded to multiples of `unit`; what its dtype does not hold becomes the next end of its range."""
    ops, name = _ops(), dtype_of(x)
    if unit >= 2 ** 31 or name == "bool":
        return ops.zeros_like(x)
    x = cast_to(x, "int64")
    low = ops.floor_divide(x, unit)
    twice = ops.multiply(ops.subtract(x, ops.multiply(low, unit)), 2)
    up = ops.greater(ops.add(twice, ops.mod(low, 2)), unit)
    return ops.saturate_cast(ops.multiply(ops.add(low, cast_to(up, "int64")), unit), name)


def sin(x):
    """The sine of x in radians.

    >>> sin([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_sin, x)


def cos(x):
    """The cosine of x in radians.

    >>> cos([0.0])
    array([1.], dtype=float32)
    """
    return float_call(_cos, x)


def erf(x):
    """The error function.

    >>> erf([0.0])
    array([0.], dtype=float32)
    """
    return float_call(_erf, x)


def affine(x, scale=1.0, shift=0.0):
    """x * scale + shift with two numbers, in x's dtype; one pass, and one rounding where the product is exact.

    >>> affine([1.0, 2.0], 2.0, 1.0)
    array([3., 5.], dtype=float32)
    """
    return number_call(_affine, x, scale=scale, shift=shift)


def clip(x, x_min, x_max):
    """x with values below x_min raised to it and above x_max lowered to it; the bounds are numbers or arrays.

    >>> clip([-1.0, 0.5, 2.0], 0, 1)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = number(x)
    numbers = all(isinstance(v, (int, float, np.generic)) and v == v for v in (x_min, x_max))
    if not numbers:
        ops = _ops()
        if x_min is not None:
            x = ops.maximum(x, cast_to(x_min, dtype_of(x)))
        return x if x_max is None else ops.minimum(x, cast_to(x_max, dtype_of(x)))
    kind = float if dtypes.is_float(dtype_of(x)) else int
    if kind is int and any(v != int(v) for v in (float(x_min), float(x_max)) if np.isfinite(v)):
        x = floating(x)
        kind = float
    return number_call(_clip, x, lo=kind(x_min), hi=kind(x_max))


def isnan(x):
    """Where x is not a number, as truth values.

    >>> isnan([1.0, float("nan")])
    array([False,  True])
    """
    return _isnan(_calculable(x))


def isinf(x):
    """Where x is infinite.

    >>> isinf([1.0, float("-inf")])
    array([False,  True])
    """
    return _isinf(_calculable(x))


def isfinite(x):
    """Where x is neither infinite nor NaN.

    >>> isfinite([1.0, float("inf")])
    array([ True, False])
    """
    return _isfinite(_calculable(x))


def _calculable(x):
    x = floating(x)
    return cast_to(x, "float32") if dtype_of(x) not in FLOATS else x


def logical_not(x):
    """True where x is 0 or False.

    >>> logical_not([True, False])
    array([False,  True])
    """
    return _logical_not(cast_to(x, "bool"))


def stop_gradient(variable):
    """The value itself, through which no gradient flows.

    >>> stop_gradient([1.0])
    array([1.], dtype=float32)
    """
    x = operand(variable)
    return x if isinstance(x, np.ndarray) else _stop_gradient(x)


def identity(n, dtype=None):
    """The n x n identity matrix; of a value that is not a Python int the value itself.

    >>> identity(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    if type(n) is int:
        return _ops().eye(n, dtype=dtype)
    x = operand(n)
    return x if isinstance(x, np.ndarray) and current() is None else _identity(x)
