"""Operations of the training step itself: gradients in one buffer, views of it, whether all numbers are finite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import state as reference
from fastnn.ops.op import REQUIRED, Array, Case, Draw, Gradients, Op, R, Specs, register

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter


def _flat_infer(specs: Specs, attrs: Attrs) -> Any:
    for s, offset in zip(specs, attrs["offsets"]):
        if s.dtype != specs[0].dtype or offset + s.size > attrs["size"]:
            raise ShapeError(
                f"flat_concat: an input of shape {s.shape} ({s.dtype}) at offset {offset} does not fit into "
                f"{attrs['size']} elements of {specs[0].dtype}."
            )
    return Spec((attrs["size"],), specs[0].dtype)


def _flat_lower(e: Emitter) -> None:
    # Most inputs were already produced at their place (see Lowering._place_views); the others are copied, as one that
    # comes twice must be: two layers before an Add have one and the same gradient.
    out = e.outs[0]
    for x, offset in zip(e.ins, e.attrs["offsets"]):
        place = out.part(offset * x.itemsize, x.nbytes)
        if not x.same_place(place):
            e.copy(x, place)


def _flat_cases(draw: Draw) -> Any:
    sizes = [draw.integer(1, 5) for _ in range(draw.integer(1, 3))]
    offsets = [sum(sizes[:i]) for i in range(len(sizes))]
    return Case([Array((n,)) for n in sizes], {"offsets": tuple(offsets), "size": sum(sizes)})


def _flat_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    return [
        R.reshape(R.strided_slice(gys[0], key=((o, o + x.size, None),)), shape=x.shape)
        for x, o in zip(node.inputs, node.attrs["offsets"])
    ]


flat_concat = register(
    Op(
        name="flat_concat",
        inputs=("*xs",),
        attrs={"offsets": REQUIRED, "size": REQUIRED},
        infer=_flat_infer,
        lower=_flat_lower,
        vjp=_flat_vjp,
        reference=reference.flat_concat,
        cases=_flat_cases,
        invalid=[([Spec((4,), "float32")], {"offsets": (2,), "size": 5}, ShapeError)],
        cost=lambda specs, outs, attrs: (0, 2 * outs[0].nbytes),
        doc="y[offset_i : offset_i + size_i] = x_i, flattened; offsets cover y without gaps",
    )
)


# ------------------------------------------------------------------ numbers that are none
ARMED = Spec((), "int64")
WATCHED = ("float32", "float64")  # the dtypes that are looked at


def _floats(name: str, specs: Specs) -> None:
    for s in specs:
        if s.dtype not in WATCHED:
            raise DTypeError(f"{name}: received dtype {s.dtype}, expected {' or '.join(WATCHED)}.")


def _guard_infer(specs: Specs, attrs: Attrs) -> Any:
    if specs[0] != ARMED:
        raise DTypeError(f"guard: received `armed` of {specs[0].shape} {specs[0].dtype}, expected () int64.")
    _floats("guard", specs[1:])
    return ARMED


def _guard_lower(e: Emitter) -> None:
    armed, *xs = e.ins
    # a scalar of the same dtype goes along with the first array: one call less in a step of a microsecond
    scalar = next((x for x in xs[1:] if x.size == 1 and x.t == xs[0].t), None)
    for x in xs:
        if x is not scalar:
            more = scalar if x is xs[0] else None
            e.emit(f"guard_{x.t}", armed.rd_all, x.rd, 0 if more is None else more.rd_all, n=x.size, flops=2 * x.size)
    if not armed.same_place(e.outs[0]):
        e.copy(armed, e.outs[0])


guard = register(
    Op(
        name="guard",
        inputs=("armed", "*xs"),
        infer=_guard_infer,
        lower=_guard_lower,
        nondiff="it passes nothing on",
        inplace={0: 0},
        reference=reference.guard,
        cases=lambda draw: Case([Array((), "int64", 0, 2)] + [Array((n,)) for n in (draw.integer(1, 70), 1)]),
        invalid=[([ARMED, Spec((3,), "int32")], {}, DTypeError), ([Spec((), "int32")], {}, DTypeError)],
        cost=lambda specs, outs, attrs: (2 * sum(s.size for s in specs[1:]), sum(s.nbytes for s in specs[1:])),
        guards=True,
        doc="armed; where that is not 0 and an element of an x is not finite, the step fails before it writes",
    )
)


def _first_infer(specs: Specs, attrs: Attrs) -> Any:
    _floats("first_not_finite", specs)
    return ARMED


def _first_lower(e: Emitter) -> None:
    x = e.ins[0]
    e.emit(f"first_not_finite_{x.t}", x.rd_all, x.size, e.outs[0].wr_all, n=1, flops=2 * x.size)


first_not_finite = register(
    Op(
        name="first_not_finite",
        inputs=("x",),
        infer=_first_infer,
        lower=_first_lower,
        cuda=_first_lower,
        nondiff="a position",
        reference=reference.first_not_finite,
        cases=lambda draw: Case([Array((draw.integer(0, 70),))]),
        invalid=[([Spec((3,), "int32")], {}, DTypeError)],
        cost=lambda specs, outs, attrs: (2 * specs[0].size, specs[0].nbytes),
        doc="2 i for the first infinite element i of x, 2 i + 1 where it is NaN, -1 where all are finite",
    )
)
