"""Epilogues: bias and activation go into the product or convolution before them."""
from collections.abc import Callable

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.node import Node, Symbol

PRODUCTS = ("matmul", "conv2d")
ACTIVATIONS = ("relu", "sigmoid", "tanh")       # those that the kernels apply to a finished tile
BIAS = 2                                        # the optional third input of a product


def epilogues(graph: Graph) -> Graph:
    """product -> add(row of biases) -> activation becomes one node, where nobody else reads what is between."""
    readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
    kept = set(graph.kept())

    def alone(s: Symbol) -> bool:               # asked of the symbols as they were before this pass
        return readers.get(s, 0) == 1 and s not in kept

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        fused = None
        if node.op.name == "add":
            fused = _bias(node, inputs, alone)
        elif node.op.name in ACTIVATIONS and len(inputs) == 1 and alone(node.inputs[0]):
            fused = _activation(inputs[0].node, node.op.name)
        return None if fused is None else [fused, fused.outputs]
    return rewrite(graph, visit)


def _bias(node: Node, inputs: Inputs, alone: Callable[[Symbol], bool]) -> Node | None:
    for k in (0, 1):
        x, b = inputs[k], inputs[1 - k]
        product = x.node
        if (product.op.name in PRODUCTS and alone(node.inputs[k]) and product.attrs.get("activation") is None
                and (len(product.inputs) <= BIAS or product.inputs[BIAS] is None)
                and x.shape == node.output.shape and b.shape == x.shape[-1:] and b.dtype == x.dtype):
            return make(product.op, (*product.inputs[:BIAS], b), product.attrs, product)
    return None


def _activation(product: Node, activation: str) -> Node | None:
    if product.op.name in PRODUCTS and product.attrs.get("activation") is None:
        return make(product.op, product.inputs, {**product.attrs, "activation": activation}, product)
    return None
