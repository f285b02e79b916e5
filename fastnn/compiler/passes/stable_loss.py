"""Cross-entropies of softmax and sigmoid probabilities start from the logits instead.

-log(softmax(z)) loses everything once a probability rounds to 0 or 1, and its gradient is a quotient of two small
numbers; from the logits both are exact, and the gradient is one pass.  The formula changes: where probabilities are
clipped at epsilon the result differs (the clipped loss has no gradient there), elsewhere by rounding only.
"""
from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.node import Node
from fastnn.ops.op import REGISTRY

# loss of probabilities p -> (activation that made p, its gradient, the loss from logits)
RULES = {
    "categorical_crossentropy": ("softmax", "softmax_grad", "softmax_cross_entropy"),
    "sparse_categorical_crossentropy": ("softmax", "softmax_grad", "sparse_softmax_cross_entropy"),
    "binary_crossentropy": ("sigmoid", "sigmoid_grad", "sigmoid_cross_entropy"),
}
_BACKWARD = {(grad, f"{loss}_grad"): stable for loss, (_, grad, stable) in RULES.items()}


def stable_losses(graph: Graph) -> Graph:
    """Rewrite loss(activation(z), t) to the loss from z, and the gradient chain to the one-pass gradient."""
    probabilities = {}

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        rule = RULES.get(node.op.name)
        if rule is not None:
            p, t = inputs
            if p.node.op.name != rule[0]:
                return None
            z = p.node.inputs[0]
            new = make(REGISTRY[rule[2]], (z, t), {}, node)
            if len(new.outputs) > 1:
                probabilities[z, t] = new.outputs[1]
            return [new, new.outputs[:1]]
        if len(inputs) == 2:
            gy, p = inputs
            stable = _BACKWARD.get((node.op.name, gy.node.op.name)) if gy is not None else None
            if stable is None or gy.node.inputs[0] is not p or not p.node.inputs:
                return None
            t, g = gy.node.inputs[1:3]
            z = p.node.inputs[0]
            first = z if stable == "sigmoid_cross_entropy" else probabilities.get((z, t), p)
            new = make(REGISTRY[f"{stable}_grad"], (first, t, g), {}, node)
            return [new, new.outputs]
        return None
    return rewrite(graph, visit)
