"""Common subexpressions: the same operation on the same symbols is computed once."""

from typing import Any

from fastnn.compiler.graph import Graph, Inputs, Rewritten, copy_with, rewrite
from fastnn.graph.node import Leaf, Node


def common_subexpressions(graph: Graph) -> Graph:
    """Merge equal calls.  All randomness and state is in attributes and inputs, so equal calls give equal bits."""
    seen: dict[Any, Any] = {}

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if isinstance(node.op, Leaf) or node.op.structural:  # equal inputs may meet other bodies
            return None
        key = (node.op.name, inputs, tuple(node.attrs.values()))
        try:
            first = seen.setdefault(key, None)
        except TypeError:  # an attribute that cannot be hashed: leave the call alone
            return None
        if first is not None:
            return [first]
        if inputs == node.inputs:
            seen[key] = node.outputs
            return None
        copy = copy_with(node, inputs)
        seen[key] = copy.outputs
        return [copy, copy.outputs]

    return rewrite(graph, visit)
