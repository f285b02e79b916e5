"""Operations that move elements: shapes, order, joining and splitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import normalize_axis, product
from fastnn.core.types import Attrs, Dims
from fastnn.graph.fusion import Fusion
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import movement as reference
from fastnn.ops.forms import BITS, draw_shape, moved_bytes, strides, zeros
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Infer, Op, Specs, Vjp, register
from fastnn.ops.records.copying import emit_copy, emit_fill

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


# ------------------------------------------------------------------ shapes: the memory stays
def _reshape_infer(specs: Specs, attrs: Attrs) -> Any:
    shape, wanted = specs[0].shape, attrs["shape"]
    if any(d < -1 for d in wanted):
        raise ShapeError(f"reshape: each size must be a non-negative integer, or -1. Received: newshape={wanted}")
    if sum(d == -1 for d in wanted) > 1:
        raise ShapeError(f"reshape: there may be at most one unknown dimension (-1). Received: newshape={wanted}")
    known = product(d for d in wanted if d != -1)
    if None in shape:
        rest = product(d for d in shape if d is not None)
        # without -1 the target says how many elements there will be
        if (known % rest if rest else known) if -1 not in wanted else not known or (rest % known and known % rest):
            raise ShapeError(
                f"reshape: received the target shape {wanted} for a value of shape {shape}, whose known sizes do not "
                "divide it. Write -1 for the dimension that depends on what is not known."
            )
        return Spec(tuple(None if d == -1 else d for d in wanted), specs[0].dtype)
    size = product(shape)
    fits = known == size if -1 not in wanted else known > 0 and size % known == 0
    if not fits:
        raise ShapeError(
            f"The total size of the tensor must be unchanged. Received: input_shape={shape}, newshape={wanted}. "
            f"reshape: {size} elements do not fill the target shape."
        )
    return Spec(tuple(size // known if d == -1 else d for d in wanted), specs[0].dtype)


def _like_input(node: Node, gys: Gradients) -> Sequence[Any]:
    return [_reshape(gys[0], shape=node.inputs[0].shape)]


def _reshape_cases(draw: Draw) -> Any:
    shape = tuple(draw.integer(1, 4) for _ in range(draw.integer(1, 3)))
    target = draw.choice(((product(shape),), (-1,), (1, *shape[::-1]), (*shape, 1), (shape[0], -1)))
    return Case([Array(shape)], {"shape": target})


def _alias(
    name: str, infer: Infer, cases: Any, bad: Any, vjp: Vjp | None = _like_input, doc: str = "", reshapes: str = ""
) -> Any:
    return register(
        Op(
            name=name,
            inputs=("x",),
            attrs=dict.fromkeys(bad, REQUIRED),
            infer=infer,
            alias={0: 0},
            vjp=vjp,
            reference=getattr(reference, name),
            cases=cases,
            cost=lambda specs, outs, attrs: (0, 0),
            doc=doc,
            fusion=Fusion(repeats=True, reshapes=reshapes),
            invalid=[([Spec((2, 3), "float32")], bad, ShapeError)],
        )
    )


_reshape = _alias(
    "reshape", _reshape_infer, _reshape_cases, {"shape": (4, 2)}, doc="the same memory, another shape", reshapes="shape"
)


def _axes(axis: int, rank: int) -> Any:
    """Axes of a result of `rank` dimensions, sorted."""
    axes = sorted(normalize_axis(a, rank) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"axis: received {axis}, which names a dimension twice.")
    return axes


def _expand_infer(specs: Specs, attrs: Attrs) -> Any:
    axis = attrs["axis"]
    shape = list(specs[0].shape)
    for a in _axes(axis, len(shape) + (len(axis) if isinstance(axis, tuple) else 1)):
        shape.insert(a, 1)
    return Spec(tuple(shape), specs[0].dtype)


def _squeeze_infer(specs: Specs, attrs: Attrs) -> Any:
    shape, axis = specs[0].shape, attrs["axis"]
    axes = [i for i, d in enumerate(shape) if d == 1] if axis is None else _axes(axis, len(shape))
    if any(shape[a] != 1 for a in axes):
        raise ShapeError(f"Cannot squeeze axis={axis}, because the dimension is not 1. Received: x.shape={shape}")
    return Spec(tuple(d for i, d in enumerate(shape) if i not in axes), specs[0].dtype)


_expand_dims = _alias(
    "expand_dims",
    _expand_infer,
    lambda draw: Case([Array((2, 3))], {"axis": draw.choice((0, 1, -1, (0, 2)))}),
    {"axis": 7},
    doc="dimensions of size 1 added",
)
_squeeze = _alias(
    "squeeze",
    _squeeze_infer,
    lambda draw: Case([Array((1, 3, 1))], {"axis": draw.choice((0, 2, -1, (0, 2), None))}),
    {"axis": 0},
    doc="dimensions of size 1 removed",
)


# ------------------------------------------------------------------ order and repetition
def _transpose_infer(specs: Specs, attrs: Attrs) -> Any:
    shape, axes = specs[0].shape, attrs["axes"]
    if sorted(axes) != list(range(len(shape))):
        raise ShapeError(f"transpose: received axes {axes} for the shape {shape}, expected each of its axes once.")
    return Spec(tuple(shape[a] for a in axes), specs[0].dtype)


def _transpose_lower(e: Emitter) -> None:
    x, y, own = e.ins[0], e.outs[0], strides(e.ins[0].shape)
    emit_copy(e, x, y, y.shape, tuple(own[a] for a in e.attrs["axes"]), strides(y.shape))


def _transpose_cases(draw: Draw) -> Any:
    rank = draw.integer(1, 4)
    axes, left = [], list(range(rank))
    while left:
        axes.append(left.pop(draw.integer(0, len(left) - 1)))
    largest = draw.choice((4, 20)) if rank < 4 else 4
    return Case([Array(tuple(draw.integer(1, largest) for _ in range(rank)))], {"axes": tuple(axes)})


_transpose: Op = register(
    Op(
        name="transpose",
        inputs=("x",),
        attrs={"axes": REQUIRED},
        infer=_transpose_infer,
        lower=_transpose_lower,
        cuda=_transpose_lower,
        vjp=lambda n, g: [_transpose(g[0], axes=tuple(int(a) for a in np.argsort(n.attrs["axes"])))],
        reference=reference.transpose,
        fusion=Fusion(undoes=lambda mine, first: [first["axes"][a] for a in mine["axes"]] == sorted(mine["axes"])),
        cases=_transpose_cases,
        cost=moved_bytes,
        invalid=[([Spec((2, 3), "float32")], {"axes": (0, 0)}, ShapeError)],
        doc="y's dimension i is x's dimension axes[i]",
    )
)


# ------------------------------------------------------------------ joining and cutting
def _concatenate_infer(specs: Specs, attrs: Attrs) -> Any:
    first, rank = specs[0], len(specs[0].shape)
    if len({s.dtype for s in specs}) > 1:
        raise DTypeError(f"concatenate: received dtypes {', '.join(s.dtype for s in specs)}, expected one.")
    axis = normalize_axis(attrs["axis"], rank)
    shape = list(first.shape)
    for s in specs[1:]:
        if len(s.shape) != rank or any(
            a is not None and b is not None and a != b
            for i, (a, b) in enumerate(zip(s.shape, first.shape))
            if i != axis
        ):
            raise ShapeError(
                "Every value in `xs` must have the same shape except on the `axis` dim. But found element of shape "
                f"{s.shape}, which is different from the first element's shape {first.shape}. concatenate: all sizes "
                f"but those along axis {attrs['axis']} must be equal."
            )
        shape = [a if a is not None else b for a, b in zip(shape, s.shape)]
    sizes = [s.shape[axis] for s in specs]
    shape[axis] = None if None in sizes else sum(sizes)
    return Spec(tuple(shape), first.dtype)


def _rows(shape: Dims, axis: int) -> Any:
    """(number of rows, elements of a row per index) when everything from `axis` on is a row."""
    return product(shape[:axis]), product(shape[axis + 1 :])


def _concatenate_lower(e: Emitter) -> None:
    y = e.outs[0]
    axis = e.attrs["axis"] % len(y.shape)
    rows, inner = _rows(y.shape, axis)
    if rows == 1:
        start = 0
        for x in e.ins:
            e.emit(f"copy_{y.t}", x.rd, y.part(start, x.nbytes).wr, n=x.size, elementwise=True)
            start += x.nbytes
        return
    args = []
    for x in e.ins:
        args += [x.rd, x.shape[axis] * inner]
    e.emit(f"concatenate_{BITS[y.itemsize]}", y.wr, len(e.ins), *args, n=rows)


def _concatenate_cases(draw: Draw) -> Any:
    shape = [draw.integer(1, 4) for _ in range(draw.integer(1, 3))]
    axis = draw.integer(-len(shape), len(shape) - 1)
    arrays = []
    for _ in range(draw.integer(1, 4)):
        shape[axis] = draw.integer(1, 5)
        arrays.append(Array(tuple(shape)))
    return Case(arrays, {"axis": axis})


_concatenate = register(
    Op(
        name="concatenate",
        inputs=("*xs",),
        attrs={"axis": -1},
        infer=_concatenate_infer,
        lower=_concatenate_lower,
        cuda=_concatenate_lower,
        vjp=lambda n, g: list(
            _split(g[0], sizes=tuple(x.shape[n.attrs["axis"]] for x in n.inputs), axis=n.attrs["axis"])
        ),
        reference=reference.concatenate,
        cases=_concatenate_cases,
        cost=moved_bytes,
        doc="the inputs one after the other along axis",
        invalid=[([Spec((2, 3), "float32"), Spec((3, 3), "float32")], {"axis": 1}, ShapeError)],
    )
)


def _split_infer(specs: Specs, attrs: Attrs) -> Any:
    x, sizes = specs[0], attrs["sizes"]
    axis = normalize_axis(attrs["axis"], len(x.shape))
    if sum(sizes) != x.shape[axis] or min(sizes, default=-1) < 0:
        raise ShapeError(
            f"split: received sizes {sizes} for axis {attrs['axis']} of the shape {x.shape}; they "
            "must add up to its size."
        )
    return tuple(Spec((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype) for n in sizes)


def _split_lower(e: Emitter) -> None:
    x = e.ins[0]
    axis = e.attrs["axis"] % len(x.shape)
    rows, inner = _rows(x.shape, axis)
    args = []
    for y in e.outs:
        args += [y.wr, y.shape[axis] * inner]
    e.emit(f"split_{BITS[x.itemsize]}", x.rd, len(e.outs), *args, n=rows)


def _split_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    gs = [zeros(y.shape, y.dtype) if g is None else g for g, y in zip(gys, node.outputs)]
    return [_concatenate(*gs, axis=node.attrs["axis"])]


def _split_cases(draw: Draw) -> Any:
    sizes = tuple(draw.integer(1, 3) for _ in range(draw.integer(1, 3)))
    shape = [draw.integer(1, 4) for _ in range(draw.integer(1, 3))]
    axis = draw.integer(0, len(shape) - 1)
    shape[axis] = sum(sizes)
    return Case([Array(tuple(shape))], {"sizes": sizes, "axis": axis})


_split: Op = register(
    Op(
        name="split",
        inputs=("x",),
        attrs={"sizes": REQUIRED, "axis": 0},
        infer=_split_infer,
        lower=_split_lower,
        cuda=_split_lower,
        vjp=_split_vjp,
        reference=reference.split,
        cases=_split_cases,
        cost=moved_bytes,
        doc="parts of the given sizes along axis",
        invalid=[([Spec((4, 3), "float32")], {"sizes": (1, 2)}, ShapeError)],
    )
)


_full_like = register(
    Op(
        name="full_like",
        inputs=("x",),
        attrs={"value": REQUIRED, "dtype": None},
        reference=reference.full_like,
        infer=lambda specs, attrs: Spec(specs[0].shape, dtypes.standardize(attrs["dtype"], specs[0].dtype)),
        lower=lambda e: emit_fill(e, e.outs[0], e.attrs["value"]),
        nondiff="a constant",
        cost=moved_bytes,
        cases=lambda draw: Case(
            [Array(draw_shape(draw))], {"value": draw.choice((0, 2)), "dtype": draw.choice((None, "int32", "bool"))}
        ),
        invalid=[([Spec((2,), "float32")], {"value": 0, "dtype": "quaternion"}, DTypeError)],
        doc="x's shape, one value",
    )
)
