"""Cross-entropies of softmax and sigmoid probabilities start from the logits instead.

-log(softmax(z)) loses everything once a probability rounds to 0 or 1, and its gradient is a quotient of two small
numbers; from the logits both are exact, and the gradient is one pass.  The formula changes: where probabilities are
clipped at epsilon the result differs (the clipped loss has no gradient there), elsewhere by rounding only.
"""

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.node import Node
from fastnn.ops.op import REGISTRY


def stable_losses(graph: Graph) -> Graph:
    """Rewrite loss(activation(z), t) to the loss from z, and the gradient chain to the one-pass gradient."""
    probabilities = {}

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if node.op.fusion.logits is not None:
            (p, t), (activation, loss) = inputs, node.op.fusion.logits
            if p.node.op.name != activation:
                return None
            z = p.node.inputs[0]
            new = make(REGISTRY[loss], (z, t), {}, node)
            if len(new.outputs) > 1:
                probabilities[z, t] = new.outputs[1]
            return [new, new.outputs[:1]]
        if node.op.fusion.gradient_of:
            gy, p = inputs
            activation, name = gy.node.op.fusion.logits_grad or ("", "")
            if activation != node.op.fusion.gradient_of or gy.node.inputs[0] is not p or not p.node.inputs:
                return None
            (_, t, g), z, op = gy.node.inputs, p.node.inputs[0], REGISTRY[name]
            new = make(op, (probabilities.get((z, t), p) if op.fusion.probabilities else z, t, g), {}, node)
            return [new, new.outputs]
        return None

    return rewrite(graph, visit)
