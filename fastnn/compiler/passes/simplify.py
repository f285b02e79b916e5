"""Simplification: constants are computed at plan time, and operations that do little become cheaper ones.

- a node of constants only becomes a constant (small results; `broadcast_to` of one number of any size);
- a reduction over axes of size 1 is a reshape, which costs nothing;
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
from fastnn.graph.fusion import Algebra
from fastnn.graph.node import CONSTANT, Leaf, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.ops.op import REGISTRY

SMALL = 1024  # elements of a constant that is worth computing at plan time


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
    undoes = node.op.fusion.undoes
    return before.inputs[0] if undoes is not None and undoes(node.attrs, before.attrs) else None


def _leaf(array: Array, like: Node) -> Node:
    return Node(CONSTANT, (), {}, [Spec(array.shape, dtypes.standardize(array.dtype))], like.scope, like.order, array)


def _constant(node: Node, inputs: Inputs) -> Node | None:
    if not inputs or any(s is None or s.node.op is not CONSTANT for s in inputs):
        return None
    if node.output.spec.size > SMALL or node.op.host is not None or node.op.draws:
        return None  # one number, repeated, stays what it is: other rules see the number
    op: Any = node.op
    arrays = [s.node.payload for s in inputs if s is not None]
    if plain(op, node.output, inputs):
        with np.errstate(all="ignore"):
            value = np.asarray(op.reference(*arrays, **node.attrs), dtypes.numpy_type(node.output.dtype))
    else:
        value = hooks.call("eager", node.op, arrays, node.attrs)
    return _leaf(np.ascontiguousarray(value).reshape(node.output.shape), node)


def plain(op: Any, result: Symbol, inputs: Inputs) -> bool:
    """Whether NumPy gives the bits of the kernel: numbers stay what they are or are rounded once, or it is logic.

    No program is compiled for such a constant, whose shape may be another in the next batch.
    """
    if op.reference is None:
        return False
    specs = {s.dtype for s in inputs if s is not None} | {result.dtype}
    once = op.fusion.algebra in (Algebra.ADDITION, Algebra.MULTIPLICATION) or _scales(result.node)
    if once and specs in ({"float32"}, {"float64"}):
        return True
    return bool(op.fusion.repeats or op.fusion.reshapes or (op.elementwise and specs == {"bool"}))


def _fold_of_nothing(node: Node, inputs: Inputs) -> Node | None:
    attr = node.op.fusion.reduces
    x: Any = inputs[0] if inputs else None
    if not attr or x.dtype != node.output.dtype:
        return None
    if any(x.shape[a] != 1 for a in normalize_axes(node.attrs[attr], x.ndim)):
        return None
    return make(REGISTRY["reshape"], (x,), {"shape": node.output.shape}, node)


def uniform(symbol: Symbol) -> Any:
    """The one number that a constant (or a broadcast constant) has everywhere, or None."""
    node = symbol.node
    if node.op.fusion.repeats:
        return uniform(node.inputs[0])
    if node.op is not CONSTANT or not node.payload.size:
        return None
    first = node.payload.reshape(-1)[0]
    return first.item() if (node.payload == first).all() else None


def _scale(node: Node, inputs: Inputs) -> Node | None:
    algebra = node.op.fusion.algebra
    if algebra is Algebra.MULTIPLICATION and dtypes.is_float(node.output.dtype):
        for x, c in (inputs, inputs[::-1]):
            number = uniform(c) if x.shape == node.output.shape and x.dtype == node.output.dtype else None
            if number is not None:
                return _affine(node, x, number)
    if _scales(node) and dtypes.is_float(node.output.dtype):
        before = inputs[0].node
        if _scales(before):
            return make(
                node.op, before.inputs, {"scale": before.attrs["scale"] * node.attrs["scale"], "shift": 0.0}, node
            )
    return None


def _scales(node: Node) -> bool:
    """Whether a node only multiplies by a number."""
    return node.op.fusion.algebra is Algebra.SCALING and node.attrs["shift"] == 0.0


def _affine(node: Node, x: Symbol, number: Any) -> Node:
    before = x.node
    if _scales(before):
        x, number = before.inputs[0], number * before.attrs["scale"]
    return make(REGISTRY["affine"], (x,), {"scale": float(number), "shift": 0.0}, node)
