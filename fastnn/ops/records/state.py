"""Operations of the training step itself: gradients side by side in one buffer, views of a buffer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import ShapeError
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
    # Most inputs were already produced at their place (see Lowering._place_views); the others are copied.
    out = e.outs[0]
    for x, offset in zip(e.ins, e.attrs["offsets"]):
        if x.buffer is not out.buffer:
            e.copy(x, out.part(offset * x.itemsize, x.nbytes))


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
