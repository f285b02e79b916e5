"""What the shards of a batch have together, in the middle of their steps: a sum that all of them wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastnn.core import hooks
from fastnn.core.errors import DTypeError
from fastnn.core.types import Attrs
from fastnn.graph import current
from fastnn.graph.node import Node
from fastnn.graph.shard import Shard
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import state as reference
from fastnn.ops.forms import FLOATS, affine, check_dtype, draw_shape, unary_cost
from fastnn.ops.op import Array, Case, Gradients, Op, Specs, register


def _infer(specs: Specs, attrs: Attrs) -> Any:
    check_dtype("shard_sum", specs[0], FLOATS)
    return specs[0]


def _host(ins: Specs, outs: Specs, attrs: Attrs) -> None:
    outs[0][...] = hooks.call("shard_sum", ins[0], attrs["number"])


def _vjp(node: Node, gys: Gradients) -> Sequence[Any]:
    """Losses are means over shards: what one of a small shard asks for counts less for those of large ones."""
    weight, number = node.attrs["weight"], node.attrs["number"]
    g = gys[0] if weight == 1 else affine(gys[0], weight)
    g = shard_sum(g, number=-1 - number, weight=weight)
    return [g if weight == 1 else affine(g, 1 / weight)]


shard_sum: Op = register(
    Op(
        name="shard_sum",
        inputs=("x",),
        attrs={"number": 0, "weight": 1.0},
        infer=_infer,
        host=_host,
        cuda="its sums go through other processes",
        vjp=_vjp,
        reference=reference.shard_sum,
        cases=lambda draw: Case([Array(draw_shape(draw))]),
        cost=unary_cost(1),
        invalid=[([Spec((2,), "int32")], {}, DTypeError)],
        doc="the sum of x over the shards of a batch, in all of them; x itself where there is one",
    )
)


def shard() -> Shard | None:
    """Which part of a batch is traced, None for all of it.

    >>> shard()
    """
    trace = current()
    return None if trace is None else trace.extra.get("shard")


def over_shards(x: Any) -> Any:
    """The sum of a symbol over the shards of the batch; the symbol itself where it is not cut.

    >>> over_shards(3)
    3
    """
    part, trace = shard(), current()
    if part is None or trace is None:
        return x
    number = trace.extra["sums over shards"] = trace.extra.get("sums over shards", 0) + 1
    return shard_sum(x, number=number, weight=part.weight)
