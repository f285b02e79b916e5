"""Order and counts: sorting, ranks, bins, places; in part by NumPy on the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, NotSupportedError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import host as reference
from fastnn.ops.forms import check_dtype, same_dtype, unary_cost, zero, zeros
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register
from fastnn.ops.records.indexing import INTS

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


SORTED = ("float32", "float64", *INTS)  # dtypes of the kernels; of others there are casts that keep the order


# ------------------------------------------------------------------ order
def _argsort_infer(specs: Specs, attrs: Attrs) -> Any:
    normalize_axis(attrs["axis"], len(specs[0].shape))
    return Spec(specs[0].shape, "int32")


def _argsort_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    outs[0][...] = np.argsort(ins[0], axis=attrs["axis"], kind="stable")


_argsort = register(
    Op(
        name="argsort",
        inputs=("x",),
        attrs={"axis": -1},
        infer=_argsort_infer,
        host=_argsort_host,
        cuda="NumPy sorts",
        nondiff="indices",
        reference=reference.argsort,
        cases=lambda draw: Case([Array((3, 5), distinct=True)], {"axis": draw.choice((-1, 0))}),
        cost=unary_cost(20),
        invalid=[([Spec((2,), "float32")], {"axis": 1}, ShapeError)],
        doc="the order in which values rise",
    )
)


def _top_infer(specs: Specs, attrs: Attrs) -> Any:
    shape = specs[0].shape
    if not shape or not 0 < attrs["k"] <= (shape[-1] or attrs["k"]):
        raise ShapeError(
            f"top_k: received k={attrs['k']} for a value of shape {shape}, expected 1 <= k <= the last size."
        )
    check_dtype("top_k", specs[0], SORTED)
    return Spec((*shape[:-1], attrs["k"]), "int32")


def _top_cases(draw: Draw) -> Any:
    dtype = draw.choice(("float", "float", "int32", "int64"))
    return Case([Array((3, 6), dtype, -9, 9, distinct=dtype == "float")], {"k": draw.integer(1, 6)})


def _top_lower(e: Emitter) -> None:
    x, y, k = e.ins[0], e.outs[0], e.attrs["k"]
    rows = y.size // k
    e.emit(f"top_k_{x.t}", x.rd, y.wr, x.shape[-1], k, n=rows, flops=4 * x.size)


_top = register(
    Op(
        name="top_k_indices",
        inputs=("x",),
        attrs={"k": REQUIRED},
        infer=_top_infer,
        lower=_top_lower,
        nondiff="indices",
        reference=reference.top_k_indices,
        cases=_top_cases,
        cost=unary_cost(20),
        invalid=[([Spec((2,), "float32")], {"k": 3}, ShapeError), ([Spec((2,), "uint8")], {"k": 1}, DTypeError)],
        doc="places of the k largest values, in falling order",
    )
)


def _search_infer(specs: Specs, attrs: Attrs) -> Any:
    if len(specs[0].shape) != 1 or attrs["side"] not in ("left", "right"):
        raise ShapeError(
            f"searchsorted: received a sequence of shape {specs[0].shape} and side={attrs['side']!r}; "
            "expected one dimension, and 'left' or 'right'."
        )
    same_dtype("searchsorted", specs, SORTED)
    return Spec(specs[1].shape, "int32")


def _search_lower(e: Emitter) -> None:
    (values, x), y = e.ins, e.outs[0]
    upto = int(e.attrs["side"] == "right")
    flops = 4 * x.size * max(values.size, 1).bit_length()
    e.emit(f"search_{x.t}", values.rd_all, x.rd, y.wr, values.size, upto, n=x.size, flops=flops)


_search = register(
    Op(
        name="searchsorted",
        inputs=("sorted_sequence", "values"),
        attrs={"side": "left"},
        infer=_search_infer,
        lower=_search_lower,
        nondiff="indices",
        reference=reference.searchsorted,
        cost=unary_cost(20),
        doc="where values would be inserted to keep the order",
        cases=lambda draw: Case([Array((1,)), Array((4,))], {"side": draw.choice(("left", "right"))}),
        invalid=[([Spec((2, 2), "float32"), Spec((2,), "float32")], {}, ShapeError)],
    )
)


def _bincount_infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("bincount", specs[0], INTS)
    if specs[1] is not None and specs[1].shape != specs[0].shape:
        raise ShapeError(f"bincount: received weights of shape {specs[1].shape} for values of shape {specs[0].shape}.")
    return Spec((*specs[0].shape[:-1], attrs["minlength"]), "int32" if specs[1] is None else specs[1].dtype)


def _bincount_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    x, weights = (*ins, None)[:2]
    n = attrs["minlength"]
    for k in np.ndindex(*x.shape[:-1]):
        inside = (x[k] >= 0) & (x[k] < n)
        outs[0][k] = np.bincount(x[k][inside], None if weights is None else weights[k][inside], n)


def _bincount_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """A weight's gradient is that of the bin that it is counted in."""
    x, weights = node.inputs
    if weights is None:
        return [None, None]
    limits = [np.asarray(n, dtypes.numpy_type(x.dtype)) for n in (0, node.attrs["minlength"] - 1)]
    place = R.minimum(R.maximum(x, limits[0]), limits[1])
    g = R.take_along_axis(gys[0], place, axis=len(x.shape) - 1)
    return [None, R.where(R.equal(place, x), g, zero(g))]


