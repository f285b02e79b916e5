"""A traced graph once more, in another float type: the same calls of the same kernels' source, on arrays of its own.

Loops and branches keep their bodies, retyped likewise.  What the graph assigns to variables is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fastnn.compiler.graph import Graph
from fastnn.compiler.passes.unroll import unrolled
from fastnn.core import dtypes
from fastnn.core.errors import GraphError
from fastnn.core.types import Attrs
from fastnn.graph.bodies import Body, LoopBody, bodies
from fastnn.graph.node import BRANCH, CONSTANT, INPUT, LOOP, VARIABLE, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import Trace


def within(nodes: Iterable[Node]) -> Iterable[Node]:
    """The nodes in the bodies of these nodes, at any depth."""
    for node in nodes:
        for body in bodies(node):
            yield from body.nodes
            yield from within(body.nodes)


def unrolled_for(graph: Graph, names: Collection[str]) -> Graph:
    """The graph, with loops and branches written out where an operation of these names is inside one.

    Raises GraphError for a loop without a largest number of steps.
    """
    return unrolled(graph) if any(node.op.name in names for node in within(graph.nodes)) else graph


class Retyped:
    """The part of a graph that some outputs follow from, in float type `dtype`.

    graph: of a finished trace.  outputs: symbols of it.  cut: symbols of it that become inputs, so that nothing before
    them is calculated for their sake.

    trace: the new one.  sources: {what it stands for: new input symbol}, for each input symbol, Variable and cut symbol
    that the outputs need.  outputs: new symbols, in order.
    """

    def __init__(
        self, graph: Graph, outputs: Sequence[Symbol], cut: Iterable[Symbol] = (), dtype: str = "float64"
    ) -> None:
        self.dtype, self.trace = dtype, Trace(training=True)
        self.sources: dict[Any, Symbol] = {}
        env: dict[Symbol, Symbol] = {}
        needed, kept, cut = set(outputs), [], set(cut)
        for node in reversed(graph.nodes):
            if any(s in needed for s in node.outputs):
                kept.append(node)
                if not all(s in cut for s in node.outputs if s in needed):
                    needed.update(s for s in node.inputs if s is not None)
        for node in reversed(kept):
            asked = [s for s in node.outputs if s in needed]
            if node.op in (INPUT, VARIABLE) or all(s in cut for s in asked):
                for s in asked:
                    what = node.payload if node.op is VARIABLE else s
                    if what not in self.sources:
                        self.sources[what] = self.trace.input(s.shape, self._type(s.dtype), s.name)
                    env[s] = self.sources[what]
                continue
            with self.trace.scope(node.scope):
                new = self._copy(node, env, self.trace.add)
            env.update(zip(node.outputs, new.outputs))
            for s in asked:
                if s in cut:
                    env[s] = self.sources[s] = self.trace.input(s.shape, self._type(s.dtype), s.name)
        self.outputs = [env[s] for s in outputs]

    def _type(self, dtype: str) -> str:
        if dtype in dtypes.COMPLEX:
            return dtypes.promote("complex64", self.dtype)
        return self.dtype if dtypes.is_float(dtype) else dtype

    def _attrs(self, attrs: Attrs) -> Attrs:
        named = attrs.get("dtype")
        return {**attrs, "dtype": self._type(named)} if isinstance(named, str) else attrs

    def _copy(self, node: Node, env: Mapping[Symbol, Symbol], add: Any) -> Node:
        """The same call on the symbols that stand for its inputs."""
        inputs = tuple(None if s is None else env[s] for s in node.inputs)
        attrs, payload = self._attrs(node.attrs), node.payload
        specs = [Spec(o.shape, self._type(o.dtype)) for o in node.outputs]
        if node.op is CONSTANT:
            payload = np.ascontiguousarray(payload, dtypes.numpy_type(specs[0].dtype)).reshape(payload.shape)
        elif node.op is LOOP:
            payload = LoopBody(*(b and self._body(b) for b in (payload.body, payload.test)))
        elif node.op is BRANCH:
            payload = tuple(self._body(b) for b in payload)
        else:
            found = node.op.infer([None if s is None else s.spec for s in inputs], attrs)
            if (list(found) if isinstance(found, (list, tuple)) and not isinstance(found, Spec) else [found]) != specs:
                raise GraphError(
                    f"'{node.op.name}' in layer '{node.scope}' cannot be calculated in {self.dtype}: its result is "
                    f"{found}, expected {specs}."
                )
        new: Node = add(node.op, inputs, attrs, specs, payload)
        return new

    def _body(self, body: Body) -> Body:
        env: dict[Symbol, Symbol] = {}
        nodes: list[Node] = []

        def add(op: Any, inputs: Any, attrs: Attrs, specs: Any, payload: Any) -> Node:
            nodes.append(Node(op, inputs, attrs, specs, "", 0, payload))
            return nodes[-1]

        for node in body.nodes:
            if node.op is INPUT:
                s = node.output
                nodes.append(Node(INPUT, (), {}, [Spec(s.shape, self._type(s.dtype))], node.scope, node.order))
                env[s] = nodes[-1].output
            else:
                new = self._copy(node, env, add)
                new.scope, new.order = node.scope, node.order
                env.update(zip(node.outputs, new.outputs))
        return Body([env[s] for s in body.inputs], nodes, [env[s] for s in body.outputs])
