"""The relu before a max-pooling: its gradient is taken at the pooled size.

relu_grad(max_pool_grad(g), y) = max_pool_grad(relu_grad(g, pooled y)): the gradient reaches only winners, and a
winner's value is the pooled value.  Two passes over the large array less, the same bits.
"""

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.node import Node


def pooled_relus(graph: Graph) -> Graph:
    """Swap the gradient of a gate and that of a pooling where the pooling's input is the gate's output."""
    readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
    kept = set(graph.kept())

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if not node.op.fusion.gate:
            return None
        g, y = inputs
        pooled = g.node
        if not pooled.op.fusion.routes or readers.get(node.inputs[0], 0) != 1 or node.inputs[0] in kept:
            return None
        forward = pooled.inputs[1].node
        if forward.op.name != pooled.op.fusion.routes or forward.inputs[0] is not y:
            return None
        before = make(node.op, (pooled.inputs[0], forward.outputs[0]), node.attrs, node)
        after = make(pooled.op, (before.output, pooled.inputs[1]), pooled.attrs, pooled)
        return [before, after, after.outputs]

    return rewrite(graph, visit)