_bincount = register(
    Op(
        name="bincount",
        inputs=("x", "weights?"),
        attrs={"minlength": REQUIRED},
        infer=_bincount_infer,
        host=_bincount_host,
        cuda="NumPy counts",
        vjp=_bincount_vjp,
        reference=reference.bincount,
        cost=unary_cost(2),
        doc="how often each number below minlength occurs",
        cases=lambda draw: Case([Array((6,), "int32", 0, 3), draw.choice((None, Array((6,))))], {"minlength": 4}),
        invalid=[([Spec((2,), "float32"), None], {"minlength": 2}, DTypeError)],
    )
)

_REDUCE = {"add": np.add, "sum": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def _scatter_infer(specs: Specs, attrs: Attrs) -> Any:
    if attrs["reduction"] not in (None, *_REDUCE):
        raise ArgumentError(
            f"scatter_update: received reduction={attrs['reduction']!r}, expected None, 'add', 'max', 'min' or 'mul'."
        )
    x, indices, updates = specs
    depth = indices.shape[-1] if indices.shape else None
    fits = depth is not None and depth <= len(x.shape)
    if not fits or updates.shape != indices.shape[:-1] + x.shape[depth:] or updates.dtype != x.dtype:
        raise ShapeError(
            f"scatter_update: received indices {indices.shape} and updates {updates.shape} ({updates.dtype}) for a "
            f"value of shape {x.shape} ({x.dtype}); expected indices (..., k) of the first k dimensions, k <= "
            f"{len(x.shape)}, and updates (..., what they leave): "
            f"{indices.shape[:-1] + x.shape[depth:] if fits else 'not known for these indices'}."
        )
    if attrs["reduction"] is not None and x.dtype == "float16":
        raise DTypeError("scatter_update: received float16 to be combined, expected a dtype that is calculated in.")
    return x


def _scatter_host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    outs[0][...] = ins[0]
    places = tuple(np.moveaxis(ins[1], -1, 0))
    if attrs["reduction"] is None:
        outs[0][places] = ins[2]
    else:
        _REDUCE[attrs["reduction"]].at(outs[0], places, ins[2])


def _gathered(x: Any, indices: Any) -> Any:
    """The slices of x at indices (..., k) of its first k dimensions."""
    depth = indices.shape[-1]
    sizes = np.array(x.shape[:depth], np.int32)
    steps = np.array([int(np.prod(sizes[i + 1 :])) for i in range(depth)], np.int32)
    flat = R.sum(R.multiply(R.mod(indices, sizes), steps), axis=(len(indices.shape) - 1,))
    rows = R.reshape(x, shape=(int(np.prod(sizes)), *x.shape[depth:]))
    return R.take(rows, flat, axis=0)


def _scatter_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    (x, indices, updates), how, gy = node.inputs, node.attrs["reduction"], gys[0]
    if how == "mul":
        raise NotSupportedError(
            "scatter_update: reduction='mul' has no gradient; use fastnn.ops.multiply with ones elsewhere."
        )
    if how is None:
        none = zeros(updates.shape, updates.dtype)
        return [_scatter(gy, indices, none, reduction=None), None, _gathered(gy, indices)]
    if how in ("add", "sum"):
        return [gy, None, _gathered(gy, indices)]
    chosen = R.cast(R.equal(_gathered(node.output, indices), updates), dtype=x.dtype)
    kept = R.cast(R.equal(node.output, x), dtype=x.dtype)
    return [R.multiply(gy, kept), None, R.multiply(_gathered(gy, indices), chosen)]


def _scatter_cases(draw: Draw) -> Any:
    how = draw.choice((None, "add", "max", "min"))
    if draw.boolean():
        return Case([Array((5,)), Array((1, 1), "int32", -5, 4), Array((1,))], {"reduction": how})
    return Case([Array((3, 4, 2)), Array((1, 1, 2), "int32", 0, 2), Array((1, 1, 2))], {"reduction": how})


_scatter: Op = register(
    Op(
        name="scatter_update",
        inputs=("x", "indices", "updates"),
        attrs={"reduction": None},
        infer=_scatter_infer,
        host=_scatter_host,
        cuda="NumPy writes the places in their order",
        vjp=_scatter_vjp,
        reference=reference.scatter_update,
        cost=unary_cost(1),
        cases=_scatter_cases,
        doc="x with some places replaced, or combined with updates; indices (..., k) name slices of k dimensions",
        invalid=[([Spec((5,), "float32"), Spec((2, 2), "int32"), Spec((2,), "float32")], {}, ShapeError)],
    )
)
