"""Loops written out and branches as choices: what plans without loops run, and plans with loops are compared with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.core import dtypes, random
from fastnn.core.errors import GraphError
from fastnn.graph.bodies import Body
from fastnn.graph.loop import ENDLESS
from fastnn.graph.node import BRANCH, CONSTANT, INPUT, Node, Symbol
from fastnn.graph.spec import Spec
from fastnn.ops.op import REGISTRY

ALL = (None, None, None)


def unrolled(graph: Graph) -> Graph:
    """Write out every loop, to its largest number of steps, and calculate both sides of every branch."""

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if not node.op.structural:
            return None
        writer = Writer(node)
        outputs = writer.structure(node, inputs, ())
        return [*writer.made, tuple(outputs)]

    return rewrite(graph, visit)


class Writer:
    """The nodes that a structural node becomes, in `made`."""

    def __init__(self, like: Node) -> None:
        self.like = like
        self.made: list[Node] = []

    def make(self, name: str, *inputs: Any, **attrs: Any) -> Symbol:
        """The result of one more node."""
        self.made.append(make(REGISTRY[name], inputs, attrs, self.like))
        return self.made[-1].output

    def constant(self, value: Any, dtype: str) -> Symbol:
        """One more constant."""
        array = np.asarray(value, dtypes.numpy_type(dtype))
        node = Node(CONSTANT, (), {}, [Spec(array.shape, dtype)], self.like.scope, self.like.order, array)
        self.made.append(node)
        return node.output

    def body(self, body: Body, inputs: Sequence[Any], steps: Any) -> Any:
        """The outputs of a body on other inputs; steps: the steps of the loops around it, outermost first."""
        env = dict(zip(body.inputs, inputs))
        for node in body.nodes:
            if node.op is INPUT:
                continue
            values = tuple(None if s is None else env[s] for s in node.inputs)
            if node.op.structural:
                outputs = self.structure(node, values, steps)
            else:
                attrs = node.attrs
                if node.op.draws and steps:
                    attrs = {**attrs, "loop_step": random.signed(attrs["loop_step"] + random.loop_step_of(steps))}
                new = Node(
                    node.op, values, attrs, [o.spec for o in node.outputs], node.scope, self.like.order, node.payload
                )
                self.made.append(new)
                outputs = new.outputs
            env.update(zip(node.outputs, outputs))
        return [env[s] for s in body.outputs]

    def structure(self, node: Node, inputs: Sequence[Any], steps: Any) -> Any:
        """The outputs of a loop or branch."""
        return self.branch(node, inputs, steps) if node.op is BRANCH else self.loop(node, inputs, steps)

    def branch(self, node: Node, inputs: Sequence[Any], steps: Any) -> Any:
        """Both sides, and a choice of each result."""
        truth, *constants = inputs
        one, two = (self.body(b, constants, steps) for b in node.payload)
        return [a if a is b else self.make("where", truth, a, b) for a, b in zip(one, two)]

    def loop(self, node: Node, inputs: Sequence[Any], steps: Any) -> Any:
        """Every step, one after the other."""
        a, body, test = node.attrs, node.payload.body, node.payload.test
        if a["count"] == ENDLESS:
            raise GraphError("while_loop: without maximum_iterations it cannot be written out.")
        k, c = a["constants"], a["carried"]
        constants, carried, sliced = inputs[:k], list(inputs[k : k + c]), inputs[k + c : k + c + a["sliced"]]
        rows, done = {}, None
        going = self.constant(True, "bool") if test is not None else None
        if test is not None:
            done = self.constant(0, "int64")
        for i in range(a["count"]):
            t = a["count"] - 1 - i if a["reverse"] else i
            if test is not None:
                going = self.make("logical_and", going, self.body(test, [*constants, *carried], (*steps, t))[0])
                done = self.make("where", going, self.constant(i + 1, "int64"), done)
            elif a.get("counted"):
                going = self.make("less", self.constant(t, "int64"), inputs[-1])
            out = self.body(body, [*constants, *carried, *(self.row(s, t) for s in sliced)], (*steps, t))
            if going is not None:
                old = [*carried, *(self.constant(np.zeros(s.shape), s.dtype) for s in out[c:])]
                out = [new if new is was else self.make("where", going, new, was) for new, was in zip(out, old)]
            carried, rows[t] = out[:c], out[c:]
        results = node.outputs[c : len(body.outputs)]
        stacked = [self.stack([rows[t][j] for t in range(a["count"])], s) for j, s in enumerate(results)]
        return [*carried, *stacked, *([] if test is None else [done])]

    def row(self, array: Symbol, t: int) -> Symbol:
        """Row t of an array."""
        row = self.make("strided_slice", array, key=((t, t + 1, None), *(ALL,) * (len(array.shape) - 1)))
        return self.make("reshape", row, shape=array.shape[1:])

    def stack(self, rows: Any, like: Symbol) -> Symbol:
        """The array of these rows."""
        if not rows:
            return self.constant(np.zeros(like.shape), like.dtype)
        return self.make("concatenate", *(self.make("reshape", r, shape=(1, *r.shape)) for r in rows), axis=0)


class StepsWriter(Writer):
    """Notes the step of each node: steps[node] is that of the innermost loop."""

    def __init__(self, like: Node) -> None:
        super().__init__(like)
        self.steps: dict[Node, int] = {}

    def body(self, body: Body, inputs: Sequence[Any], steps: Any) -> Any:
        """As of Writer."""
        first = len(self.made)
        outputs = super().body(body, inputs, steps)
        for node in self.made[first:] if steps else ():
            self.steps.setdefault(node, steps[-1])
        return outputs
