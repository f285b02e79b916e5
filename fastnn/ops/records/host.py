"""The long tail: operations that step back into Python and call NumPy (`model.plan()` shows them as host steps)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.core.dtypes import HALVES
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import host as reference
from fastnn.ops.forms import FLOATS, NUMBERS, affine, broadcast_infer, check_dtype, draw_shape, same_dtype, unary_cost
from fastnn.ops.op import REQUIRED, Array, Case, Gradients, Op, R, Specs, Vjp, register
from fastnn.ops.records.broadcasting import unbroadcast

INTS = ("int32", "int64")


# ------------------------------------------------------------------ element-wise
def _unary(name: str, f: Any, slope: Any, low: float, high: float) -> Any:
    """Register a float function of one argument; slope: symbol -> derivative."""

    def infer(specs: Specs, attrs: Attrs) -> Any:
        check_dtype(name, specs[0], FLOATS)
        return specs[0]

    def host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
        with np.errstate(all="ignore"):
            outs[0][...] = f(ins[0])

    return register(
        Op(
            name=name,
            inputs=("x",),
            infer=infer,
            host=host,
            cuda="the function of NumPy",
            vjp=lambda n, g: [R.multiply(g[0], slope(n.inputs[0]))],
            reference=getattr(reference, name),
            cases=lambda draw: Case([Array(draw_shape(draw), low=low, high=high)]),
            cost=unary_cost(30),
            invalid=[([Spec((2,), "int32")], {}, DTypeError)],
            doc=f"y = {name} x",
        )
    )


def _one_minus_square(x: Any) -> Any:
    return affine(R.square(x), -1.0, 1.0)


_erf_scalar = np.vectorize(math.erf, otypes=[np.float64])


def _erfinv(x: Any) -> Any:
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


_arcsin = _unary("arcsin", np.arcsin, lambda x: R.rsqrt(_one_minus_square(x)), -0.9, 0.9)
_arccos = _unary("arccos", np.arccos, lambda x: R.negative(R.rsqrt(_one_minus_square(x))), -0.9, 0.9)
_arctan = _unary("arctan", np.arctan, lambda x: R.reciprocal(affine(R.square(x), 1.0, 1.0)), -3.0, 3.0)
_arcsinh = _unary("arcsinh", np.arcsinh, lambda x: R.rsqrt(affine(R.square(x), 1.0, 1.0)), -3.0, 3.0)
_arccosh = _unary("arccosh", np.arccosh, lambda x: R.rsqrt(affine(R.square(x), 1.0, -1.0)), 1.2, 4.0)
_arctanh = _unary("arctanh", np.arctanh, lambda x: R.reciprocal(_one_minus_square(x)), -0.9, 0.9)
_erfinv_op: Op
_erfinv_op = _unary("erfinv", _erfinv, lambda x: affine(R.exp(R.square(_erfinv_op(x))), 0.8862269254527580), -0.9, 0.9)


# ------------------------------------------------------------------ modified Bessel functions
def _bessel(x: Any, order: int) -> Any:
    """The mean of exp(x cos t) cos(order t) over a turn, whose digits double with the number of its points."""
    turn = np.arange(512) * (2 * math.pi / 512)
    v, cosine = np.asarray(x, np.float64), np.cos(turn)
    y, flat = np.empty(v.shape), v.ravel()
    for at in range(0, flat.size, 4096):
        part = flat[at : at + 4096]
        y.ravel()[at : at + 4096] = np.exp(part[:, None] * cosine) @ (np.cos(order * turn) / 512)
    return y


def _bessel_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("bessel_i", specs[0], FLOATS)
    return specs[0]


def _bessel_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    with np.errstate(all="ignore"):
        outs[0][...] = _bessel(ins[0], attrs["order"])


def _bessel_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, n = node.inputs[0], node.attrs["order"]
    slope = affine(R.add(_bessel_op(x, order=abs(n - 1)), _bessel_op(x, order=n + 1)), 0.5)
    return [R.multiply(gys[0], slope)]


_bessel_op: Op = register(
    Op(
        name="bessel_i",
        inputs=("x",),
        attrs={"order": 0},
        infer=_bessel_infer,
        host=_bessel_host,
        cuda="the function of NumPy",
        vjp=_bessel_vjp,
        reference=reference.bessel_i,
        cases=lambda draw: Case([Array(draw_shape(draw))], {"order": draw.integer(0, 2)}),
        cost=unary_cost(3000),
        invalid=[([Spec((2,), "int32")], {}, DTypeError)],
        doc="y = I_n(x), the modified Bessel function of the first kind",
    )
)


def _pair(
    name: str,
    f: Any,
    allowed: Any,
    vjp: Vjp | None = None,
    low: float = -2.0,
    high: float = 2.0,
    avoid: Any = (),
    **rest: Any,
) -> Any:
    """Register a function of two broadcast arguments."""

    def infer(specs: Specs, attrs: Attrs) -> Any:
        same_dtype(name, specs, allowed)
        return Spec(broadcast_infer(name, specs), specs[0].dtype)

    def host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
        with np.errstate(all="ignore"):
            outs[0][...] = f(*ins)

    kind = "float" if allowed[0] in FLOATS else allowed[0]
    return register(
        Op(
            name=name,
            inputs=("x", "y"),
            infer=infer,
            host=host,
            cuda="the function of NumPy",
            vjp=vjp,
            reference=getattr(reference, name),
            cost=unary_cost(10),
            cases=lambda draw: Case(
                [
                    Array((3, 4), kind, low, high, avoid),
                    Array(draw.choice(((3, 4), (4,), (3, 1))), kind, low, high, avoid),
                ]
            ),
            invalid=[([Spec((2,), allowed[0]), Spec((3,), allowed[0])], {}, ShapeError)],
            doc=f"z = {name}(x, y)",
            **rest,
        )
    )


def _arctan2_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    y, x = node.inputs
    g = R.divide(gys[0], R.add(R.square(x), R.square(y)))
    return [unbroadcast(R.multiply(g, x), y.shape), unbroadcast(R.negative(R.multiply(g, y)), x.shape)]


_arctan2 = _pair("arctan2", np.arctan2, FLOATS, _arctan2_vjp, 0.2, 2.0)


def _fmod_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, y = node.inputs
    whole = R.divide(R.subtract(x, node.output), y)  # the quotient without its fraction
    return [unbroadcast(gys[0], x.shape), unbroadcast(R.negative(R.multiply(gys[0], whole)), y.shape)]


_fmod = _pair("fmod", np.fmod, NUMBERS, _fmod_vjp, low=0.3, high=2.0)
# a half has neighbours of its own, which no calculation in float32 finds
_nextafter = _pair("nextafter", np.nextafter, (*FLOATS, *HALVES), nondiff="steps between neighbouring floats")
_BITWISE = {
    name: _pair(name, getattr(np, name), INTS, low=0, high=9, nondiff="integers")
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm")
}


# ------------------------------------------------------------------ products, places
def _cumprod_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("cumprod", specs[0], NUMBERS)
    normalize_axis(attrs["axis"], len(specs[0].shape))
    return specs[0]


def _cumprod_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    np.cumprod(ins[0], axis=attrs["axis"], out=outs[0])


def _cumprod_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [R.divide(R.cumsum(R.multiply(gys[0], node.output), axis=node.attrs["axis"], reverse=True), node.inputs[0])]


_cumprod = register(
    Op(
        name="cumprod",
        inputs=("x",),
        attrs={"axis": REQUIRED},
        infer=_cumprod_infer,
        host=_cumprod_host,
        cuda="the function of NumPy",
        vjp=_cumprod_vjp,
        reference=reference.cumprod,
        cases=lambda draw: Case([Array((3, 4), low=0.3)], {"axis": draw.integer(0, 1)}, tolerance=4.0),
        cost=unary_cost(1),
        invalid=[([Spec((2,), "float32")], {"axis": 1}, ShapeError)],
        doc="products of all values up to each one",
    )
)
