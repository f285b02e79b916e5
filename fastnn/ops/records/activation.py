"""Activations and their gradients, taken from the output where that suffices."""

from __future__ import annotations

from typing import Any

from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.kernels.reference import elementwise as reference
from fastnn.ops.forms import affine, elementwise, zero
from fastnn.ops.op import Op, R, Vjp
from fastnn.ops.records.cast import converted


def _grad(name: str, inputs: Any, vjp: Vjp | None, **rest: Any) -> Any:
    return elementwise(name, inputs=inputs, reference=getattr(reference, name), vjp=vjp, **rest)


_relu = elementwise(
    "relu",
    reference=reference.relu,
    fusion=Fusion(function="relu"),
    avoid=(0.0,),
    doc="y = max(x, 0); NaN stays",
    vjp=lambda n, g: [_relu_grad(g[0], n.output)],
)
_relu_grad: Op = _grad(
    "relu_grad",
    ("gy", "y"),
    lambda n, g: [_relu_grad(g[0], n.inputs[1]), None],
    avoid=(0.0,),
    fusion=Fusion(gradient_of="relu", gate=True),
    doc="gx = gy where y > 0, else 0",
)
_tanh = elementwise(
    "tanh",
    reference=reference.tanh,
    flops=25,
    fusion=Fusion(function="tanh"),
    doc="y = tanh x",
    vjp=lambda n, g: [_tanh_grad(g[0], n.output)],
)
_tanh_grad: Op = _grad(
    "tanh_grad",
    ("gy", "y"),
    lambda n, g: [_tanh_grad(g[0], n.inputs[1]), affine(R.multiply(R.multiply(g[0], n.inputs[0]), n.inputs[1]), -2.0)],
    flops=3,
    low=-0.9,
    high=0.9,
    fusion=Fusion(gradient_of="tanh"),
    doc="gx = gy (1 - y^2)",
)
_sigmoid = elementwise(
    "sigmoid",
    reference=reference.sigmoid,
    flops=22,
    fusion=Fusion(function="sigmoid"),
    doc="y = 1 / (1 + e^-x)",
    vjp=lambda n, g: [_sigmoid_grad(g[0], n.output)],
)
_sigmoid_grad: Op = _grad(
    "sigmoid_grad",
    ("gy", "y"),
    lambda n, g: [
        _sigmoid_grad(g[0], n.inputs[1]),
        R.multiply(R.multiply(g[0], n.inputs[0]), affine(n.inputs[1], -2.0, 1.0)),
    ],
    flops=3,
    low=0.1,
    high=0.9,
    fusion=Fusion(gradient_of="sigmoid"),
    doc="gx = gy y (1 - y)",
)
_softplus = elementwise(
    "softplus",
    reference=reference.softplus,
    flops=45,
    doc="y = ln(1 + e^x)",
    vjp=lambda n, g: [_softplus_grad(g[0], n.inputs[0])],
)
_softplus_grad: Op = _grad(
    "softplus_grad",
    ("gy", "x"),
    lambda n, g: [
        _softplus_grad(g[0], n.inputs[1]),
        R.multiply(g[0], _sigmoid_grad(n.inputs[0], _sigmoid(n.inputs[1]))),
    ],
    flops=23,
    doc="gx = gy sigmoid(x)",
)
_leaky_relu = elementwise(
    "leaky_relu",
    attrs={"negative_slope": 0.2},
    words=("negative_slope",),
    reference=reference.leaky_relu,
    avoid=(0.0,),
    choose=lambda draw: {"negative_slope": draw.choice((0.2, 0.01, -0.5))},
    doc="y = x where x >= 0, else slope x",
    # with a slope that keeps the sign the output tells it too, and the input need not be kept
    vjp=lambda n, g: [_leaky_relu_grad(g[0], n.output if n.attrs["negative_slope"] > 0 else n.inputs[0], **n.attrs)],
)
_leaky_relu_grad: Op
_leaky_relu_grad = _grad(
    "leaky_relu_grad",
    ("gy", "s"),
    lambda n, g: [_leaky_relu_grad(g[0], n.inputs[1], **n.attrs), None],
    attrs={"negative_slope": 0.2},
    words=("negative_slope",),
    avoid=(0.0,),
    doc="gx = gy where s >= 0, else slope gy",
)
_elu = elementwise(
    "elu",
    attrs={"alpha": 1.0},
    words=("alpha",),
    reference=reference.elu,
    flops=22,
    avoid=(0.0,),
    choose=lambda draw: {"alpha": draw.choice((1.0, 0.5, 1.6732632423543772))},
    doc="y = x where x >= 0, else alpha (e^x - 1)",
    vjp=lambda n, g: [_elu_grad(g[0], n.output, **n.attrs)],
)
_elu_grad: Op = _grad(
    "elu_grad",
    ("gy", "y"),
    lambda n, g: [
        _elu_grad(g[0], n.inputs[1], **n.attrs),
        R.multiply(R.multiply(g[0], n.inputs[0]), converted(R.less(n.inputs[1], zero(n.inputs[1])), n.inputs[0].dtype)),
    ],
    attrs={"alpha": 1.0},
    words=("alpha",),
    avoid=(0.0,),
    low=-0.9,
    high=0.9,
    flops=2,
    doc="gx = gy where y >= 0, else gy (y + alpha)",
)
_silu = elementwise(
    "silu", reference=reference.silu, flops=24, doc="y = x sigmoid(x)", vjp=lambda n, g: [_silu_grad(g[0], n.inputs[0])]
)


