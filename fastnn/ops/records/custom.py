"""A value whose gradient is what a user's function says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.types import Attrs
from fastnn.graph.node import Node
from fastnn.graph.spec import Spec
from fastnn.ops.forms import FLOATS, check_dtype, moved_bytes
from fastnn.ops.op import Array, Case, Gradients, Op, Specs, register


def _infer(specs: Specs, attrs: Attrs) -> Any:
    if not specs:
        raise ShapeError("custom_gradient: received no value, expected one and what it was calculated from.")
    check_dtype("custom_gradient", specs[0], (*FLOATS, "float16"))
    return specs[0]


def _vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    rule = node.attrs["rule"]
    if rule is None:
        return [gys[0], *[None] * (len(node.inputs) - 1)]
    return [None, *rule(node.inputs[1:], gys[0])]


custom_gradient = register(
    Op(
        name="custom_gradient",
        inputs=("y", "*xs"),
        attrs={"rule": None},
        infer=_infer,
        alias={0: 0},
        vjp=_vjp,
        reference=lambda y, *xs, rule: y,
        cost=moved_bytes,
        cases=lambda draw: Case([Array((2, 3)), Array((3,))]),
        invalid=[([Spec((2,), "int32")], {}, DTypeError)],
        doc="y itself; rule(xs, gy) gives the gradients of xs, and none goes to y",
    )
)
