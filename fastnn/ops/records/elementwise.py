"""Element-wise functions of one value."""

from __future__ import annotations

from typing import Any

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Algebra, Fusion
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.forms import NUMBERS, affine, draw_shape, elementwise
from fastnn.ops.op import REQUIRED, Array, Case, Op, R, Specs, register

_negative: Op = elementwise(
    "negative", allowed=NUMBERS, reference=reference.negative, doc="y = -x", vjp=lambda n, g: [_negative(g[0])]
)
_abs = elementwise(
    "abs",
    allowed=NUMBERS,
    reference=reference.abs,
    avoid=(0.0,),
    doc="y = |x|",
    vjp=lambda n, g: [R.multiply(g[0], _sign(n.inputs[0]))],
)
_square = elementwise(
    "square",
    allowed=NUMBERS,
    reference=reference.square,
    doc="y = x^2",
    vjp=lambda n, g: [R.multiply(g[0], affine(n.inputs[0], 2.0))],
)
_sign: Op = elementwise(
    "sign",
    allowed=NUMBERS,
    reference=reference.sign,
    vjp=lambda n, g: [affine(g[0], 0.0, 0.0)],  # connected, as elsewhere
    doc="y = -1, 0 or 1",
)
_exp = elementwise(
    "exp", reference=reference.exp, flops=20, doc="y = e^x", vjp=lambda n, g: [R.multiply(g[0], n.output)]
)
_expm1 = elementwise(
    "expm1",
    reference=reference.expm1,
    flops=20,
    doc="y = e^x - 1",
    vjp=lambda n, g: [R.multiply(g[0], affine(n.output, 1.0, 1.0))],
)
_log = elementwise(
    "log",
    reference=reference.log,
    low=0.1,
    high=4.0,
    flops=20,
    doc="y = ln x",
    vjp=lambda n, g: [R.divide(g[0], n.inputs[0])],
)
_log1p = elementwise(
    "log1p",
    reference=reference.log1p,
    low=-0.8,
    high=4.0,
    flops=25,
    doc="y = ln(1 + x)",
    vjp=lambda n, g: [R.divide(g[0], affine(n.inputs[0], 1.0, 1.0))],
)
_sqrt = elementwise(
    "sqrt",
    reference=reference.sqrt,
    low=0.1,
    high=4.0,
    flops=4,
    doc="y = sqrt(x)",
    vjp=lambda n, g: [R.divide(affine(g[0], 0.5), n.output)],
)
_rsqrt = elementwise(
    "rsqrt",
    reference=reference.rsqrt,
    low=0.1,
    high=4.0,
    flops=8,
    doc="y = 1 / sqrt(x)",
    vjp=lambda n, g: [R.multiply(R.multiply(affine(g[0], -0.5), n.output), _square(n.output))],
)
_reciprocal = elementwise(
    "reciprocal",
    reference=reference.reciprocal,
    low=0.2,
    high=3.0,
    flops=4,
    doc="y = 1 / x",
    vjp=lambda n, g: [R.multiply(_negative(g[0]), _square(n.output))],
)
_floor = elementwise("floor", reference=reference.floor, nondiff="piecewise constant", doc="the largest integer <= x")
_ceil = elementwise("ceil", reference=reference.ceil, nondiff="piecewise constant", doc="the smallest integer >= x")
_trunc = elementwise("trunc", reference=reference.trunc, nondiff="piecewise constant", doc="x without its fraction")
_round = elementwise(
    "round", reference=reference.round, nondiff="piecewise constant", doc="the nearest integer, halves to the even one"
)
_sin = elementwise(
    "sin",
    reference=reference.sin,
    low=-8.0,
    high=8.0,
    flops=25,
    doc="y = sin x",
    vjp=lambda n, g: [R.multiply(g[0], _cos(n.inputs[0]))],
)
_cos: Op = elementwise(
    "cos",
    reference=reference.cos,
    low=-8.0,
    high=8.0,
    flops=25,
    doc="y = cos x",
    vjp=lambda n, g: [R.multiply(_negative(g[0]), _sin(n.inputs[0]))],
)
_erf = elementwise(
    "erf",
    reference=reference.erf,
    low=-4.0,
    high=4.0,
    flops=30,
    doc="y = 2/sqrt(pi) int_0^x e^(-t^2) dt",
    vjp=lambda n, g: [R.multiply(affine(g[0], 1.1283791670955126), _exp(_negative(_square(n.inputs[0]))))],
)
_erfc = elementwise(
    "erfc",
    reference=reference.erfc,
    low=-4.0,
    high=4.0,
    flops=90,
    doc="y = 1 - erf x, without losing digits where erf is near 1",
    vjp=lambda n, g: [R.multiply(affine(g[0], -1.1283791670955126), _exp(_negative(_square(n.inputs[0]))))],
)
_sinh = elementwise(
    "sinh",
    reference=reference.sinh,
    flops=50,
    doc="y = (e^x - e^-x) / 2",
    vjp=lambda n, g: [R.multiply(g[0], _cosh(n.inputs[0]))],
)
_cosh: Op = elementwise(
    "cosh",
    reference=reference.cosh,
    flops=25,
    doc="y = (e^x + e^-x) / 2",
    vjp=lambda n, g: [R.multiply(g[0], _sinh(n.inputs[0]))],
)
_affine = elementwise(
    "affine",
    attrs={"scale": 1.0, "shift": 0.0},
    words=("scale", "shift"),
    allowed=NUMBERS,
    reference=reference.affine,
    flops=2,
    fusion=Fusion(Algebra.SCALING),
    choose=lambda draw: {"scale": draw.choice((1, 2, -1, 3)), "shift": draw.choice((0, 1, -2))},
    vjp=lambda n, g: [affine(g[0], n.attrs["scale"])],
    doc="y = scale x + shift, two numbers",
)
_clip = elementwise(
    "clip",
    attrs={"lo": REQUIRED, "hi": REQUIRED},
    words=("lo", "hi"),
    allowed=NUMBERS,
    reference=reference.clip,
    avoid=(-1.0, 1.0),
    choose=lambda draw: {"lo": -1, "hi": draw.choice((1, 1))},
    doc="y = min(max(x, lo), hi); gradient 1 inside and at the ends",
    vjp=lambda n, g: [_clip_grad(g[0], n.inputs[0], **n.attrs)],
)
_clip_grad: Op = elementwise(
    "clip_grad",
    inputs=("gy", "x"),
    attrs={"lo": REQUIRED, "hi": REQUIRED},
    words=("lo", "hi"),
    avoid=(-1.0, 1.0),
    reference=reference.clip_grad,
    choose=lambda draw: {"lo": -1, "hi": 1},
    doc="gx = gy where lo <= x <= hi, else 0",
    vjp=lambda n, g: [_clip_grad(g[0], n.inputs[1], **n.attrs), None],
)
_isnan = elementwise("isnan", out="bool", reference=reference.isnan, nondiff="a truth value", doc="x is not a number")
_isinf = elementwise("isinf", out="bool", reference=reference.isinf, nondiff="a truth value", doc="x is infinite")
_isfinite = elementwise(
    "isfinite", out="bool", reference=reference.isfinite, nondiff="a truth value", doc="x is neither infinite nor NaN"
)
_logical_not = elementwise(
    "logical_not",
    allowed=("bool",),
    out="bool",
    inplace={0: 0},
    reference=reference.logical_not,
    nondiff="a truth value",
    doc="y = 1 - x of truth values",
)


def _alias_infer(specs: Specs, attrs: Attrs) -> Any:
    if specs[0].dtype not in dtypes.TABLE:
        raise DTypeError(f"received dtype {specs[0].dtype!r}; expected one of {', '.join(dtypes.TABLE)}.")
    return specs[0]


def _alias(name: str, **rest: Any) -> Any:
    return register(
        Op(
            name=name,
            inputs=("x",),
            infer=_alias_infer,
            alias={0: 0},
            cases=lambda draw: Case([Array(draw_shape(draw))]),
            invalid=[([Spec((2,), "quaternion")], {}, DTypeError)],
            cost=lambda specs, outs, attrs: (0, 0),
            **rest,
        )
    )


_stop_gradient = _alias(
    "stop_gradient",
    reference=reference.stop_gradient,
    doc="y = x, without a gradient",
    nondiff="stopping the gradient is what it is for",
)
_identity = _alias("identity", reference=reference.identity, vjp=lambda n, g: [g[0]], doc="y = x")
