"""Slices and margins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import ShapeError
from fastnn.core.types import Attrs, Dims
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import movement as reference
from fastnn.ops.forms import moved_bytes, strides
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, Specs, register
from fastnn.ops.records.copying import emit_copy, emit_fill

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


ALL, FLIP = (None, None, None), (None, None, -1)  # the slice of a whole dimension, and its reversal


def _slice_infer(specs: Specs, attrs: Attrs) -> Any:
    shape, key = specs[0].shape, attrs["key"]
    if len(key) != len(shape):
        raise ShapeError(f"slice: received {len(key)} slices for the shape {shape}.")
    out: list[int | None] = []
    for d, k in zip(shape, key):
        if d is not None:
            out.append(len(range(*slice(*k).indices(d))))
        elif k[2] in (None, 1) and k[0] is not None and (k[1] == k[0] + 1 or (k[0], k[1]) == (-1, None)):
            out.append(1)  # an index, which must be there
        else:
            out.append(None)
    return Spec(tuple(out), specs[0].dtype)


def _slice_layout(shape: Dims, key: Any) -> Any:
    """(first element, strides) of a slice of a row-major value."""
    first, steps = 0, []
    for d, s, k in zip(shape, strides(shape), key):
        start, _, step = slice(*k).indices(d)
        first += start * s
        steps.append(step * s)
    return first, steps


def _slice_lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    first, steps = _slice_layout(x.shape, e.attrs["key"])
    emit_copy(e, x, y, y.shape, steps, strides(y.shape), first, blocks=False)


def _slice_grad_lower(e: Emitter) -> None:
    gy, gx = e.ins[0], e.outs[0]
    first, steps = _slice_layout(gx.shape, e.attrs["key"])
    emit_fill(e, gx, 0)
    emit_copy(e, gy, gx, gy.shape, strides(gy.shape), steps, 0, first, dense=False)


def _draw_key(draw: Draw, shape: Dims) -> Any:
    return tuple(
        draw.choice(
            (ALL, (0, 1, None), (None, None, 2), (None, None, -1), (-1, None, None), (1, None, None), (None, None, -2))
        )
        for _ in shape
    )


def _slice_cases(draw: Draw) -> Any:
    shape = tuple(draw.integer(2, 6) for _ in range(draw.integer(1, 4)))
    return Case([Array(shape)], {"key": _draw_key(draw, shape)})


def _slice_grad_cases(draw: Draw) -> Any:
    shape = tuple(draw.integer(2, 6) for _ in range(draw.integer(1, 4)))
    key = _draw_key(draw, shape)
    return Case([Array(_slice_infer([Spec(shape, "float32")], {"key": key}).shape)], {"key": key, "shape": shape})


def _slice_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    inner = _slice_infer([Spec(attrs["shape"], specs[0].dtype)], attrs)
    if inner.shape != specs[0].shape:
        raise ShapeError(f"strided_slice_grad: received a gradient of shape {specs[0].shape}, expected {inner.shape}.")
    return Spec(attrs["shape"], specs[0].dtype)


def _flips_back(mine: Attrs, first: Attrs) -> bool:
    """Whether two slices in a row are the same reversal of whole dimensions."""
    return mine == first and all(k in (ALL, FLIP) for k in mine["key"])


_slice = register(
    Op(
        name="strided_slice",
        inputs=("x",),
        attrs={"key": REQUIRED},
        infer=_slice_infer,
        lower=_slice_lower,
        cuda=_slice_lower,
        vjp=lambda n, g: [_slice_grad(g[0], key=n.attrs["key"], shape=n.inputs[0].shape)],
        reference=reference.strided_slice,
        cases=_slice_cases,
        cost=moved_bytes,
        fusion=Fusion(undoes=_flips_back),
        doc="y = x[start:stop:step, ...], one (start, stop, step) per dimension",
        invalid=[([Spec((2, 3), "float32")], {"key": (ALL,)}, ShapeError)],
    )
)
_slice_grad: Op = register(
    Op(
        name="strided_slice_grad",
        inputs=("gy",),
        attrs={"key": REQUIRED, "shape": REQUIRED},
        infer=_slice_grad_infer,
        lower=_slice_grad_lower,
        cuda=_slice_grad_lower,
        vjp=lambda n, g: [_slice(g[0], key=n.attrs["key"])],
        reference=reference.strided_slice_grad,
        cases=_slice_grad_cases,
        cost=moved_bytes,
        fusion=Fusion(undoes=_flips_back, places=("key", "shape")),
        doc="zeros of a shape, with gy at the places of a slice",
        invalid=[([Spec((2,), "float32")], {"key": (ALL,), "shape": (3,)}, ShapeError)],
    )
)


def _pad_infer(specs: Specs, attrs: Attrs) -> Any:
    shape, margins = specs[0].shape, attrs["pad_width"]
    if len(margins) != len(shape) or any(len(m) != 2 or min(m) < 0 for m in margins):
        raise ShapeError(
            f"pad: received pad_width {margins} for the shape {shape}, expected a pair of sizes >= 0 per dimension."
        )
    return Spec(tuple(None if d is None else d + a + b for d, (a, b) in zip(shape, margins)), specs[0].dtype)


def _pad_lower(e: Emitter) -> None:
    x, y, s = e.ins[0], e.outs[0], strides(e.outs[0].shape)
    emit_fill(e, y, e.attrs["constant_value"])
    first = sum(a * k for (a, _), k in zip(e.attrs["pad_width"], s))
    emit_copy(e, x, y, x.shape, strides(x.shape), s, 0, first, dense=False)


def _pad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    key = tuple((a, a + d, None) for (a, _), d in zip(node.attrs["pad_width"], node.inputs[0].shape))
    return [_slice(gys[0], key=key)]


def _pad_cases(draw: Draw) -> Any:
    shape = tuple(draw.integer(1, 5) for _ in range(draw.integer(1, 4)))
    return Case(
        [Array(shape)],
        {
            "pad_width": tuple((draw.integer(0, 2), draw.integer(0, 2)) for _ in shape),
            "constant_value": draw.choice((0.0, 1.5)),
        },
    )


_pad = register(
    Op(
        name="pad",
        inputs=("x",),
        attrs={"pad_width": REQUIRED, "constant_value": 0.0},
        infer=_pad_infer,
        lower=_pad_lower,
        cuda=_pad_lower,
        vjp=_pad_vjp,
        reference=reference.pad,
        cases=_pad_cases,
        cost=moved_bytes,
        doc="x with margins of one value",
        invalid=[([Spec((2, 3), "float32")], {"pad_width": ((1, 1),)}, ShapeError)],
    )
)
