"""Epilogues: bias and activation go into the product or convolution before them."""

from collections.abc import Callable

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.fusion import Algebra
from fastnn.graph.node import Node, Symbol


def epilogues(graph: Graph) -> Graph:
    """product -> add(row of biases) -> activation becomes one node, where nobody else reads what is between."""
    readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
    kept = set(graph.kept())

    def alone(s: Symbol) -> bool:  # asked of the symbols as they were before this pass
        return readers.get(s, 0) == 1 and s not in kept

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        fused = None
        if node.op.fusion.algebra is Algebra.ADDITION:
            fused = _bias(node, inputs, alone)
        elif node.op.fusion.function and alone(node.inputs[0]):
            fused = _activation(inputs[0].node, node.op.fusion.function)
        return None if fused is None else [fused, fused.outputs]

    return rewrite(graph, visit)


def _bias(node: Node, inputs: Inputs, alone: Callable[[Symbol], bool]) -> Node | None:
    for k in (0, 1):
        x, b = inputs[k], inputs[1 - k]
        product, at = x.node, x.node.op.fusion.bias
        if (
            at is not None
            and alone(node.inputs[k])
            and _plain(product)
            and product.inputs[at] is None
            and x.shape == node.output.shape
            and b.shape == x.shape[-1:]
            and b.dtype == x.dtype
        ):
            return make(product.op, (*product.inputs[:at], b, *product.inputs[at + 1 :]), product.attrs, product)
    return None


def _activation(product: Node, activation: str) -> Node | None:
    name = product.op.fusion.activation
    if name and _plain(product):
        return make(product.op, product.inputs, {**product.attrs, name: activation}, product)
    return None


def _plain(product: Node) -> bool:
    """Whether it has one result, and no activation yet."""
    name = product.op.fusion.activation
    return len(product.outputs) == 1 and (not name or product.attrs[name] is None)
