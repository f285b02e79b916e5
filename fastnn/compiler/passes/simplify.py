"""Simplification: constants are computed at plan time, and operations that do little become cheaper ones.

- a node of constants only becomes a constant (small results; `broadcast_to` of one number of any size);
- sum, mean, max or min over axes of size 1 is a reshape, which costs nothing;
- multiplying by a constant that is one number everywhere is `affine`, and scales in a row are one scale;
- a transpose of a transpose, or a flip of a flip, that gives the value back is that value: layers over sequences put
  the steps first, and back.

The last rule rewrites a formula: two roundings become one.
"""
from typing import Any

import numpy as np

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.core import dtypes, hooks
from fastnn.core.shapes import normalize_axes
from fastnn.core.types import Array
from fastnn.graph.node import CONSTANT, Leaf, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.ops.op import REGISTRY

FOLDS = ("sum", "mean", "max", "min", "prod")
ALL, FLIP = (None, None, None), (None, None, -1)                # slices of a whole dimension
SMALL = 1024                                    # elements of a constant that is worth computing at plan time


def simplify(graph: Graph) -> Graph:
    """Apply the rules of this file once, in node order (a rule sees what earlier ones made)."""
    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if isinstance(node.op, Leaf) or node.op.structural or len(node.outputs) != 1:
            return None
        back = _back(node, inputs)
        if back is not None:
            return [(back,)]
        for rule in (_constant, _fold_of_nothing, _scale):
            made = rule(node, inputs)
            if made is not None:
                return [made, made.outputs]
        return None
    return rewrite(graph, visit)


def _back(node: Node, inputs: Inputs) -> Any:
    """The value before two operations that undo each other, or None."""
    before = inputs[0].node if inputs and inputs[0] is not None else None
    if before is None or before.op is not node.op:
        return None
    if node.op.name == "transpose":
        mine, first = node.attrs["axes"], before.attrs["axes"]
        return before.inputs[0] if [first[a] for a in mine] == list(range(len(mine))) else None
    if node.op.name in ("strided_slice", "strided_slice_grad") and node.attrs == before.attrs \
            and all(k in (ALL, FLIP) for k in node.attrs["key"]):
        return before.inputs[0]
    return None


def _leaf(array: Array, like: Node) -> Node:
    return Node(CONSTANT, (), {}, [Spec(array.shape, dtypes.standardize(array.dtype))], like.scope, like.order, array)


def _constant(node: Node, inputs: Inputs) -> Node | None:
    if not inputs or any(s is None or s.node.op is not CONSTANT for s in inputs):
        return None
    if node.op.name == "broadcast_to" and uniform(inputs[0]) is not None and node.output.spec.size > SMALL:
        return None                             # stays what it is: other rules see the one number
    if node.output.spec.size > SMALL or node.op.host is not None or "stream" in node.attrs:
        return None
    value = hooks.call("eager", node.op, [s.node.payload for s in inputs], node.attrs)
    return _leaf(np.ascontiguousarray(value).reshape(node.output.shape), node)


def _fold_of_nothing(node: Node, inputs: Inputs) -> Node | None:
    if node.op.name not in FOLDS or inputs[0].dtype != node.output.dtype:
        return None
    x = inputs[0]
    if any(x.shape[a] != 1 for a in normalize_axes(node.attrs["axis"], x.ndim)):
        return None
    return make(REGISTRY["reshape"], (x,), {"shape": node.output.shape}, node)


def uniform(symbol: Symbol) -> Any:
    """The one number that a constant (or a broadcast constant) has everywhere, or None."""
    node = symbol.node
    if node.op.name in ("broadcast_to", "reshape"):
        return uniform(node.inputs[0])
    if node.op is not CONSTANT or not node.payload.size:
        return None
    first = node.payload.reshape(-1)[0]
    return first.item() if (node.payload == first).all() else None


def _scale(node: Node, inputs: Inputs) -> Node | None:
    name = node.op.name
    if name == "multiply" and dtypes.is_float(node.output.dtype):
        for x, c in (inputs, inputs[::-1]):
            number = uniform(c) if x.shape == node.output.shape and x.dtype == node.output.dtype else None
            if number is not None:
                return _affine(node, x, number)
    if name == "affine" and node.attrs["shift"] == 0.0 and dtypes.is_float(node.output.dtype):
        before = inputs[0].node
        if before.op.name == "affine" and before.attrs["shift"] == 0.0:
            return make(
                node.op, before.inputs, {"scale": before.attrs["scale"] * node.attrs["scale"], "shift": 0.0}, node
            )
    return None


def _affine(node: Node, x: Symbol, number: Any) -> Node:
    before = x.node
    if before.op.name == "affine" and before.attrs["shift"] == 0.0:
        x, number = before.inputs[0], number * before.attrs["scale"]
    return make(REGISTRY["affine"], (x,), {"scale": float(number), "shift": 0.0}, node)
