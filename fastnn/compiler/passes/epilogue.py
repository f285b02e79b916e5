"""Epilogues: bias and activation go into the product or convolution before them."""
from fastnn.compiler.graph import make, rewrite

PRODUCTS = ("matmul", "conv2d")
ACTIVATIONS = ("relu", "sigmoid", "tanh")       # those that the kernels apply to a finished tile
BIAS = 2                                        # the optional third input of a product


def epilogues(graph):
    """product -> add(row of biases) -> activation becomes one node, where nobody else reads what is between."""
    consumers, kept = graph.consumers(), set(graph.kept())
    readers = {s: len(nodes) for s, nodes in consumers.items()}
    count = {}

    def alone(s):
        return count.get(s, readers.get(s, 0)) == 1 and s not in kept

    def visit(node, inputs):
        fused = None
        if node.op.name == "add":
            fused = _bias(node, inputs, alone)
        elif node.op.name in ACTIVATIONS and len(inputs) == 1:
            fused = _activation(node, inputs[0], alone)
        if fused is None:
            return None
        # the fused result is read as often as the node it stands for
        count[fused.output] = readers.get(node.output, 0) if node.output not in kept else 2
        return [fused, fused.outputs]
    return rewrite(graph, visit)


def _bias(node, inputs, alone):
    for x, b in (inputs, inputs[::-1]):
        product = x.node
        if (product.op.name in PRODUCTS and alone(x) and product.attrs.get("activation") is None
                and (len(product.inputs) <= BIAS or product.inputs[BIAS] is None)
                and x.shape == node.output.shape and b.shape == x.shape[-1:] and b.dtype == x.dtype):
            return make(product.op, (*product.inputs[:BIAS], b), product.attrs, product)
    return None


def _activation(node, x, alone):
    product = x.node
    if product.op.name in PRODUCTS and alone(x) and product.attrs.get("activation") is None:
        return make(product.op, product.inputs, {**product.attrs, "activation": node.op.name}, product)
    return None
