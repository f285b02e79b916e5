"""Cross-entropies of probabilities and of sigmoids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import nn as reference
from fastnn.ops.forms import affine
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records import second
from fastnn.ops.records import softmax as nn

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

EPSILON = {"epsilon": REQUIRED}
_EPS = {"epsilon": 1e-7}


# ------------------------------------------------------------------ element-wise
def _same_infer(name: str) -> Callable[..., Any]:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        for s in specs:
            if s.dtype not in ("float32", "float64") or s.dtype != specs[0].dtype:
                raise DTypeError(
                    f"{name}: received {', '.join(s.dtype for s in specs)}, expected one float dtype, "
                    "float32 or float64."
                )
            nn.check_same(name, specs[0], s)
        return specs[0]

    return infer


def _elementwise_lower(kernel: Any) -> Callable[..., Any]:
    def lower(e: Emitter) -> None:
        x = e.ins[0]
        e.emit(
            f"{kernel}_{x.t}",
            *(i.rd for i in e.ins),
            e.outs[0].wr,
            *(float(v) for v in e.attrs.values()),
            n=x.size,
            elementwise=True,
            flops=2 * nn.FLOPS * x.size,
        )

    return lower


def _pair_cases(low: float, high: float, extra: Any = False, attrs: dict[str, Any] | None = None) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        shape = nn.draw_shape(draw)
        return Case(
            [Array(shape, low=low, high=high), Array(shape, low=0, high=1)] + ([Array(shape)] if extra else []),
            dict(attrs or {}),
            tolerance=4.0,
        )

    return cases


def _pair_bad(attrs: dict[str, Any] | None = None, extra: Any = ()) -> Any:
    return [
        ([Spec((2, 3), "float32"), Spec((3, 2), "float32"), *extra], attrs or {}, ShapeError),
        ([Spec((2, 3), "float32"), Spec((2, 3), "int64"), *extra], attrs or {}, DTypeError),
    ]


_MORE = (Spec((2, 3), "float32"),)


def _sigmoid_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, t = node.inputs
    return [sigmoid_cross_entropy_grad(x, t, gys[0]), R.negative(R.multiply(x, gys[0]))]


sigmoid_cross_entropy = register(
    Op(
        name="sigmoid_cross_entropy",
        inputs=("x", "t"),
        infer=_same_infer("sigmoid_cross_entropy"),
        lower=_elementwise_lower("sigmoid_cross_entropy"),
        vjp=_sigmoid_vjp,
        elementwise=True,
        reference=reference.sigmoid_cross_entropy,
        cases=_pair_cases(-5, 5),
        invalid=_pair_bad(),
        cost=nn.cost(2 * nn.FLOPS),
        doc="y = max(x, 0) - x t + log(1 + exp(-|x|)) = -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x))",
    )
)


def _sigmoid_grad_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (x, t, gy), g = node.inputs, gys[0]
    s, both = R.sigmoid(x), R.multiply(g, gy)
    return [R.multiply(both, R.multiply(s, affine(s, -1.0, 1.0))), R.negative(both), R.multiply(g, R.subtract(s, t))]


sigmoid_cross_entropy_grad = register(
    Op(
        name="sigmoid_cross_entropy_grad",
        inputs=("x", "t", "gy"),
        infer=_same_infer("sigmoid_cross_entropy_grad"),
        lower=_elementwise_lower("sigmoid_cross_entropy_grad"),
        vjp=_sigmoid_grad_vjp,
        elementwise=True,
        reference=reference.sigmoid_cross_entropy_grad,
        cases=_pair_cases(-5, 5, True),
        invalid=_pair_bad(extra=_MORE),
        cost=nn.cost(nn.FLOPS + 4),
        doc="gx = (sigmoid(x) - t) gy",
    )
)


def _binary_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    p, t = node.inputs
    q = R.clip(p, lo=node.attrs["epsilon"], hi=1.0 - node.attrs["epsilon"])
    return [
        binary_crossentropy_grad(p, t, gys[0], **node.attrs),
        R.multiply(gys[0], R.subtract(R.log(affine(q, -1.0, 1.0)), R.log(q))),
    ]


binary_crossentropy_op = register(
    Op(
        name="binary_crossentropy",
        inputs=("p", "t"),
        attrs=EPSILON,
        infer=_same_infer("binary_crossentropy"),
        lower=_elementwise_lower("binary_crossentropy"),
        vjp=_binary_vjp,
        elementwise=True,
        reference=reference.binary_crossentropy,
        cases=_pair_cases(0.1, 0.9, attrs=_EPS),
        invalid=_pair_bad(_EPS),
        cost=nn.cost(2 * nn.FLOPS),
        fusion=Fusion(logits=("sigmoid", "sigmoid_cross_entropy")),
        doc="y = -(t log(q) + (1 - t) log(1 - q)), q = clip(p, epsilon, 1 - epsilon)",
    )
)

binary_crossentropy_grad = register(
    Op(
        name="binary_crossentropy_grad",
        inputs=("p", "t", "gy"),
        attrs=EPSILON,
        infer=_same_infer("binary_crossentropy_grad"),
        lower=_elementwise_lower("binary_crossentropy_grad"),
        vjp=second.by_parts(second.gradient_of(second.binary_crossentropy)),
        elementwise=True,
        reference=reference.binary_crossentropy_grad,
        cases=_pair_cases(0.1, 0.9, True, _EPS),
        invalid=_pair_bad(_EPS, _MORE),
        cost=nn.cost(6),
        fusion=Fusion(logits_grad=("sigmoid", "sigmoid_cross_entropy_grad")),
        doc="gp = (q - t) / (q (1 - q)) gy; 0 where p is clipped",
    )
)


# ------------------------------------------------------------------ nn.rows of probabilities
def _cce_infer(specs: Specs, attrs: Attrs) -> Any:
    p, t = specs
    nn.check("categorical_crossentropy", p, t)
    nn.check_same("categorical_crossentropy", p, t)
    return Spec(p.shape[:-1], p.dtype)


def _cce_lower(e: Emitter, room: bool = True) -> None:
    (p, t), loss = e.ins, e.outs[0]
    n, c, _ = nn.rows(p)
    e.emit(
        f"categorical_crossentropy_{p.t}",
        p.rd,
        t.rd,
        loss.wr,
        c,
        float(e.attrs["epsilon"]),
        e.local(c * p.itemsize) if room else 0,
        n=n,
        flops=nn.FLOPS * p.size,
    )


def _cce_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (p, t), eps = node.inputs, node.attrs["epsilon"]
    q = R.clip(R.divide(p, R.sum(p, axis=-1, keepdims=True)), lo=eps, hi=1.0 - eps)
    return [
        categorical_crossentropy_grad(p, t, gys[0], **node.attrs),
        R.negative(R.multiply(R.log(q), R.expand_dims(gys[0], axis=-1))),
    ]


def _rows_case(labels: Any, grad: Any) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        shape = nn.draw_shape(draw)
        target = nn.draw_labels(shape) if labels else Array(shape, low=0.05, high=1)
        return Case(
            [Array(shape, low=0.1, high=1), target] + ([Array(shape[:-1])] if grad else []), _EPS, tolerance=4.0
        )

    return cases


categorical_crossentropy_op = register(
    Op(
        name="categorical_crossentropy",
        inputs=("p", "t"),
        attrs=EPSILON,
        infer=_cce_infer,
        lower=_cce_lower,
        cuda=lambda e: _cce_lower(e, room=False),
        vjp=_cce_vjp,
        reference=reference.categorical_crossentropy,
        cases=_rows_case(False, False),
        invalid=[([Spec((2, 3), "float32"), Spec((2, 4), "float32")], _EPS, ShapeError)],
        cost=nn.cost(nn.FLOPS),
        fusion=Fusion(logits=("softmax", "softmax_cross_entropy")),
        doc="loss = -sum(t log(clip(p / sum(p), epsilon, 1 - epsilon))) per row",
    )
)


def _cce_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    p, t, gy = specs
    nn.check("categorical_crossentropy_grad", p, t, gy)
    nn.check_same("categorical_crossentropy_grad", p, t)
    nn.check_same("categorical_crossentropy_grad", Spec(p.shape[:-1], p.dtype), gy, "gy")
    return p


def _cce_grad_lower(e: Emitter, room: bool = True) -> None:
    (p, t, gy), gp = e.ins, e.outs[0]
    n, c, _ = nn.rows(p)
    e.emit(
        f"categorical_crossentropy_grad_{p.t}",
        p.rd,
        t.rd,
        gy.rd,
        gp.wr,
        c,
        float(e.attrs["epsilon"]),
        e.local(2 * c * p.itemsize) if room else 0,
        n=n,
        flops=10 * p.size,
    )


categorical_crossentropy_grad = register(
    Op(
        name="categorical_crossentropy_grad",
        inputs=("p", "t", "gy"),
        attrs=EPSILON,
        infer=_cce_grad_infer,
        lower=_cce_grad_lower,
        cuda=lambda e: _cce_grad_lower(e, room=False),
        vjp=second.by_parts(second.gradient_of(second.categorical_crossentropy)),
        reference=reference.categorical_crossentropy_grad,
        cases=_rows_case(False, True),
        invalid=[([Spec((2, 3), "float32"), Spec((2, 3), "float32"), Spec((3,), "float32")], _EPS, ShapeError)],
        cost=nn.cost(10),
        fusion=Fusion(logits_grad=("softmax", "softmax_cross_entropy_grad")),
        doc="u = -t / q, 0 where q = p / sum(p) is clipped; gp = (u - sum(u q)) / sum(p) gy",
    )
)


def _scce_infer(specs: Specs, attrs: Attrs) -> Any:
    p, labels = specs
    nn.check("sparse_categorical_crossentropy", p)
    nn.check_labels("sparse_categorical_crossentropy", p, labels)
    return Spec(p.shape[:-1], p.dtype)


def _scce_lower(e: Emitter) -> None:
    (p, labels), loss = e.ins, e.outs[0]
    n, c, _ = nn.rows(p)
    e.emit(
        f"sparse_categorical_crossentropy_{p.t}",
        p.rd,
        labels.rd,
        loss.wr,
        c,
        float(e.attrs["epsilon"]),
        n=n,
        flops=2 * p.size,
    )


sparse_categorical_crossentropy_op = register(
    Op(
        name="sparse_categorical_crossentropy",
        inputs=("p", "labels"),
        attrs=EPSILON,
        infer=_scce_infer,
        lower=_scce_lower,
        cuda=_scce_lower,
        vjp=lambda node, gys: [sparse_categorical_crossentropy_grad(*node.inputs, gys[0], **node.attrs), None],
        reference=reference.sparse_categorical_crossentropy,
        cases=_rows_case(True, False),
        invalid=[([Spec((2, 3), "float32"), Spec((2,), "float32")], _EPS, DTypeError)],
        cost=nn.cost(2),
        fusion=Fusion(logits=("softmax", "sparse_softmax_cross_entropy")),
        doc="loss = -log(clip(p[label] / sum(p), epsilon, 1 - epsilon)) per row; a label outside is a KernelError",
    )
)


def _scce_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    p, labels, gy = specs
    nn.check("sparse_categorical_crossentropy_grad", p, gy)
    nn.check_labels("sparse_categorical_crossentropy_grad", p, labels)
    nn.check_same("sparse_categorical_crossentropy_grad", Spec(p.shape[:-1], p.dtype), gy, "gy")
    return p


def _scce_grad_lower(e: Emitter) -> None:
    (p, labels, gy), gp = e.ins, e.outs[0]
    n, c, _ = nn.rows(p)
    e.emit(
        f"sparse_categorical_crossentropy_grad_{p.t}",
        p.rd,
        labels.rd,
        gy.rd,
        gp.wr,
        c,
        float(e.attrs["epsilon"]),
        n=n,
        flops=3 * p.size,
    )


sparse_categorical_crossentropy_grad: Op = register(
    Op(
        name="sparse_categorical_crossentropy_grad",
        inputs=("p", "labels", "gy"),
        attrs=EPSILON,
        infer=_scce_grad_infer,
        lower=_scce_grad_lower,
        cuda=_scce_grad_lower,
        vjp=second.by_parts(second.gradient_of(second.sparse_categorical_crossentropy)),
        reference=reference.sparse_categorical_crossentropy_grad,
        cases=_rows_case(True, True),
        invalid=[([Spec((2, 3), "float32"), Spec((2,), "int64"), Spec((3,), "float32")], _EPS, ShapeError)],
        cost=nn.cost(3),
        fusion=Fusion(logits_grad=("softmax", "sparse_softmax_cross_entropy_grad")),
        doc="gp = (1 - onehot / q) / sum(p) gy, 0 where q = p[label] / sum(p) is clipped",
    )
)
