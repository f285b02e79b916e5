"""Convolutions on NHWC images with HWIO weights; their gradients are operations of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import conv as reference
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records import convolution_cuda as cuda
from fastnn.ops.records import convolution_depthwise as depthwise
from fastnn.ops.records import convolution_direct as direct
from fastnn.ops.records import convolution_winograd as winograd
from fastnn.ops.records.convolution_geometry import conv_shape
from fastnn.ops.records.matmul import activation_grad, check_epilogue, check_floats
from fastnn.ops.records.matmul_sizes import epilogue

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

_WINDOW = {"strides": (1, 1), "padding": "valid", "dilation": (1, 1), "groups": 1}


# ------------------------------------------------------------------ shapes
def _check(name: str, specs: Specs, attrs: Attrs) -> None:
    check_floats(name, specs)
    for s in specs[:2]:
        if len(s.shape) != 4:
            raise ShapeError(
                f"{name}: received shapes {specs[0].shape} and {specs[1].shape}; expected four dimensions "
                "each, images (n, h, w, c) and weights (kh, kw, c / groups, filters)."
            )
    padding = attrs["padding"]
    explicit = (
        isinstance(padding, tuple)
        and len(padding) == 2
        and all(isinstance(p, tuple) and len(p) == 2 and min(p) >= 0 for p in padding)
    )
    if padding not in ("valid", "same") and not explicit:
        raise ArgumentError(f"{name}: padding={padding!r}; expected 'valid', 'same' or ((top, bottom), (left, right)).")
    for key in ("strides", "dilation"):
        if len(attrs[key]) != 2 or min(attrs[key]) < 1:
            raise ArgumentError(f"{name}: {key}={attrs[key]!r}; expected two integers >= 1.")


def _shape(name: str, x: Any, w: Any, attrs: Attrs) -> Any:
    """The Shape; raises ShapeError where channels and groups do not fit."""
    groups = attrs["groups"]
    if groups < 1 or x[3] != w[2] * groups or w[3] % groups:
        raise ShapeError(
            f"{name}: images with {x[3]} channels, weights of shape {tuple(w)}, groups={groups}; expected "
            "weights (kh, kw, channels / groups, filters) and filters divisible by groups."
        )
    return conv_shape(x, w, attrs)


def _infer(specs: Specs, attrs: Attrs) -> Any:
    x, w, b = specs
    _check("conv2d", specs, attrs)
    s = _shape("conv2d", x.shape, w.shape, attrs)
    check_epilogue("conv2d", attrs, b, s.K)
    return Spec((s.N, s.Ho, s.Wo, s.K), x.dtype)


def _infer_grad_x(specs: Specs, attrs: Attrs) -> Any:
    gy, w = specs
    _check("conv2d_grad_x", specs, attrs)
    shape = (gy.shape[0], *attrs["size"], w.shape[2] * attrs["groups"])
    s = _shape("conv2d_grad_x", shape, w.shape, attrs)
    if gy.shape[1:] != (s.Ho, s.Wo, s.K):
        raise ShapeError(
            f"conv2d_grad_x: received gy of shape {gy.shape}; expected (n, {s.Ho}, {s.Wo}, {s.K}) for "
            f"images of {s.H} x {s.W}."
        )
    return Spec(shape, gy.dtype)


def _infer_grad_w(specs: Specs, attrs: Attrs) -> Any:
    x, gy = specs
    _check("conv2d_grad_w", specs, attrs)
    if attrs["groups"] < 1 or x.shape[3] % attrs["groups"]:
        raise ShapeError(f"conv2d_grad_w: {x.shape[3]} channels cannot be cut into {attrs['groups']} groups.")
    w = (*attrs["kernel"], x.shape[3] // attrs["groups"], gy.shape[3])
    s = _shape("conv2d_grad_w", x.shape, w, attrs)
    if gy.shape != (s.N, s.Ho, s.Wo, s.K):
        raise ShapeError(f"conv2d_grad_w: received gy of shape {gy.shape}; expected {(s.N, s.Ho, s.Wo, s.K)}.")
    return Spec(w, x.dtype)


# ------------------------------------------------------------------ lowering
def _choose(s: Any, dtype: str, plain: Any, depth: Any, wino: Any, transposed: Any = None) -> Any:
    """Which of three ways a Shape takes; `transposed` is the Shape that Winograd's tiles would have."""
    if depthwise.is_depthwise(s):
        return depth
    return wino if winograd.winograd_pays(transposed or s, dtype) else plain