def _silu_grad_vjp(n: Node, g: Any) -> Any:
    # d^2 silu = s' (2 + x (1 - 2 s)), s' = s (1 - s)
    gy, x = n.inputs
    s = _sigmoid(x)
    factor = affine(R.multiply(x, affine(s, -2.0, 1.0)), 1.0, 2.0)
    return [_silu_grad(g[0], x), R.multiply(R.multiply(g[0], gy), affine(_sigmoid_grad(factor, s)))]


_silu_grad: Op
_silu_grad = _grad("silu_grad", ("gy", "x"), _silu_grad_vjp, flops=28, doc="gx = gy (s + x s (1 - s)), s = sigmoid(x)")


def _gelu_kernel(suffix: str) -> Any:
    return lambda attrs: "gelu_tanh" + suffix if attrs["approximate"] else "gelu" + suffix


_gelu = elementwise(
    "gelu",
    attrs={"approximate": True},
    kernel=_gelu_kernel(""),
    reference=reference.gelu,
    flops=35,
    choose=lambda draw: {"approximate": draw.boolean()},
    vjp=lambda n, g: [_gelu_grad(g[0], n.inputs[0], **n.attrs)],
    doc="y = x Phi(x), or 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
)


def _gelu_grad_vjp(n: Node, g: Any) -> Any:
    gy, x = n.inputs
    x2 = R.square(x)
    if n.attrs["approximate"]:
        # y' = (1 + t) / 2 + x (1 - t^2) u' / 2, t = tanh u;  y'' = (1 - t^2) (u' + x u'' / 2 - x t u'^2)
        c = 0.7978845608028654
        t = _tanh(affine(R.multiply(x, affine(x2, 0.044715, 1.0)), c))
        u1, u2 = affine(x2, 3 * 0.044715 * c, c), affine(x, 6 * 0.044715 * c)
        inner = R.subtract(R.add(u1, affine(R.multiply(x, u2), 0.5)), R.multiply(R.multiply(x, t), R.square(u1)))
        second = R.multiply(affine(R.square(t), -1.0, 1.0), inner)
    else:
        second = R.multiply(affine(R.exp(affine(x2, -0.5)), 0.3989422804014327), affine(x2, -1.0, 2.0))
    return [_gelu_grad(g[0], x, **n.attrs), R.multiply(R.multiply(g[0], gy), second)]


_gelu_grad: Op
_gelu_grad = _grad(
    "gelu_grad",
    ("gy", "x"),
    _gelu_grad_vjp,
    attrs={"approximate": True},
    kernel=_gelu_kernel("_grad"),
    choose=lambda draw: {"approximate": draw.boolean()},
    flops=45,
    doc="gx = gy d gelu(x) / dx",
)
