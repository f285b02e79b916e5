"""Softmax with cross-entropy in one operation, for dense and for sparse targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import nn as reference
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records.softmax import (
    FLOPS,
    check,
    check_labels,
    check_same,
    cost,
    draw_labels,
    draw_shape,
    log_softmax_op,
    row_sum,
    rows,
    softmax_grad,
)

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


def _xent_infer(specs: Specs, attrs: Attrs) -> Any:
    x, t = specs
    check("softmax_cross_entropy", x, t)
    check_same("softmax_cross_entropy", x, t)
    return Spec(x.shape[:-1], x.dtype), x


def _xent_lower(e: Emitter, room: bool = True) -> None:
    (x, t), (loss, probs) = e.ins, e.outs
    n, c, block = rows(x)
    e.emit(
        f"softmax_cross_entropy_{x.t}",
        x.rd,
        t.rd,
        loss.wr,
        probs.wr,
        c,
        block,
        e.local((block + c) * x.itemsize) if room else 0,
        n=n,
        flops=(FLOPS + 6) * x.size,
    )


def _xent_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (x, t), (_, probs) = node.inputs, node.outputs
    gx = gt = None
    if gys[0] is not None:
        gx = softmax_cross_entropy_grad(probs, t, gys[0])
        gt = R.negative(R.multiply(log_softmax_op(x), R.expand_dims(gys[0], axis=-1)))
    if gys[1] is not None:
        more = softmax_grad(gys[1], probs)
        gx = more if gx is None else R.add(gx, more)
    return [gx, gt]


def _xent_cases(draw: Draw) -> Any:
    shape = draw_shape(draw)
    return Case([Array(shape, low=-5, high=5), Array(shape, low=0.05, high=1)], tolerance=2.0)


softmax_cross_entropy = register(
    Op(
        name="softmax_cross_entropy",
        inputs=("x", "t"),
        infer=_xent_infer,
        lower=_xent_lower,
        cuda=lambda e: _xent_lower(e, room=False),
        vjp=_xent_vjp,
        reference=reference.softmax_cross_entropy,
        cases=_xent_cases,
        invalid=[
            ([Spec((2, 3), "float32"), Spec((2, 4), "float32")], {}, ShapeError),
            ([Spec((2, 3), "float32"), Spec((2, 3), "float64")], {}, DTypeError),
        ],
        cost=cost(FLOPS + 6),
        doc="loss = -sum(t log_softmax(x)) per row, probs = softmax(x); outputs loss, probs",
    )
)


def _xent_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    p, t, gy = specs
    check("softmax_cross_entropy_grad", p, t, gy)
    check_same("softmax_cross_entropy_grad", p, t)
    check_same("softmax_cross_entropy_grad", Spec(p.shape[:-1], p.dtype), gy, "gy")
    return p


def _xent_grad_lower(e: Emitter) -> None:
    (p, t, gy), gx = e.ins, e.outs[0]
    n, c, _ = rows(p)
    e.emit(f"softmax_cross_entropy_grad_{p.t}", p.rd, t.rd, gy.rd, gx.wr, c, n=n, flops=4 * p.size)


def _xent_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (p, t, gy), g = node.inputs, gys[0]
    total, gy = row_sum(t), R.expand_dims(gy, axis=-1)
    return [
        R.multiply(R.multiply(g, total), gy),
        R.multiply(gy, R.subtract(row_sum(R.multiply(g, p)), g)),
        R.sum(R.multiply(g, R.subtract(R.multiply(p, total), t)), axis=-1),
    ]


def _xent_grad_cases(draw: Draw) -> Any:
    shape = draw_shape(draw)
    return Case([Array(shape, low=0.05, high=1), Array(shape, low=0.05, high=1), Array(shape[:-1])])


softmax_cross_entropy_grad = register(
    Op(
        name="softmax_cross_entropy_grad",
        inputs=("probs", "t", "gy"),
        infer=_xent_grad_infer,
        lower=_xent_grad_lower,
        cuda=_xent_grad_lower,
        vjp=_xent_grad_vjp,
        inplace={0: 0},
        reference=reference.softmax_cross_entropy_grad,
        cases=_xent_grad_cases,
        invalid=[([Spec((2, 3), "float32"), Spec((2, 3), "float32"), Spec((3,), "float32")], {}, ShapeError)],
        cost=cost(4),
        fusion=Fusion(probabilities=True),
        doc="gx = (probs sum(t) - t) gy",
    )
)


def _sparse_infer(specs: Specs, attrs: Attrs) -> Any:
    x, labels = specs
    check("sparse_softmax_cross_entropy", x)
    check_labels("sparse_softmax_cross_entropy", x, labels)
    return Spec(x.shape[:-1], x.dtype), x


def _sparse_lower(e: Emitter, room: bool = True) -> None:
    (x, labels), (loss, probs) = e.ins, e.outs
    n, c, block = rows(x)
    e.emit(
        f"sparse_softmax_cross_entropy_{x.t}",
        x.rd,
        labels.rd_all,
        loss.wr,
        probs.wr,
        c,
        block,
        e.local(block * x.itemsize) if room else 0,
        n=n,
        flops=(FLOPS + 2) * x.size,
    )


def _sparse_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (_, labels), (_, probs) = node.inputs, node.outputs
    gx = None if gys[0] is None else sparse_softmax_cross_entropy_grad(probs, labels, gys[0])
    if gys[1] is not None:
        more = softmax_grad(gys[1], probs)
        gx = more if gx is None else R.add(gx, more)
    return [gx, None]


def _sparse_cases(draw: Draw) -> Any:
    shape = draw_shape(draw)
    return Case([Array(shape, low=-5, high=5), draw_labels(shape)], tolerance=2.0)


sparse_softmax_cross_entropy = register(
    Op(
        name="sparse_softmax_cross_entropy",
        inputs=("x", "labels"),
        infer=_sparse_infer,
        lower=_sparse_lower,
        cuda=lambda e: _sparse_lower(e, room=False),
        vjp=_sparse_vjp,
        reference=reference.sparse_softmax_cross_entropy,
        cases=_sparse_cases,
        invalid=[
            ([Spec((2, 3), "float32"), Spec((3,), "int64")], {}, ShapeError),
            ([Spec((2, 3), "float32"), Spec((2,), "float32")], {}, DTypeError),
        ],
        cost=cost(FLOPS + 2),
        doc="loss = -log_softmax(x)[label] per row, probs = softmax(x); a label outside [0, classes) is a KernelError; "
        "outputs loss, probs",
    )
)


def _sparse_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    p, labels, gy = specs
    check("sparse_softmax_cross_entropy_grad", p, gy)
    check_labels("sparse_softmax_cross_entropy_grad", p, labels)
    check_same("sparse_softmax_cross_entropy_grad", Spec(p.shape[:-1], p.dtype), gy, "gy")
    return p


def _sparse_grad_lower(e: Emitter) -> None:
    (p, labels, gy), gx = e.ins, e.outs[0]
    n, c, _ = rows(p)
    e.emit(f"sparse_softmax_cross_entropy_grad_{p.t}", p.rd, labels.rd, gy.rd, gx.wr, c, n=n, flops=2 * p.size)


def _sparse_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (p, labels, gy), g = node.inputs, gys[0]
    onehot = R.one_hot(labels, num_classes=p.shape[-1], dtype=p.dtype)
    return [R.multiply(g, R.expand_dims(gy, axis=-1)), None, R.sum(R.multiply(g, R.subtract(p, onehot)), axis=-1)]


def _sparse_grad_cases(draw: Draw) -> Any:
    shape = draw_shape(draw)
    return Case([Array(shape, low=0.05, high=1), draw_labels(shape), Array(shape[:-1])])


sparse_softmax_cross_entropy_grad = register(
    Op(
        name="sparse_softmax_cross_entropy_grad",
        inputs=("probs", "labels", "gy"),
        infer=_sparse_grad_infer,
        lower=_sparse_grad_lower,
        cuda=_sparse_grad_lower,
        vjp=_sparse_grad_vjp,
        inplace={0: 0},
        reference=reference.sparse_softmax_cross_entropy_grad,
        cases=_sparse_grad_cases,
        invalid=[([Spec((2, 3), "float32"), Spec((2,), "int64"), Spec((3,), "float32")], {}, ShapeError)],
        cost=cost(2),
        fusion=Fusion(probabilities=True),
        doc="gx = (probs - onehot(label)) gy",
    )
)
