"""Max and average pooling over NHWC images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core import shapes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Attrs, Dims
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import pool as reference
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

ATTRS = {"pool_size": REQUIRED, "strides": REQUIRED, "padding": "valid"}


def _check(name: str, x: Any, attrs: Attrs) -> None:
    if x.dtype not in ("float32", "float64"):
        raise DTypeError(f"{name}: received dtype {x.dtype}, expected float32 or float64.")
    if len(x.shape) != 4:
        raise ShapeError(f"{name}: received shape {x.shape}, expected (images, rows, columns, channels).")
    if attrs["padding"] not in ("valid", "same"):
        raise ArgumentError(f"{name}: received padding {attrs['padding']!r}, expected 'valid' or 'same'.")


def _geometry(shape: Dims, attrs: Attrs) -> Any:
    """((oh, pad above), (ow, pad left)) for an input shape (n, h, w, c)."""
    return [
        shapes.window(size, k, s, attrs["padding"])[:2]
        for size, k, s in zip(shape[1:3], attrs["pool_size"], attrs["strides"])
    ]


def _out_shape(shape: Dims, attrs: Attrs) -> Any:
    (oh, _), (ow, _) = _geometry(shape, attrs)
    return (shape[0], oh, ow, shape[3])


def _index_type(attrs: Attrs) -> Any:
    return "uint8" if attrs["pool_size"][0] * attrs["pool_size"][1] <= 256 else "int32"


def _words(shape: Dims, attrs: Attrs) -> Any:
    """The sizes that every pooling kernel takes: h, w, c, oh, ow, kh, kw, sh, sw, pad above, pad left."""
    (oh, top), (ow, left) = _geometry(shape, attrs)
    return (*shape[1:4], oh, ow, *attrs["pool_size"], *attrs["strides"], top, left)


def _draw(draw: Draw) -> Any:
    h, w, c, n = draw.integer(1, 7), draw.integer(1, 7), draw.choice([1, 3, 17]), draw.integer(1, 2)
    same = draw.boolean()
    size = (draw.integer(1, 4 if same else min(4, h)), draw.integer(1, 4 if same else min(4, w)))
    strides = size if draw.boolean() else (draw.integer(1, 3), draw.integer(1, 3))
    return (n, h, w, c), {"pool_size": size, "strides": strides, "padding": "same" if same else "valid"}


def _bad() -> Any:
    good = {"pool_size": (2, 2), "strides": (2, 2)}
    return [
        ([Spec((2, 4, 4), "float32")], good, ShapeError),
        ([Spec((2, 4, 4, 1), "int32")], good, DTypeError),
        ([Spec((2, 1, 4, 1), "float32")], good, ShapeError),
        ([Spec((2, 4, 4, 1), "float32")], {**good, "padding": "full"}, ArgumentError),
    ]


def _cost(specs: Specs, outs: Specs, attrs: Attrs) -> Any:
    size = attrs["pool_size"]
    small = min(specs[0].size, outs[0].size)
    return size[0] * size[1] * small, specs[0].nbytes + outs[0].nbytes


# ------------------------------------------------------------------ maximum
def _max_infer(specs: Specs, attrs: Attrs) -> Any:
    x = specs[0]
    _check("max_pool2d", x, attrs)
    shape = _out_shape(x.shape, attrs)
    return Spec(shape, x.dtype), Spec(shape, _index_type(attrs))


def _max_lower(e: Emitter) -> None:
    x, (y, index) = e.ins[0], e.outs
    e.emit(
        f"max_pool_{x.t}_{index.t}",
        x.rd,
        y.wr,
        index.wr,
        *_words(x.shape, e.attrs),
        n=y.shape[0] * y.shape[1],
        parts=y.shape[0],
    )


def _max_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    if gys[0] is None:
        return [None]
    x = node.inputs[0]
    return [max_pool2d_grad(gys[0], node.outputs[1], height=x.shape[1], width=x.shape[2], **node.attrs)]


def _max_cases(draw: Draw) -> Any:
    shape, attrs = _draw(draw)
    return Case([Array(shape, distinct=True, margin=0.002)], attrs)


max_pool2d = register(
    Op(
        name="max_pool2d",
        inputs=("x",),
        attrs=ATTRS,
        infer=_max_infer,
        lower=_max_lower,
        cuda=_max_lower,
        vjp=_max_vjp,
        reference=reference.max_pool,
        cases=_max_cases,
        invalid=_bad(),
        cost=_cost,
        doc="y = largest value of each window, index = its tap dy * kw + dx (the first; NaN wins); outputs y, index",
    )
)


def _grad_infer(name: str) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        gy = specs[0]
        _check(name, gy, attrs)
        shape = (gy.shape[0], attrs["height"], attrs["width"], gy.shape[3])
        if _out_shape(shape, attrs)[1:3] != gy.shape[1:3]:
            raise ShapeError(
                f"{name}: received gy of shape {gy.shape} for an image of {shape[1]} x {shape[2]}, "
                f"expected {_out_shape(shape, attrs)}."
            )
        if len(specs) > 1 and specs[1] != Spec(gy.shape, _index_type(attrs)):
            raise ShapeError(f"{name}: received index {specs[1]}, expected {Spec(gy.shape, _index_type(attrs))}.")
        return Spec(shape, gy.dtype)

    return infer


def _max_grad_lower(e: Emitter) -> None:
    (gy, index), gx = e.ins, e.outs[0]
    e.emit(
        f"max_pool_grad_{gy.t}_{index.t}",
        gy.rd,
        index.rd,
        gx.wr,
        *_words(gx.shape, e.attrs),
        n=gx.shape[0] * gx.shape[1],
        parts=gx.shape[0],
    )


def _window_attrs(attrs: Attrs) -> Any:
    return {k: attrs[k] for k in ATTRS}


def _max_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [max_pool2d_take(gys[0], node.inputs[1], **_window_attrs(node.attrs)), None]


def _grad_cases(draw: Draw, index: Any) -> Any:
    """Windows that lie wholly inside the image, so that any tap may be a winner."""
    size = (draw.integer(1, 3), draw.integer(1, 3))
    strides = size if draw.boolean() else (draw.integer(1, 3), draw.integer(1, 3))
    oh, ow, n, c = draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 2), draw.choice([1, 3, 17])
    h, w = (oh - 1) * strides[0] + size[0], (ow - 1) * strides[1] + size[1]
    attrs = {"pool_size": size, "strides": strides, "padding": "valid"}
    small = [Array((n, oh, ow, c))]
    taps = Array((n, oh, ow, c), "uint8", 0, size[0] * size[1] - 1)
    return (n, h, w, c), small + ([taps] if index else []), attrs


def _max_grad_cases(draw: Draw) -> Any:
    shape, inputs, attrs = _grad_cases(draw, True)
    return Case(inputs, {"height": shape[1], "width": shape[2], **attrs})


GRAD_ATTRS = {"height": REQUIRED, "width": REQUIRED, **ATTRS}
_BAD_GRAD = {"height": 9, "width": 4, "pool_size": (2, 2), "strides": (2, 2)}
max_pool2d_grad = register(
    Op(
        name="max_pool2d_grad",
        inputs=("gy", "index"),
        attrs=GRAD_ATTRS,
        infer=_grad_infer("max_pool2d_grad"),
        lower=_max_grad_lower,
        cuda=_max_grad_lower,
        vjp=_max_grad_vjp,
        reference=reference.max_pool_grad,
        cases=_max_grad_cases,
        invalid=[([Spec((2, 2, 2, 1), "float32"), Spec((2, 2, 2, 1), "uint8")], _BAD_GRAD, ShapeError)],
        cost=_cost,
        fusion=Fusion(routes="max_pool2d"),
        doc="gx = sum of gy over the windows that this input won",
    )
)


def _take_infer(specs: Specs, attrs: Attrs) -> Any:
    x, index = specs
    _check("max_pool2d_take", x, attrs)
    expected = Spec(_out_shape(x.shape, attrs), _index_type(attrs))
    if index != expected:
        raise ShapeError(f"max_pool2d_take: received index {index}, expected {expected}.")
    return Spec(index.shape, x.dtype)


def _take_lower(e: Emitter) -> None:
    (x, index), y = e.ins, e.outs[0]
    e.emit(
        f"max_pool_take_{x.t}_{index.t}",
        x.rd,
        index.rd,
        y.wr,
        *_words(x.shape, e.attrs),
        n=y.shape[0] * y.shape[1],
        parts=y.shape[0],
    )


def _take_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, index = node.inputs
    return [max_pool2d_grad(gys[0], index, height=x.shape[1], width=x.shape[2], **node.attrs), None]


def _take_cases(draw: Draw) -> Any:
    shape, (_, taps), attrs = _grad_cases(draw, True)
    return Case([Array(shape), taps], attrs)


max_pool2d_take = register(
    Op(
        name="max_pool2d_take",
        inputs=("x", "index"),
        attrs=ATTRS,
        infer=_take_infer,
        lower=_take_lower,
        cuda=_take_lower,
        vjp=_take_vjp,
        reference=reference.max_pool_take,
        cases=_take_cases,
        invalid=[
            (
                [Spec((2, 4, 4, 1), "float32"), Spec((2, 2, 2, 1), "int32")],
                {"pool_size": (2, 2), "strides": (2, 2)},
                ShapeError,
            )
        ],
        cost=_cost,
        doc="y = x at the winners of another max_pool2d (the transpose of max_pool2d_grad)",
    )
)


# ------------------------------------------------------------------ average
def _avg_infer(specs: Specs, attrs: Attrs) -> Any:
    _check("avg_pool2d", specs[0], attrs)
    return Spec(_out_shape(specs[0].shape, attrs), specs[0].dtype)


def _avg_lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    e.emit(f"avg_pool_{x.t}", x.rd, y.wr, *_words(x.shape, e.attrs), n=y.shape[0] * y.shape[1], parts=y.shape[0])


def _avg_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x = node.inputs[0]
    return [avg_pool2d_grad(gys[0], height=x.shape[1], width=x.shape[2], **node.attrs)]


def _avg_cases(draw: Draw) -> Any:
    shape, attrs = _draw(draw)
    return Case([Array(shape)], attrs)


avg_pool2d = register(
    Op(
        name="avg_pool2d",
        inputs=("x",),
        attrs=ATTRS,
        infer=_avg_infer,
        lower=_avg_lower,
        cuda=_avg_lower,
        vjp=_avg_vjp,
        reference=reference.avg_pool,
        cases=_avg_cases,
        invalid=_bad(),
        cost=_cost,
        doc="y = mean of each window's values inside the image (padding does not count)",
    )
)


def _avg_grad_lower(e: Emitter) -> None:
    gy, gx = e.ins[0], e.outs[0]
    e.emit(
        f"avg_pool_grad_{gy.t}",
        gy.rd,
        gx.wr,
        *_words(gx.shape, e.attrs),
        n=gx.shape[0] * gx.shape[1],
        parts=gx.shape[0],
    )


def _avg_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [avg_pool2d(gys[0], **_window_attrs(node.attrs))]


def _avg_grad_cases(draw: Draw) -> Any:
    shape, inputs, attrs = _grad_cases(draw, False)
    return Case(inputs, {"height": shape[1], "width": shape[2], **attrs})


avg_pool2d_grad = register(
    Op(
        name="avg_pool2d_grad",
        inputs=("gy",),
        attrs=GRAD_ATTRS,
        infer=_grad_infer("avg_pool2d_grad"),
        lower=_avg_grad_lower,
        cuda=_avg_grad_lower,
        vjp=_avg_grad_vjp,
        reference=reference.avg_pool_grad,
        cases=_avg_grad_cases,
        invalid=[([Spec((2, 2, 2, 1), "float32")], _BAD_GRAD, ShapeError)],
        cost=_cost,
        doc="gx = sum over the windows that hold this input of gy / inputs in the window",
    )
)
