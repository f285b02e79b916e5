"""Operations that read places from data: rows by index, one-hot rows, the largest values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.blocks import SCATTER_ROWS
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Attrs, Dims
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import index as reference
from fastnn.ops.forms import BITS, FLOATS, check_dtype, moved_bytes
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, Specs, register
from fastnn.ops.records.cast import widened

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

INTS = ("int32", "int64")


def _indices(name: str, spec: Spec) -> None:
    check_dtype(f"{name} (indices)", spec, INTS)


def _around(shape: Dims, axis: int) -> Any:
    return product(shape[:axis]), product(shape[axis + 1 :])


# ------------------------------------------------------------------ take
def _take_infer(specs: Specs, attrs: Attrs) -> Any:
    x, index = specs
    _indices("take", index)
    axis = normalize_axis(attrs["axis"], len(x.shape))
    return Spec((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]), x.dtype)


def _take_lower(e: Emitter) -> None:
    (x, index), y = e.ins, e.outs[0]
    axis = e.attrs["axis"] % len(x.shape)
    outer, inner = _around(x.shape, axis)
    least = -x.shape[axis] if e.node.op.name == "take" else 0
    e.emit(
        f"take_{BITS[x.itemsize]}_{index.t}",
        x.rd_all,
        index.rd_all,
        y.wr,
        x.shape[axis],
        inner,
        index.size,
        least,
        n=outer * index.size,
    )


def _take_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, index = node.inputs
    axis = node.attrs["axis"] % len(x.shape)
    return [widened(_take_grad, gys[0], index, axis=axis, size=x.shape[axis]), None]


def _take_cases(draw: Draw) -> Any:
    shape = tuple(draw.integer(1, 5) for _ in range(draw.integer(1, 3)))
    axis = draw.integer(0, len(shape) - 1)
    index = tuple(draw.integer(1, 4) for _ in range(draw.integer(0, 2)))
    return Case([Array(shape), Array(index, draw.choice(INTS), -shape[axis], shape[axis] - 1)], {"axis": axis})


_take = register(
    Op(
        name="take",
        inputs=("x", "indices"),
        attrs={"axis": 0},
        infer=_take_infer,
        lower=_take_lower,
        cuda=_take_lower,
        vjp=_take_vjp,
        reference=reference.take,
        cases=_take_cases,
        doc="y[..., k, ...] = x[..., indices[k], ...]",
        cost=lambda specs, outs, attrs: (0, 2 * outs[0].nbytes + specs[1].nbytes),
        invalid=[
            ([Spec((2, 3), "float32"), Spec((2,), "float32")], {}, DTypeError),
            ([Spec((2, 3), "float32"), Spec((2,), "int32")], {"axis": 2}, ShapeError),
        ],
    )
)


def _rows_cases(draw: Draw) -> Any:
    table = draw.integer(1, 5), draw.integer(1, 5)
    index = tuple(draw.integer(1, 4) for _ in range(draw.integer(0, 2)))
    return Case([Array(table), Array(index, draw.choice(INTS), 0, table[0] - 1)], {})


table_rows = register(
    Op(
        name="table_rows",
        inputs=("table", "indices"),
        attrs={"axis": 0},
        infer=_take_infer,
        lower=_take_lower,
        cuda=_take_lower,
        vjp=_take_vjp,
        reference=reference.take,
        cases=_rows_cases,
        doc="y[k, ...] = table[indices[k], ...]; an index outside [0, rows) is a KernelError, also a negative one",
        cost=lambda specs, outs, attrs: (0, 2 * outs[0].nbytes + specs[1].nbytes),
        invalid=[([Spec((2, 3), "float32"), Spec((2,), "float32")], {}, DTypeError)],
    )
)


def _take_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    g, index = specs
    _indices("take_grad", index)
    check_dtype("take_grad", g, FLOATS)
    axis, k = attrs["axis"], len(index.shape)
    if g.shape[axis : axis + k] != index.shape:
        raise ShapeError(
            f"take_grad: received a gradient of shape {g.shape} for indices of shape {index.shape} at axis {axis}."
        )
    return Spec((*g.shape[:axis], attrs["size"], *g.shape[axis + k :]), g.dtype)


def _take_grad_lower(e: Emitter) -> None:
    (g, index), y = e.ins, e.outs[0]
    outer, inner = _around(y.shape, e.attrs["axis"])
    rows = outer * e.attrs["size"]
    # few chunks: each reads all the indices
    e.emit(
        f"take_grad_{g.t}_{index.t}",
        g.rd_all,
        index.rd_all,
        y.wr,
        e.attrs["size"],
        inner,
        index.size,
        n=rows,
        chunk=max(-(-rows // 4), 1) if y.nbytes + g.nbytes > 1 << 18 else rows,
    )


def _take_grad_cuda(e: Emitter) -> None:
    (g, index), y = e.ins, e.outs[0]
    rows = e.attrs["size"]
    outer, inner = _around(y.shape, e.attrs["axis"])
    e.emit(
        f"take_grad_blocks_{g.t}_{index.t}",
        g.rd_all,
        index.rd_all,
        y.wr_all,
        rows,
        inner,
        index.size,
        n=outer * -(-rows // SCATTER_ROWS),
    )


def _take_grad_cases(draw: Draw) -> Any:
    case = _take_cases(draw)
    x, index = case.inputs
    axis = case.attrs["axis"]
    shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
    return Case([Array(shape), index], {"axis": axis, "size": x.shape[axis]})


_take_grad = register(
    Op(
        name="take_grad",
        inputs=("gy", "indices"),
        attrs={"axis": REQUIRED, "size": REQUIRED},
        infer=_take_grad_infer,
        lower=_take_grad_lower,
        cuda=_take_grad_cuda,
        vjp=lambda n, g: [_take(g[0], n.inputs[1], axis=n.attrs["axis"]), None],
        reference=reference.take_grad,
        cases=_take_grad_cases,
        cost=moved_bytes,
        doc="gx = 0; gx[..., indices[k], ...] += gy[..., k, ...] in the order of k",
        invalid=[([Spec((2, 3), "float32"), Spec((3,), "int32")], {"axis": 0, "size": 4}, ShapeError)],
    )
)


# ------------------------------------------------------------------ take along an axis
def _along_infer(specs: Specs, attrs: Attrs) -> Any:
    x, index = specs
    _indices("take_along_axis", index)
    axis = normalize_axis(attrs["axis"], len(x.shape))
    if len(index.shape) != len(x.shape) or any(
        a != b and None not in (a, b) for i, (a, b) in enumerate(zip(x.shape, index.shape)) if i != axis
    ):
        raise ShapeError(
            f"take_along_axis: received indices of shape {index.shape} for a value of shape {x.shape}; "
            f"all sizes but those along axis {attrs['axis']} must be equal."
        )
    known = [n if n is not None or i == axis else d for i, (d, n) in enumerate(zip(x.shape, index.shape))]
    return Spec(tuple(known), x.dtype)


def _along_lower(e: Emitter) -> None:
    (x, index), y = e.ins, e.outs[0]
    axis = e.attrs["axis"] % len(x.shape)
    outer, inner = _around(x.shape, axis)
    e.emit(
        f"take_along_{BITS[x.itemsize]}_{index.t}", x.rd, index.rd, y.wr, x.shape[axis], inner, y.shape[axis], n=outer
    )


def _along_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    x, index = node.inputs
    axis = node.attrs["axis"] % len(x.shape)
    return [widened(_along_grad, gys[0], index, axis=axis, size=x.shape[axis]), None]


def _along_cases(draw: Draw) -> Any:
    shape = [draw.integer(1, 5) for _ in range(draw.integer(1, 3))]
    axis = draw.integer(0, len(shape) - 1)
    size = shape[axis]
    x = Array(tuple(shape))
    shape[axis] = draw.integer(1, 5)
    return Case([x, Array(tuple(shape), draw.choice(INTS), -size, size - 1)], {"axis": axis})


_along = register(
    Op(
        name="take_along_axis",
        inputs=("x", "indices"),
        attrs={"axis": -1},
        infer=_along_infer,
        lower=_along_lower,
        vjp=_along_vjp,
        reference=reference.take_along_axis,
        cases=_along_cases,
        cost=moved_bytes,
        doc="y[.., k, ..] = x[.., indices[.., k, ..], ..]",
        invalid=[([Spec((2, 3), "float32"), Spec((3, 1), "int32")], {"axis": 1}, ShapeError)],
    )
)


def _along_grad_infer(specs: Specs, attrs: Attrs) -> Any:
    g, index = specs
    _indices("take_along_axis_grad", index)
    check_dtype("take_along_axis_grad", g, FLOATS)
    if g.shape != index.shape:
        raise ShapeError(
            f"take_along_axis_grad: received a gradient of shape {g.shape} for indices of shape {index.shape}."
        )
    axis = attrs["axis"]
    return Spec((*g.shape[:axis], attrs["size"], *g.shape[axis + 1 :]), g.dtype)


def _along_grad_lower(e: Emitter) -> None:
    (g, index), y = e.ins, e.outs[0]
    outer, inner = _around(y.shape, e.attrs["axis"])
    e.emit(
        f"take_along_grad_{g.t}_{index.t}",
        g.rd,
        index.rd,
        y.wr,
        e.attrs["size"],
        inner,
        g.shape[e.attrs["axis"]],
        n=outer,
    )


def _along_grad_cases(draw: Draw) -> Any:
    case = _along_cases(draw)
    x, index = case.inputs
    return Case([Array(index.shape), index], {"axis": case.attrs["axis"], "size": x.shape[case.attrs["axis"]]})


_along_grad = register(
    Op(
        name="take_along_axis_grad",
        inputs=("gy", "indices"),
        attrs={"axis": REQUIRED, "size": REQUIRED},
        infer=_along_grad_infer,
        lower=_along_grad_lower,
        vjp=lambda n, g: [_along(g[0], n.inputs[1], axis=n.attrs["axis"]), None],
        reference=reference.take_along_axis_grad,
        cases=_along_grad_cases,
        cost=moved_bytes,
        doc="gx = 0; gx[.., indices[.., k, ..], ..] += gy[.., k, ..]",
        invalid=[([Spec((2, 3), "float32"), Spec((2, 2), "int32")], {"axis": 1, "size": 4}, ShapeError)],
    )
)


# ------------------------------------------------------------------ one-hot, top k
def _one_hot_infer(specs: Specs, attrs: Attrs) -> Any:
    _indices("one_hot", specs[0])
    if attrs["num_classes"] < 1 or attrs["dtype"] not in ("float32", "float64", "int32", "bool", "uint8"):
        raise DTypeError(
            f"one_hot: received num_classes={attrs['num_classes']}, dtype={attrs['dtype']!r}; expected at "
            "least one class, and float32, float64, int32, uint8 or bool."
        )
    return Spec((*specs[0].shape, attrs["num_classes"]), attrs["dtype"])


_one_hot = register(
    Op(
        name="one_hot",
        inputs=("indices",),
        attrs={"num_classes": REQUIRED, "dtype": "float32"},
        infer=_one_hot_infer,
        lower=lambda e: e.emit(
            f"one_hot_{e.outs[0].t}_{e.ins[0].t}", e.ins[0].rd, e.outs[0].wr, e.attrs["num_classes"], n=e.ins[0].size
        ),
        nondiff="indices have no gradient",
        reference=reference.one_hot,
        cost=moved_bytes,
        cases=lambda draw: Case(
            [Array((draw.integer(1, 6),), draw.choice(INTS), -1, 5)],
            {"num_classes": draw.integer(1, 5), "dtype": draw.choice(("float32", "int32", "bool"))},
        ),
        invalid=[([Spec((2,), "float32")], {"num_classes": 3}, DTypeError)],
        doc="y[i, indices[i]] = 1, else 0; outside the range only 0",
    )
)


def _top_infer(specs: Specs, attrs: Attrs) -> Any:
    targets, x = specs
    _indices("in_top_k", targets)
    check_dtype("in_top_k", x, FLOATS)
    if len(x.shape) != 2 or targets.shape != x.shape[:1]:
        raise ShapeError(
            f"in_top_k: received targets of shape {targets.shape} and predictions of shape {x.shape}, "
            "expected (n,) and (n, classes)."
        )
    return Spec(targets.shape, "bool")


_in_top_k = register(
    Op(
        name="in_top_k",
        inputs=("targets", "predictions"),
        attrs={"k": REQUIRED},
        infer=_top_infer,
        nondiff="a truth value",
        lower=lambda e: e.emit(
            f"in_top_k_{e.ins[1].t}_{e.ins[0].t}",
            e.ins[0].rd,
            e.ins[1].rd,
            e.outs[0].wr,
            e.ins[1].shape[1],
            e.attrs["k"],
            n=e.ins[0].size,
        ),
        reference=reference.in_top_k,
        cost=lambda specs, outs, attrs: (specs[1].size, specs[1].nbytes),
        cases=lambda draw: Case(
            [Array((5,), draw.choice(INTS), 0, 3), Array((5, 4), distinct=True)], {"k": draw.integer(1, 4)}
        ),
        invalid=[([Spec((2,), "int32"), Spec((3, 4), "float32")], {"k": 1}, ShapeError)],
        doc="whether fewer than k predictions exceed that of the target",
    )
)
