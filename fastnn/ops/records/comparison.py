"""Comparisons, truth values, and the choice between two values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import binary as reference
from fastnn.ops.forms import BITS, broadcast_infer, check_dtype, is_constant, unary_cost, zero
from fastnn.ops.op import Array, Case, Draw, Gradients, Op, Specs, register
from fastnn.ops.records.broadcasting import binary, draw_broadcast, spread, unbroadcast

if TYPE_CHECKING:
    from fastnn.compiler.emit import Emitter

_less = binary("less", out="bool", nondiff="a truth value", doc="x < y")
_less_equal = binary("less_equal", out="bool", nondiff="a truth value", doc="x <= y")
_equal = binary("equal", out="bool", nondiff="a truth value", doc="x = y")
_not_equal = binary("not_equal", out="bool", nondiff="a truth value", doc="x differs from y (as NaN does from itself)")
_logical_and = binary("logical_and", allowed=("bool",), out="bool", nondiff="a truth value", doc="both")
_logical_or = binary("logical_or", allowed=("bool",), out="bool", nondiff="a truth value", doc="at least one")
_logical_xor = binary("logical_xor", allowed=("bool",), out="bool", nondiff="a truth value", doc="exactly one")


def _where_infer(specs: Specs, attrs: Attrs) -> Any:
    c, x, y = specs
    check_dtype("where", c, ("bool",))
    if x.dtype != y.dtype:
        raise DTypeError(f"where: received values of dtypes {x.dtype} and {y.dtype}, expected one dtype.")
    check_dtype("where", x, tuple(dtypes.TABLE))
    return Spec(broadcast_infer("where", specs), x.dtype)


def _where_lower(e: Emitter) -> None:
    z = e.outs[0]
    c, x, y = (spread(e, v, z.shape) for v in e.ins)
    e.emit(f"where_{BITS[z.itemsize]}", c.rd, x.rd, y.rd, z.wr, n=z.size, elementwise=True)


def _where_vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    c, x, y = node.inputs
    g, none = gys[0], zero(gys[0])
    return [
        None,
        None if is_constant(x) else unbroadcast(_where(c, g, none), x.shape),
        None if is_constant(y) else unbroadcast(_where(c, none, g), y.shape),
    ]


def _where_cases(draw: Draw) -> Any:
    a, b, c = draw_broadcast(draw, 3)
    return Case([Array(a, "bool"), Array(b), Array(c)])


_where = register(
    Op(
        name="where",
        inputs=("condition", "x", "y"),
        infer=_where_infer,
        lower=_where_lower,
        vjp=_where_vjp,
        elementwise=True,
        inplace={0: 1},
        reference=reference.where,
        cases=_where_cases,
        cost=unary_cost(),
        doc="z = x where condition, else y",
        invalid=[
            ([Spec((2,), "bool"), Spec((3,), "float32"), Spec((3,), "float32")], {}, ShapeError),
            ([Spec((2,), "float32"), Spec((2,), "float32"), Spec((2,), "float32")], {}, DTypeError),
        ],
    )
)
