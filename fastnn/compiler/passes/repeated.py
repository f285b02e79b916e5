"""Products that repeat step after step, as in an unrolled loop: work that can be done once for all steps.

Two passes. `shared_turns`: small products with one matrix, transposed, share its transpose; each would pack it again.
`product_sums`: the gradient of that matrix, a sum of one small product per step, is one product of what the steps have
side by side: sum of A_t' B_t = [A_1; A_2; ...]' [B_1; B_2; ...].
"""
from typing import Any

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.compiler.passes.sums import Sums
from fastnn.graph.node import Node, Symbol
from fastnn.ops.op import REGISTRY

STEPS = 4                                       # repetitions from which it pays
ROWS = 256                                      # of a product that is small


def shared_turns(graph: Graph) -> Graph:
    """matmul(x, w, transpose_b) -> matmul(x, transpose(w)) where STEPS or more small products read w so.  Same bits."""
    count: dict[Symbol, int] = {}
    for node in graph.nodes:
        if _turned(node):
            count[node.inputs[1]] = count.get(node.inputs[1], 0) + 1
    turned = {}

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if not _turned(node) or count[node.inputs[1]] < STEPS:
            return None
        w, new = inputs[1], []
        if node.inputs[1] not in turned:
            new.append(make(REGISTRY["transpose"], (w,), {"axes": (1, 0)}, node))
            turned[node.inputs[1]] = new[0].output
        operands = inputs[0], turned[node.inputs[1]], *inputs[2:]
        product = make(node.op, operands, {**node.attrs, "transpose_b": False}, node)
        return [*new, product, product.outputs]
    return rewrite(graph, visit)


def _turned(node: Node) -> bool:
    return (node.op.name == "matmul" and node.attrs["transpose_b"] and not node.attrs["transpose_a"]
            and len(node.inputs[0].shape) == len(node.inputs[1].shape) == 2 and 1 < node.inputs[0].shape[0] <= ROWS)


def product_sums(graph: Graph) -> Graph:
    """A sum of STEPS or more small products A' B of one shape is one product: the same terms in another order."""
    def shapes(s: Symbol) -> Any:
        node = s.node
        if node.op.name != "matmul" or any(x is not None for x in node.inputs[2:]):
            return None
        a, b = node.inputs[:2]
        if not node.attrs["transpose_a"] or node.attrs["transpose_b"] or len(a.shape) != 2 or len(b.shape) != 2 \
                or a.shape[0] > ROWS or node.attrs["activation"]:
            return None
        return a.shape, b.shape

    def join(_: Any, terms: list[Symbol], new: dict[Symbol, Symbol], made: list[Node]) -> Any:
        return [new[s] for s in terms] if len(terms) < STEPS else [_product(terms, new, made)]
    return Sums(graph).rewritten(shapes, join)


def _product(terms: list[Symbol], new: dict[Symbol, Symbol], made: list[Node]) -> Any:
    first, sides = terms[0].node, []
    for k in (0, 1):
        made.append(make(REGISTRY["concatenate"], [new[s.node.inputs[k]] for s in terms], {"axis": 0}, first))
        sides.append(made[-1].output)
    made.append(make(first.op, (*sides, None), first.attrs, first))
    return made[-1].output
