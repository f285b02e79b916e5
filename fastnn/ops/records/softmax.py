"""Softmax over one axis, and the cross-entropies that start from logits (stable, with a one-pass gradient)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs, Dims
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import nn as reference
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, R, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

BLOCK = 2048  # elements of a block of rows: exp runs over all of them at once
FLOPS = 30  # of one exp, as the cost model counts
LABELS = "int64"


def check(name: str, x: Any, *others: Any) -> None:
    """x has a float type and a last axis; the others have its dtype."""
    if x.dtype not in ("float32", "float64") or any(s.dtype != x.dtype for s in others):
        raise DTypeError(
            f"{name}: received {', '.join(s.dtype for s in (x, *others))}, expected one float dtype, "
            "float32 or float64."
        )
    if len(x.shape) < 1 or x.shape[-1] in (0, None):
        raise ShapeError(f"{name}: received shape {x.shape}, expected at least one class on the last axis.")


def check_same(name: str, x: Any, t: Any, what: str = "target") -> None:
    """Both have one shape."""
    if x.shape != t.shape:
        raise ShapeError(f"{name}: received {what} of shape {t.shape}, expected {x.shape}.")


def check_labels(name: str, x: Any, labels: Any) -> None:
    """Integer labels, one for each row of x."""
    if labels.dtype != LABELS:
        raise DTypeError(f"{name}: received labels of dtype {labels.dtype}, expected {LABELS} (ops.cast converts).")
    if labels.shape != x.shape[:-1]:
        raise ShapeError(f"{name}: received labels of shape {labels.shape}, expected {x.shape[:-1]}, one for each row.")


def rows(x: Any) -> Any:
    """(rows, classes, rows of a block) of an operand."""
    c = x.shape[-1]
    return x.size // c, c, max(1, BLOCK // c)


def draw_shape(draw: Draw) -> Any:
    """Some rows of some classes."""
    c = draw.choice([1, 2, 3, 10, 33])
    return (draw.integer(1, 4), draw.integer(1, 3), c) if draw.boolean() else (draw.integer(1, 9), c)


def draw_labels(shape: Dims) -> Any:
    """Labels for `shape`."""
    return Array(shape[:-1], LABELS, 0, shape[-1] - 1)


def cost(flops: float) -> Any:
    """Cost function for `flops` per element of the first input."""
    return lambda specs, outs, attrs: (flops * specs[0].size, sum(s.nbytes for s in (*specs, *outs)))


# ------------------------------------------------------------------ softmax
def _infer(name: str) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        check(name, *specs)
        for s in specs[1:]:
            check_same(name, specs[0], s, "y")
        return specs[0]

    return infer


def _softmax_lower(e: Emitter, room: bool = True) -> None:
    x, y = e.ins[0], e.outs[0]
    n, c, block = rows(x)
    work = e.local(block * x.itemsize) if room else 0
    e.emit(f"softmax_{x.t}", x.rd, y.wr, c, block, work, n=n, flops=FLOPS * x.size)


def _log_softmax_lower(e: Emitter, room: bool = True) -> None:
    x, y = e.ins[0], e.outs[0]
    n, c, block = rows(x)
    work = e.local(block * (c + 1) * x.itemsize) if room else 0
    e.emit(f"log_softmax_{x.t}", x.rd, y.wr, c, block, work, n=n, flops=FLOPS * x.size)


def _grad_lower(kernel: Any) -> Callable[..., Any]:
    def lower(e: Emitter) -> None:
        (gy, y), gx = e.ins, e.outs[0]
        n, c, _ = rows(y)
        e.emit(f"{kernel}_{y.t}", gy.rd, y.rd, gx.wr, c, n=n, flops=4 * y.size)

    return lower


def row_sum(x: Any) -> Any:
    """Sums of the rows, which keep their axis."""
    return R.sum(x, axis=-1, keepdims=True)


def _softmax_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (gy, y), g = node.inputs, gys[0]
    first = R.multiply(g, R.subtract(gy, row_sum(R.multiply(gy, y))))
    return [softmax_grad(g, y), R.subtract(first, R.multiply(gy, row_sum(R.multiply(g, y))))]


def _log_softmax_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (gy, y), g = node.inputs, gys[0]
    p = R.exp(y)
    return [R.subtract(g, row_sum(R.multiply(p, g))), R.multiply(R.negative(R.multiply(g, p)), row_sum(gy))]


def _one_case(draw: Draw) -> Any:
    return Case([Array(draw_shape(draw), low=-5, high=5)])


def _grad_case(low: float, high: float) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        shape = draw_shape(draw)
        return Case([Array(shape), Array(shape, low=low, high=high)])

    return cases


_BAD: list[Any] = [([Spec((2, 3), "int32")], {}, DTypeError), ([Spec((), "float32")], {}, ShapeError)]
_BAD_GRAD: list[Any] = [([Spec((2, 3), "float32"), Spec((2, 4), "float32")], {}, ShapeError)]

softmax_op = register(
    Op(
        name="softmax",
        inputs=("x",),
        infer=_infer("softmax"),
        lower=_softmax_lower,
        cuda=lambda e: _softmax_lower(e, room=False),
        vjp=lambda node, gys: [softmax_grad(gys[0], node.output)],
        reference=reference.softmax,
        cases=_one_case,
        invalid=_BAD,
        cost=cost(FLOPS),
        doc="y = exp(x - max) / sum(exp(x - max)) over the last axis",
    )
)

softmax_grad: Op = register(
    Op(
        name="softmax_grad",
        inputs=("gy", "y"),
        infer=_infer("softmax_grad"),
        lower=_grad_lower("softmax_grad"),
        cuda=_grad_lower("softmax_grad"),
        vjp=_softmax_grad_vjp,
        reference=reference.softmax_grad,
        cases=_grad_case(0.0, 1.0),
        invalid=_BAD_GRAD,
        cost=cost(4),
        fusion=Fusion(gradient_of="softmax"),
        doc="gx = y (gy - sum(gy y))",
    )
)

log_softmax_op = register(
    Op(
        name="log_softmax",
        inputs=("x",),
        infer=_infer("log_softmax"),
        lower=_log_softmax_lower,
        cuda=lambda e: _log_softmax_lower(e, room=False),
        vjp=lambda node, gys: [log_softmax_grad(gys[0], node.output)],
        reference=reference.log_softmax,
        cases=_one_case,
        invalid=_BAD,
        cost=cost(FLOPS),
        doc="y = (x - max) - log(sum(exp(x - max))) over the last axis",
    )
)

log_softmax_grad: Op = register(
    Op(
        name="log_softmax_grad",
        inputs=("gy", "y"),
        infer=_infer("log_softmax_grad"),
        lower=_grad_lower("log_softmax_grad"),
        cuda=_grad_lower("log_softmax_grad"),
        vjp=_log_softmax_grad_vjp,
        reference=reference.log_softmax_grad,
        cases=_grad_case(-3.0, 0.0),
        invalid=_BAD_GRAD,
        cost=cost(FLOPS),
        doc="gx = gy - exp(y) sum(gy)",
    )
)
