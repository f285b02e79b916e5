"""Arithmetic of two values that broadcast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.graph.fusion import Algebra, Fusion
from fastnn.graph.node import Node
from fastnn.ops.forms import FLOATS, affine, is_constant, zero
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R
from fastnn.ops.records.broadcasting import binary, draw_broadcast, unbroadcast


def _both(fx: Any, fy: Any) -> Callable[..., Any]:
    """A gradient rule from fx(g, x, y, z) and fy(g, x, y, z); a constant input costs nothing."""

    def vjp(node: Node, gys: Gradients) -> Sequence[Any]:
        x, y = node.inputs
        return [
            None if is_constant(v) or f is None else unbroadcast(f(gys[0], x, y, node.output), v.shape)
            for v, f in ((x, fx), (y, fy))
        ]

    return vjp


_add = binary(
    "add", _both(lambda g, x, y, z: g, lambda g, x, y, z: g), doc="z = x + y", fusion=Fusion(Algebra.ADDITION)
)
_subtract = binary("subtract", _both(lambda g, x, y, z: g, lambda g, x, y, z: affine(g, -1.0)), doc="z = x - y")
_multiply: Op = binary(
    "multiply",
    _both(lambda g, x, y, z: _multiply(g, y), lambda g, x, y, z: _multiply(g, x)),
    doc="z = x y",
    fusion=Fusion(Algebra.MULTIPLICATION),
)
_divide: Op = binary(
    "divide",
    _both(lambda g, x, y, z: _divide(g, y), lambda g, x, y, z: affine(_divide(_multiply(g, z), y), -1.0)),
    allowed=FLOATS,
    low=0.3,
    high=3.0,
    doc="z = x / y",
)
_maximum = binary(
    "maximum",
    _both(lambda g, x, y, z: R.where(R.less(x, y), zero(g), g), lambda g, x, y, z: R.where(R.less(x, y), g, zero(g))),
    distinct=True,
    cases=lambda draw: _apart(draw),
    doc="z = max(x, y); NaN where either is; x has the gradient of ties",
)
_minimum = binary(
    "minimum",
    _both(lambda g, x, y, z: R.where(R.less(y, x), zero(g), g), lambda g, x, y, z: R.where(R.less(y, x), g, zero(g))),
    distinct=True,
    cases=lambda draw: _apart(draw),
    doc="z = min(x, y); NaN where either is; x has the gradient of ties",
)
_squared_difference = binary(
    "squared_difference",
    _both(
        lambda g, x, y, z: affine(_multiply(g, _subtract(x, y)), 2.0),
        lambda g, x, y, z: affine(_multiply(g, _subtract(x, y)), -2.0),
    ),
    flops=2,
    doc="z = (x - y)^2",
)
_power: Op = binary(
    "power",
    _both(
        lambda g, x, y, z: _multiply(g, _multiply(y, _power(x, affine(y, 1.0, -1.0)))),
        lambda g, x, y, z: _multiply(g, _multiply(z, _log_positive(x))),
    ),
    cases=lambda draw: _powers(draw),
    flops=80,
    doc="z = x^y, as IEEE's pow; integers by squaring",
)
_hypot = binary(
    "hypot",
    _both(lambda g, x, y, z: _multiply(g, _share(x, z)), lambda g, x, y, z: _multiply(g, _share(y, z))),
    allowed=FLOATS,
    low=0.3,
    flops=8,
    doc="z = sqrt(x^2 + y^2)",
)
_logaddexp = binary(
    "logaddexp",
    _both(lambda g, x, y, z: _multiply(g, _weight(x, y)), lambda g, x, y, z: _multiply(g, _weight(y, x))),
    allowed=FLOATS,
    flops=50,
    doc="z = log(e^x + e^y)",
)
_logaddexp2 = binary(
    "logaddexp2",
    _both(
        lambda g, x, y, z: _multiply(g, _weight(x, y, 0.6931471805599453)),
        lambda g, x, y, z: _multiply(g, _weight(y, x, 0.6931471805599453)),
    ),
    allowed=FLOATS,
    flops=50,
    doc="z = log2(2^x + 2^y)",
)
_floor_divide = binary(
    "floor_divide",
    nondiff="piecewise constant",
    cases=lambda draw: _quotients(draw),
    flops=6,
    doc="z = floor(x / y); 0 for an integer y = 0",
)
_mod = binary(
    "mod",
    _both(lambda g, x, y, z: g, lambda g, x, y, z: affine(_multiply(g, _floor_divide(x, y)), -1.0)),
    cases=lambda draw: _quotients(draw),
    flops=6,
    doc="z = x - y floor(x / y); the sign is y's",
)


def _share(x: Any, z: Any) -> Any:
    """x / z, 0 where z is 0."""
    none = R.equal(z, zero(z))
    return _divide(x, R.where(none, np.ones((), dtypes.numpy_type(z.dtype)), z))


def _weight(x: Any, y: Any, scale: float = 1.0) -> Any:
    """e^x / (e^x + e^y): one half where both are equal, infinite ones too."""
    return R.sigmoid(affine(R.where(R.equal(x, y), zero(x), _subtract(x, y)), scale))


def _log_positive(x: Any) -> Any:
    one = np.ones((), dtypes.numpy_type(x.dtype))
    return R.log(R.where(R.less(zero(x), x), x, one))


def _apart(draw: Draw) -> Any:
    """x below 0 or above 1, y between: no ties."""
    a, b = draw_broadcast(draw)
    low, high = draw.choice(((-2.0, -0.1), (1.1, 2.0)))
    return Case([Array(a, "float", low, high), Array(b, "float", 0.0, 1.0)])


def _powers(draw: Draw) -> Any:
    """Positive bases; for integers positive exponents too."""
    a, b = draw_broadcast(draw)
    if draw.integer(0, 3) == 3:
        kind = draw.choice(("int32", "int64"))
        return Case([Array(a, kind, -4, 4), Array(b, kind, 0, 5)])
    return Case([Array(a, "float", 0.2, 3.0), Array(b, "float", -3.0, 3.0)])


def _quotients(draw: Draw) -> Any:
    """Quotients that are not near an integer, or integers."""
    a, b = draw_broadcast(draw)
    if draw.boolean():
        kind = draw.choice(("int32", "int64"))
        return Case([Array(a, kind, -20, 20), Array(b, kind, *draw.choice(((1, 5), (-4, -1))))])
    low = draw.choice((2.1, -2.9))
    return Case([Array(a, "float", 6.2, 6.25), Array(b, "float", low, low + 0.05)])
