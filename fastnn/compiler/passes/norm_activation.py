"""Normalisation with activation: one pass over the data forward, and one gradient less to write backward."""

from typing import Any

from fastnn.compiler.graph import Graph, Inputs, Rewritten, copy_with, make, rewrite
from fastnn.graph.node import Node, Symbol
from fastnn.ops.op import REGISTRY


def norm_activations(graph: Graph) -> Graph:
    """Normalisation -> activation, and the activation's gradient -> the normalisation's, become one node each.

    Only where nobody else reads what lies between; loops are merged, the arithmetic stays (equal bits).
    """
    readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
    kept = set(graph.kept())

    def alone(s: Symbol) -> bool:
        return readers.get(s, 0) == 1 and s not in kept

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        says = node.op.fusion
        if says.function:
            norm, attr = inputs[0].node, inputs[0].node.op.fusion.activation
            if (
                attr
                and len(norm.outputs) > 1
                and inputs[0].index == 0
                and norm.attrs[attr] is None
                and alone(node.inputs[0])
            ):
                fused = make(norm.op, norm.inputs, {**norm.attrs, attr: says.function}, norm)
                moved[norm] = fused
                return [fused, (fused.outputs[0],)]
        if says.activation_grad is not None:
            attr, gy, y = says.activation_grad
            before = inputs[gy].node
            of = before.op.fusion.gradient_of
            function = REGISTRY[of].fusion.function if of else ""
            if function and node.attrs[attr] is None and alone(node.inputs[gy]):
                new = list(inputs)
                new[gy], new[y] = before.inputs
                fused = make(node.op, new, {**node.attrs, attr: function}, node)
                return [fused, fused.outputs]
        return None

    moved: dict[Node, Node] = {}
    graph = rewrite(graph, visit)
    if not moved:
        return graph
    return _statistics_from(graph, moved)


def _statistics_from(graph: Graph, moved: dict[Node, Node]) -> Graph:
    """Let readers of the old node's mean and variance read the fused node's, which then is moved to its place."""
    swap = {o: n for old, new in moved.items() for o, n in zip(old.outputs[1:], new.outputs[1:])}
    placed, order = set(moved.values()), []
    for node in graph.nodes:
        if node in moved:
            order.append(moved[node])
        elif node not in placed:
            order.append(node)

    fresh: dict[Any, Any] = {}  # a fused node that reads another one's statistics is copied, too

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        wanted = tuple(fresh.get(s, s) for s in (swap.get(s, s) for s in inputs))
        if wanted == node.inputs:
            return None
        copy = copy_with(node, wanted)
        fresh.update(zip(node.outputs, copy.outputs))
        return [copy, copy.outputs]

    return rewrite(
        Graph(
            order, [swap.get(s, s) for s in graph.outputs], [(v, swap.get(s, s)) for v, s in graph.updates], graph.marks
        ),
        visit,
    )