def _lower(e: Emitter) -> None:
    x, w, b = e.ins
    y = e.outs[0]
    s = conv_shape(x.shape, w.shape, e.attrs)
    _choose(s, y.dtype, direct.forward, depthwise.depthwise, winograd.winograd)(e, s, x, w, y, *epilogue(e, b))


def _lower_grad_x(e: Emitter) -> None:
    gy, w = e.ins
    gx = e.outs[0]
    s = conv_shape(gx.shape, w.shape, e.attrs)
    tiles = s._replace(Ho=s.H, Wo=s.W) if max(s.top, s.left) <= 2 else s._replace(kh=0)
    _choose(s, gx.dtype, direct.grad_x, depthwise.depthwise_grad_x, winograd.winograd_grad_x, tiles)(e, s, gy, w, gx)


def _lower_grad_w(e: Emitter) -> None:
    x, gy = e.ins
    gw = e.outs[0]
    s = conv_shape(x.shape, gw.shape, e.attrs)
    _choose(s, gw.dtype, direct.grad_w, depthwise.depthwise_grad_w, winograd.winograd_grad_w)(e, s, x, gy, gw)


def _cost(i: int, j: int) -> Callable[..., Any]:
    """(flops, bytes), x and w being operands i and j of (inputs, outputs)."""

    def cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
        every = [s for s in (*specs, *outs) if s is not None]
        s = conv_shape(every[i].shape, every[j].shape, attrs)
        return s.flops, sum(v.nbytes for v in every)

    return cost


# ------------------------------------------------------------------ gradients
def _window_attrs(attrs: Attrs) -> Any:
    return {k: attrs[k] for k in _WINDOW}


def _vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (x, w, b), at = node.inputs, _window_attrs(node.attrs)
    g = activation_grad(node.outputs[0], gys[0], node.attrs["activation"])
    return [
        conv2d_grad_x(g, w, size=x.shape[1:3], **at),
        conv2d_grad_w(x, g, kernel=w.shape[:2], **at),
        None if b is None else R.sum(g, axis=(0, 1, 2)),
    ]


def _vjp_grad_x(node: Node, gys: Gradients) -> Sequence[Any]:
    (gy, w), at = node.inputs, _window_attrs(node.attrs)
    return [conv2d_op(gys[0], w, None, **at), conv2d_grad_w(gys[0], gy, kernel=w.shape[:2], **at)]


def _vjp_grad_w(node: Node, gys: Gradients) -> Sequence[Any]:
    (x, gy), at = node.inputs, _window_attrs(node.attrs)
    return [conv2d_grad_x(gy, gys[0], size=x.shape[1:3], **at), conv2d_op(x, gys[0], None, **at)]


