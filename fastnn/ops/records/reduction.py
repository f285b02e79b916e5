"""Reductions of one axis of (outer, red, inner), whose sums have one fixed shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core.blocks import LANES
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import normalize_axes, normalize_axis, product
from fastnn.core.types import Attrs, Dims
from fastnn.graph.fusion import Algebra, Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import reduce as reference
from fastnn.ops.forms import FLOATS, NUMBERS, affine, check_dtype
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, Vjp, register
from fastnn.ops.records.cast import converted
from fastnn.ops.records.copying import emit_fill

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

ROW, COLUMNS, STRIPE = 4096, 512, 2048  # elements of a block of a row; rows, and columns, of a block of columns


# ------------------------------------------------------------------ lowering
def emit_reduce(
    e: Emitter, x: Any, y: Any, shape: Dims, axes: Any, kernel: Any, divisor: Any = 1.0, stripe: int = STRIPE
) -> None:
    """Fold the axes of x (row-major, of `shape`) into y, then divide; stripe: columns that an item reduces at most."""
    runs: list[list[Any]] = []  # [is reduced, size], neighbours alike joined
    for i, d in enumerate(shape):
        if d == 1:
            continue
        if runs and runs[-1][0] == (i in axes):
            runs[-1][1] *= d
        else:
            runs.append([i in axes, d])
    if not any(r for r, _ in runs):
        e.copy(x, y)
        return
    while True:
        k = max(i for i, (r, _) in enumerate(runs) if r)
        outer, red, inner = product(d for _, d in runs[:k]), runs[k][1], product(d for _, d in runs[k + 1 :])
        del runs[k]
        last = not any(r for r, _ in runs)
        target = y if last else _scratch(e, outer * inner, y)
        _reduce(e, x, target, outer, red, inner, kernel, divisor if last else 1.0, stripe, x.shape[0])
        if last:
            return
        x = target


def _scratch(e: Emitter, n: int, like: Any) -> Any:
    return e.scratch(n * like.itemsize).part(0, n * like.itemsize, like.dtype)


def _reduce(
    e: Emitter, x: Any, y: Any, outer: int, red: int, inner: int, kernel: Any, divisor: Any, stripe: int, images: int = 1
) -> None:
    block = ROW if inner == 1 else COLUMNS
    blocks = -(-red // block) if red > 2 * block else 1
    block = red if blocks == 1 else block
    target = y if blocks == 1 else _scratch(e, outer * blocks * inner, y)
    d = divisor if blocks == 1 else 1.0
    if inner == 1:
        e.emit(
            f"{kernel}_rows_{x.t}",
            x.rd if blocks == 1 else x.rd_all,
            target.wr,
            red,
            block,
            blocks,
            d,
            n=outer * blocks,
        )
    else:
        stripes = -(-inner // stripe)
        whole = outer == stripes == 1 and blocks > 1 and red % (images * block) == 0  # blocks are parts of images
        e.emit(
            f"{kernel}_cols_{x.t}",
            x.rd if whole else x.rd_all,
            target.wr if stripes == 1 else target.wr_all,
            red,
            inner,
            block,
            blocks,
            stripe,
            d,
            n=outer * blocks * stripes,
            parts=images if whole else None,
        )
    if blocks > 1:
        _reduce(e, target, y, outer, blocks, inner, kernel, divisor, stripe)


# ------------------------------------------------------------------ records
def _shape(shape: Dims, attrs: Attrs) -> Any:
    axes = normalize_axes(attrs["axis"], len(shape))
    if attrs["keepdims"]:
        return tuple(1 if i in axes else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in axes)


def _kept(node: Node) -> Any:
    """The shape of the result as if keepdims had been given."""
    return _shape(node.inputs[0].shape, {**node.attrs, "keepdims": True})


def _cases(kinds: Any, distinct: bool) -> Callable[..., Any]:
    def cases(draw: Draw) -> Any:
        shape = tuple(draw.integer(1, 5) for _ in range(draw.integer(1, 4)))
        shape = (draw.integer(100, 300),) if draw.integer(0, 5) == 5 else shape
        axis = draw.choice((None, 0, -1, "some"))
        if axis == "some":
            axis = tuple(i for i in range(len(shape)) if draw.boolean()) or (0,)
        kind = "float" if kinds[0] in FLOATS and draw.integer(0, 3) else draw.choice(kinds)
        kind = "float" if kind in FLOATS else kind
        return Case([Array(shape, kind, distinct=distinct)], {"axis": axis, "keepdims": draw.boolean()})

    return cases


def _reduction(
    name: str,
    kernel: Any,
    empty: Any,
    vjp: Vjp | None = None,
    allowed: Any = NUMBERS,
    mean: Any = False,
    distinct: bool = False,
    algebra: Algebra | None = None,
    **rest: Any,
) -> Any:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        check_dtype(name, specs[0], allowed)
        return Spec(_shape(specs[0].shape, attrs), specs[0].dtype)

    def lower(e: Emitter, stripe: int = STRIPE) -> None:
        x, y = e.ins[0], e.outs[0]
        axes = normalize_axes(e.attrs["axis"], len(x.shape))
        if x.size == 0:
            emit_fill(e, y, empty)
            return
        divisor = float(product(x.shape[a] for a in axes)) if mean else 1.0
        emit_reduce(e, x, y, x.shape, axes, kernel, divisor, stripe)

    return register(
        Op(
            name=name,
            inputs=("x",),
            attrs={"axis": None, "keepdims": False},
            infer=infer,
            lower=lower,
            cuda=lambda e: lower(e, LANES),
            vjp=vjp,
            reference=getattr(reference, name),
            cases=rest.pop("cases", None) or _cases(allowed, distinct),
            cost=lambda specs, outs, attrs: (specs[0].size, specs[0].nbytes + outs[0].nbytes),
            fusion=Fusion(algebra, reduces="axis"),
            invalid=[([Spec((2, 3), allowed[0])], {"axis": 2}, ShapeError), ([Spec((2, 3), "int8")], {}, DTypeError)],
            **rest,
        )
    )


def _repeated(g: Any, node: Node, scale: float = 1.0) -> Any:
    """A gradient of the result, in the shape of the input, times a number."""
    g, shape = R.reshape(g, shape=_kept(node)), node.inputs[0].shape
    g = g if scale == 1.0 else affine(g, scale)
    return g if g.shape == shape else R.broadcast_to(g, shape=shape)


def _sum_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [_repeated(gys[0], node)]


def _mean_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x = node.inputs[0]
    n = product(x.shape[a] for a in normalize_axes(node.attrs["axis"], len(x.shape)))
    return [_repeated(gys[0], node, 1.0 / max(n, 1))]


def _extreme_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """Shared evenly by the values that are equal to the extreme one."""
    x, kept = node.inputs[0], _kept(node)
    hits = converted(R.equal(x, R.reshape(node.output, shape=kept)), x.dtype)
    share = R.divide(R.reshape(gys[0], shape=kept), R.sum(hits, axis=node.attrs["axis"], keepdims=True))
    return [R.multiply(hits, share)]


_sum = _reduction("sum", "sum", 0, _sum_vjp, algebra=Algebra.TOTAL, doc="the sum along axes (all, if axis is None)")
_mean = _reduction(
    "mean", "sum", np.nan, _mean_vjp, FLOATS, mean=True, doc="the sum along axes, divided by the number of values"
)


_max = _reduction("max", "max", -np.inf, _extreme_vjp, distinct=True, doc="the largest value; NaN where there is one")
_min = _reduction("min", "min", np.inf, _extreme_vjp, distinct=True, doc="the smallest value; NaN where there is one")
_prod = _reduction(
    "prod",
    "prod",
    1,
    lambda n, g: [_prod_grad(n.inputs[0], R.reshape(g[0], shape=_kept(n)), axis=n.attrs["axis"])],
    doc="the product along axes",
)


_any = _reduction("any", "max", 0, allowed=("bool",), nondiff="a truth value", doc="whether one is true")
_all = _reduction("all", "min", 1, allowed=("bool",), nondiff="a truth value", doc="whether all are true")


def _prod_grad_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    """gy times the products of what comes before and after each value."""
    x, gy = ins
    axes = normalize_axes(attrs["axis"], x.ndim)
    order = [i for i in range(x.ndim) if i not in axes] + list(axes)
    rows = np.transpose(x, order).reshape(-1, product(x.shape[a] for a in axes))
    ones = np.ones((rows.shape[0], 1), x.dtype)
    before = np.cumprod(np.hstack([ones, rows[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([ones, rows[:, :0:-1]]), axis=1)[:, ::-1]
    product_ = (before * after).reshape([x.shape[i] for i in order])
    np.multiply(np.transpose(product_, np.argsort(order)), gy, out=outs[0])


_prod_grad: Op = register(
    Op(
        name="prod_grad",
        inputs=("x", "gy"),
        attrs={"axis": REQUIRED},
        infer=lambda specs, attrs: _check_gy(specs, attrs),
        host=_prod_grad_host,
        cuda="NumPy multiplies",
        vjp=lambda n, g: _prod_grad_vjp(n, g[0]),
        reference=lambda x, gy, axis: reference.prod_grad(x, gy, normalize_axes(axis, x.ndim)),
        cases=lambda draw: Case([Array((3, 4), low=0.2), Array((3, 1))], {"axis": 1}),
        cost=lambda specs, outs, attrs: (4 * specs[0].size, 4 * specs[0].nbytes),
        doc="gx = gy times the product of the other values",
        invalid=[([Spec((2, 3), "float32"), Spec((2,), "float32")], {"axis": 1}, ShapeError)],
    )
)


def _prod_grad_vjp(node: Node, g: Any) -> Sequence[Any]:
    x, gy = node.inputs
    axis = node.attrs["axis"]
    total = R.sum(R.multiply(g, _prod_grad(x, affine(gy, 0.0, 1.0), axis=axis)), axis=axis, keepdims=True)
    return [_prod_second(x, gy, g, axis=axis), R.reshape(total, shape=gy.shape)]


def _rows_along(x: Any, axis: Any) -> tuple[Any, list[int], list[int]]:
    """(x with the reduced values in rows, the order of its axes then, the shape in that order)."""
    axes = normalize_axes(axis, x.ndim)
    order = [i for i in range(x.ndim) if i not in axes] + list(axes)
    n = product(x.shape[a] for a in axes)
    return np.transpose(x, order).reshape(-1, n), order, [x.shape[i] for i in order]


def _dual_cumprod(x: Any, h: Any) -> tuple[Any, Any]:
    """Products of what comes before each value of a row, and their derivatives along h."""
    value, slope = np.ones_like(x), np.zeros_like(x)
    for j in range(1, x.shape[1]):
        value[:, j] = value[:, j - 1] * x[:, j - 1]
        slope[:, j] = slope[:, j - 1] * x[:, j - 1] + value[:, j - 1] * h[:, j - 1]
    return value, slope


def _prod_second_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    """gy times the derivative, along h, of the product of the other values."""
    x, gy, h = ins
    (rows, order, shape), (along, _, _) = _rows_along(x, attrs["axis"]), _rows_along(h, attrs["axis"])
    before, before_slope = _dual_cumprod(rows, along)
    after, after_slope = (a[:, ::-1] for a in _dual_cumprod(rows[:, ::-1], along[:, ::-1]))
    found = (before * after_slope + before_slope * after).reshape(shape)
    np.multiply(np.transpose(found, np.argsort(order)), gy, out=outs[0])


_prod_second: Op = register(
    Op(
        name="prod_second",
        inputs=("x", "gy", "h"),
        attrs={"axis": REQUIRED},
        infer=lambda specs, attrs: _check_gy(specs, attrs),
        host=_prod_second_host,
        cuda="NumPy multiplies",
        nondiff="third derivatives of products are not offered",
        reference=lambda x, gy, h, axis: reference.prod_second(x, gy, h, normalize_axes(axis, x.ndim)),
        cases=lambda draw: Case([Array((3, 4), low=0.2), Array((3, 1)), Array((3, 4))], {"axis": 1}),
        cost=lambda specs, outs, attrs: (8 * specs[0].size, 6 * specs[0].nbytes),
        doc="gx = gy times the derivative of the product of the other values along h",
        invalid=[([Spec((2, 3), "float32"), Spec((2,), "float32"), Spec((2, 3), "float32")], {"axis": 1}, ShapeError)],
    )
)


def _check_gy(specs: Specs, attrs: Attrs) -> Any:
    wanted = _shape(specs[0].shape, {"axis": attrs["axis"], "keepdims": True})
    if specs[1].shape != wanted:
        raise ShapeError(f"prod_grad: received a gradient of shape {specs[1].shape}, expected {wanted}.")
    return specs[0]


def _place(name: str) -> Any:
    def infer(specs: Specs, attrs: Attrs) -> Any:
        check_dtype(name, specs[0], NUMBERS)
        axis = normalize_axis(attrs["axis"], len(specs[0].shape))
        if specs[0].shape[axis] == 0:
            raise ShapeError(f"{name}: axis {attrs['axis']} of the shape {specs[0].shape} is empty.")
        return Spec(_shape(specs[0].shape, attrs), "int32")

    def lower(e: Emitter) -> None:
        x, y = e.ins[0], e.outs[0]
        axis = e.attrs["axis"] % len(x.shape)
        outer, inner = product(x.shape[:axis]), product(x.shape[axis + 1 :])
        e.emit(f"{name}_{x.t}", x.rd_all, y.wr, x.shape[axis], inner, n=outer * inner)

    def cases(draw: Draw) -> Any:
        shape = tuple(draw.integer(1, 5) for _ in range(draw.integer(1, 3)))
        return Case(
            [Array(shape, distinct=True)],
            {"axis": draw.integer(-len(shape), len(shape) - 1), "keepdims": draw.boolean()},
        )

    return register(
        Op(
            name=name,
            inputs=("x",),
            attrs={"axis": REQUIRED, "keepdims": False},
            infer=infer,
            lower=lower,
            nondiff="an index",
            reference=getattr(reference, name),
            cases=cases,
            cost=lambda specs, outs, attrs: (specs[0].size, specs[0].nbytes + outs[0].nbytes),
            invalid=[([Spec((2, 3), "float32")], {"axis": 2}, ShapeError)],
            doc="the index of the first " + name[3:] + "imum along axis",
        )
    )


_argmax, _argmin = _place("argmax"), _place("argmin")


def _cumsum_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("cumsum", specs[0], NUMBERS)
    normalize_axis(attrs["axis"], len(specs[0].shape))
    return specs[0]


def _cumsum_lower(e: Emitter) -> None:
    x, y = e.ins[0], e.outs[0]
    axis = e.attrs["axis"] % len(x.shape)
    outer, inner = product(x.shape[:axis]), product(x.shape[axis + 1 :])
    e.emit(
        f"cumsum_{x.t}",
        x.rd_all,
        y.wr_all,
        x.shape[axis],
        inner,
        int(e.attrs["reverse"]),
        STRIPE,
        n=outer * -(-inner // STRIPE),
    )


def _cumsum_cases(draw: Draw) -> Any:
    shape = tuple(draw.integer(1, 6) for _ in range(draw.integer(1, 3)))
    return Case(
        [Array(shape)], {"axis": draw.integer(-len(shape), len(shape) - 1), "reverse": draw.boolean()}, tolerance=4.0
    )


_cumsum: Op = register(
    Op(
        name="cumsum",
        inputs=("x",),
        attrs={"axis": REQUIRED, "reverse": False},
        infer=_cumsum_infer,
        lower=_cumsum_lower,
        vjp=lambda n, g: [_cumsum(g[0], axis=n.attrs["axis"], reverse=not n.attrs["reverse"])],
        reference=reference.cumsum,
        cases=_cumsum_cases,
        cost=lambda specs, outs, attrs: (specs[0].size, 2 * specs[0].nbytes),
        doc="running sums along axis",
        invalid=[([Spec((2, 3), "float32")], {"axis": 2}, ShapeError)],
    )
)
