"""Gradients of branches, as branches whose sides rematerialize their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastnn.core import dtypes, hooks
from fastnn.graph.autodiff import gradients
from fastnn.graph.bodies import replayed
from fastnn.graph.loop import branch
from fastnn.graph.node import BRANCH, Node
from fastnn.graph.trace import active


def _branch_vjp(node: Node, gys: Sequence[Any], leads: Sequence[bool]) -> list[Any]:
    """The gradient of a branch is a branch whose sides rematerialize their values."""
    wanted = [k for k, lead in enumerate(leads) if lead and k and dtypes.is_inexact(node.inputs[k].dtype)]
    found: list[set[int]] = [set(), set()]

    def side(number: int) -> Callable[[], list[Any]]:
        def run() -> list[Any]:
            trace, body = active("cond"), node.payload[number]
            env = replayed(trace, body, [trace.symbol(s) for s in node.inputs[1:]], {})
            pairs = [(env[y], trace.symbol(g)) for y, g in zip(body.outputs, gys) if g is not None]
            xs = [env[body.inputs[k - 1]] for k in wanted]
            grads = gradients([y for y, _ in pairs], xs, [g for _, g in pairs])
            found[number].update(k for k, g in zip(wanted, grads) if g is not None)
            return [hooks.call("operator", "zeros", x.shape, x.dtype) if g is None else g for x, g in zip(xs, grads)]

        return run

    out = dict(zip(wanted, branch(node.inputs[0], side(0), side(1), name="cond")))
    return [out[k] if k in found[0] | found[1] else None for k in range(len(node.inputs))]


BRANCH.vjp = _branch_vjp
