"""Nodes and weights of an ONNX graph as they are added, and activations, which many of them have."""

from __future__ import annotations

import copy
import itertools

import numpy as np

FUNCTIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu", "selu": "Selu", "softplus": "Softplus",
             "softsign": "Softsign", "exponential": "Exp", "leaky_relu": "LeakyRelu",
             "hard_silu": "HardSwish"}  # fmt: skip


class Graph:
    """Nodes and weights as they are added; names of values are made of a step's output."""

    def __init__(self, helper, numpy_helper):
        self.helper, self.to_tensor, self.nodes, self.weights = helper, numpy_helper.from_array, [], []
        self._names = itertools.count()

    def inner(self):
        """The graph of a body: nodes of its own, which read the weights of this one."""
        body = copy.copy(self)
        body.nodes = []
        return body

    def weight(self, array, dtype=np.float32):
        """The name of a constant."""
        name = f"/w{len(self.weights)}"
        self.weights.append(self.to_tensor(np.array(array, dtype, order="C"), name))
        return name

    def node(self, kind, inputs, output=None, **attributes):
        """Add a node; returns the name of its value."""
        output = output or f"/n{next(self._names)}"
        self.nodes.append(self.helper.make_node(kind, list(inputs), [output], f"node_{output}", **attributes))
        return output

    def several(self, kind, inputs, count, **attributes):
        """Add a node of several results; returns their names."""
        first = f"/n{next(self._names)}"
        names = [f"{first}_{k}" for k in range(count)]
        self.nodes.append(self.helper.make_node(kind, list(inputs), names, f"node_{first}", **attributes))
        return names

    def channels_first(self, x, rank):
        """x with its channels in front of the spatial axes."""
        return self.node("Transpose", [x], perm=[0, rank + 1, *range(1, rank + 1)])

    def channels_last(self, x, rank, output):
        """And back."""
        return self.node("Transpose", [x], output, perm=[0, *range(2, rank + 2), 1])


def activation(g, inputs, output, function, slope):
    """Add the nodes of an activation; returns the name of its value.

    inputs: the name of a value, in a list.  output: that of the result, None for a new one.
    """
    x = inputs[0]
    if function == "relu6":
        return g.node("Clip", [x, g.weight(0.0), g.weight(6.0)], output)
    if function == "silu":
        return g.node("Mul", [x, g.node("Sigmoid", [x])], output)
    if function == "gelu_tanh":
        cube = g.node("Mul", [g.node("Mul", [x, x]), x])
        inner = g.node("Add", [x, g.node("Mul", [cube, g.weight(0.044715)])])
        tanh = g.node("Tanh", [g.node("Mul", [inner, g.weight(0.7978845608028654)])])
        return g.node("Mul", [g.node("Mul", [x, g.weight(0.5)]), g.node("Add", [tanh, g.weight(1.0)])], output)
    if function == "mish":
        return g.node("Mul", [x, g.node("Tanh", [g.node("Softplus", [x])])], output)
    if function == "hard_sigmoid":
        return g.node("HardSigmoid", [x], output, alpha=1 / 6, beta=0.5)
    if function == "gelu":
        erf = g.node("Erf", [g.node("Mul", [x, g.weight(0.5**0.5)])])
        half = g.node("Mul", [x, g.weight(0.5)])
        return g.node("Mul", [half, g.node("Add", [erf, g.weight(1.0)])], output)
    options = {"alpha": slope} if function in ("leaky_relu", "elu") else {}
    return g.node(FUNCTIONS[function], [x], output, **options)