# ------------------------------------------------------------------ cases
def _draw(draw: Draw) -> Any:
    """(x shape, w shape, attributes of the window, y shape)"""
    kh, kw = draw.choice([(3, 3), (1, 1), (2, 3), (5, 2), (1, 4)])
    strides = draw.choice([(1, 1), (2, 2), (1, 2), (3, 1)])
    dilation = draw.choice([(1, 1), (2, 1), (2, 2)]) if strides == (1, 1) else (1, 1)
    groups = draw.choice([1, 1, 2, 3])
    C, K = draw.integer(1, 5) * groups, draw.integer(1, 5) * groups
    if draw.integer(0, 5) == 0:
        C = K = groups = draw.integer(2, 20)  # depthwise
    need = [(k - 1) * d + 1 for k, d in zip((kh, kw), dilation)]
    N, H, W = draw.integer(1, 3), need[0] + draw.integer(0, 6), need[1] + draw.integer(0, 6)
    padding = draw.choice(["valid", "same", ((1, 0), (2, 1))])
    attrs = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    x, w = (N, H, W, C), (kh, kw, C // groups, K)
    s = conv_shape(x, w, attrs)
    return x, w, attrs, (N, s.Ho, s.Wo, K)


def _cases(draw: Draw) -> Any:
    x, w, attrs, y = _draw(draw)
    bias = Array(y[-1:]) if draw.boolean() else None
    return Case(
        [Array(x), Array(w), bias], {**attrs, "activation": draw.choice([None, "sigmoid", "tanh"])}, tolerance=4.0
    )


def _cases_grad_x(draw: Draw) -> Any:
    x, w, attrs, y = _draw(draw)
    return Case([Array(y), Array(w)], {**attrs, "size": x[1:3]}, tolerance=4.0)


def _cases_grad_w(draw: Draw) -> Any:
    x, w, attrs, y = _draw(draw)
    return Case([Array(x), Array(y)], {**attrs, "kernel": w[:2]}, tolerance=4.0)


def _f32(*shape: Any) -> Any:
    return Spec(shape, "float32")


conv2d_op = register(
    Op(
        name="conv2d",
        inputs=("x", "w", "b?"),
        attrs={**_WINDOW, "activation": None},
        infer=_infer,
        lower=_lower,
        cuda=cuda.lower,
        vjp=_vjp,
        reference=reference.conv2d,
        cases=_cases,
        cost=_cost(0, 1),
        fusion=Fusion(bias=2, activation="activation"),
        invalid=[
            ([_f32(1, 8, 8, 3), _f32(3, 3, 4, 5), None], {}, ShapeError),
            ([_f32(8, 8, 3), _f32(3, 3, 3, 5), None], {}, ShapeError),
            ([_f32(1, 2, 8, 3), _f32(3, 3, 3, 5), None], {}, ShapeError),
            ([_f32(1, 8, 8, 3), _f32(3, 3, 3, 5), _f32(4)], {}, ShapeError),
            ([_f32(1, 8, 8, 3), _f32(3, 3, 3, 5), None], {"padding": "full"}, ArgumentError),
            ([_f32(1, 8, 8, 3), Spec((3, 3, 3, 5), "float64"), None], {}, DTypeError),
        ],
        doc="y[n,i,j,k] = act(sum over r,s,c of x[n, i·sh + r·dh − top, j·sw + s·dw − left, c] · w[r,s,c,k] + b[k])",
    )
)

conv2d_grad_x = register(
    Op(
        name="conv2d_grad_x",
        inputs=("gy", "w"),
        attrs={**_WINDOW, "size": REQUIRED},
        infer=_infer_grad_x,
        lower=_lower_grad_x,
        cuda=cuda.lower_grad_x,
        vjp=_vjp_grad_x,
        reference=reference.conv2d_grad_x,
        cases=_cases_grad_x,
        cost=_cost(2, 1),
        invalid=[([_f32(1, 6, 6, 5), _f32(3, 3, 3, 5)], {"size": (9, 8)}, ShapeError)],
        doc="the transpose of conv2d as a linear map of x, for images of `size`; also the forward of Conv2DTranspose",
    )
)

conv2d_grad_w = register(
    Op(
        name="conv2d_grad_w",
        inputs=("x", "gy"),
        attrs={**_WINDOW, "kernel": REQUIRED},
        infer=_infer_grad_w,
        lower=_lower_grad_w,
        cuda=cuda.lower_grad_w,
        vjp=_vjp_grad_w,
        reference=reference.conv2d_grad_w,
        cases=_cases_grad_w,
        cost=_cost(0, 2),
        invalid=[([_f32(1, 8, 8, 3), _f32(1, 5, 6, 5)], {"kernel": (3, 3)}, ShapeError)],
        doc="the transpose of conv2d as a linear map of w, for kernels of size `kernel`",
    )
)
