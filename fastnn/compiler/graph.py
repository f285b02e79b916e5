"""Graph: what the passes transform; nodes in order, the wanted outputs, and the effects on variables."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from fastnn.core.types import Attrs
from fastnn.graph.bodies import bodies
from fastnn.graph.node import Node, Record, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import Marks, Trace
from fastnn.graph.variable import Variable

Inputs = tuple[Any, ...]  # of a node: Any, as in Node
Rewritten = list[Any] | None  # what `rewrite` takes: new nodes and the outputs, or None


class Graph:
    """nodes: in execution order.  outputs: symbols to keep.  updates: [(variable, symbol)] effects, in order.

    marks: what the trace noted of its nodes by their order, which passes keep.
    """

    __slots__ = ("marks", "nodes", "outputs", "updates")

    def __init__(
        self, nodes: list[Node], outputs: Iterable[Symbol], updates: Iterable[tuple[Variable, Symbol]], marks: Marks
    ) -> None:
        self.nodes, self.outputs, self.updates, self.marks = nodes, list(outputs), list(updates), marks

    @classmethod
    def of(cls, trace: Trace, outputs: Sequence[Symbol]) -> Self:
        """The graph of a finished trace."""
        return cls(list(trace.nodes), outputs, trace.assigns.items(), trace.marks)

    def kept(self) -> list[Symbol]:
        """Symbols that must survive: outputs and the sources of updates."""
        return [*self.outputs, *(s for _, s in self.updates)]

    def listing(self) -> list[str]:
        """A line for each node: %number = operation(inputs) attributes: shape, and the layer; bodies are indented."""
        numbers: dict[Symbol, int] = {}
        lines: list[str] = []
        _list(self.nodes, numbers, lines, "")
        lines += [f"output %{numbers[s]}" for s in self.outputs]
        return lines + [f"update {v.path} = %{numbers[s]}" for v, s in self.updates]

    def consumers(self) -> dict[Symbol, list[Node]]:
        """{symbol: [nodes that read it]} (a node is listed once per reading)."""
        out: dict[Symbol, list[Node]] = {}
        for node in self.nodes:
            for s in node.inputs:
                if s is not None:
                    out.setdefault(s, []).append(node)
        return out


def _list(nodes: Sequence[Node], numbers: dict[Symbol, int], lines: list[str], indent: str) -> None:
    for node in nodes:
        for s in node.outputs:
            numbers[s] = len(numbers)
        made = ", ".join(f"%{numbers[s]}" for s in node.outputs)
        shapes = ", ".join(f"{s.dtype}{list(s.shape)}" for s in node.outputs)
        reads = ", ".join("none" if s is None else f"%{numbers[s]}" for s in node.inputs)
        attrs = "".join(f" {k}={v}" for k, v in node.attrs.items() if v is not None)
        payload = f" {node.payload.path}" if hasattr(node.payload, "path") else ""
        where = f"  # {node.scope}" if node.scope else ""
        lines.append(f"{indent}{made} = {node.op.name}{payload}({reads}){attrs}: {shapes}{where}")
        for body in bodies(node):
            _list(body.nodes, numbers, lines, indent + "  ")
            lines.append(f"{indent}  gives {', '.join(f'%{numbers[s]}' for s in body.outputs)}")


def guarded(nodes: Sequence[Node]) -> set[Node]:
    """The guards among the nodes, and all that they follow from."""
    found = {node for node in nodes if node.op.guards}
    for node in reversed(nodes) if found else ():
        if node in found:
            found.update(s.node for s in node.inputs if s is not None)
    return found


def make(op: Record, inputs: Sequence[Symbol | None], attrs: Attrs, like: Node) -> Node:
    """A new node outside any trace; scope and order are those of `like`."""
    attrs = op.normalize(attrs)
    specs = op.infer([None if s is None else Spec(s.shape, s.dtype) for s in inputs], attrs)
    return Node(op, tuple(inputs), attrs, [specs] if isinstance(specs, Spec) else specs, like.scope, like.order)


def copy_with(node: Node, inputs: tuple[Symbol | None, ...]) -> Node:
    """The same call on other inputs of the same shapes and dtypes."""
    return Node(node.op, inputs, node.attrs, [Spec(o.shape, o.dtype) for o in node.outputs], node.scope, node.order,
                node.payload)  # fmt: skip


def rewrite(graph: Graph, visit: Callable[[Node, tuple[Any, ...]], Any]) -> Graph:
    """A graph in which visit(node, inputs) may replace nodes.

    visit gets a node and its already rewritten inputs; it returns None to keep the node, or a list: new
    nodes in order, then a tuple of the symbols that stand for the old outputs.
    """
    new: dict[Symbol, Symbol] = {}
    nodes: list[Node] = []
    changed = False

    def of(s: Symbol) -> Symbol:
        return new.get(s, s)

    for node in graph.nodes:
        inputs = tuple([new.get(s, s) for s in node.inputs]) if changed else node.inputs
        result = visit(node, inputs)
        if result is None:
            if not changed or all(map(operator.is_, inputs, node.inputs)):
                nodes.append(node)
                continue
            copy = copy_with(node, inputs)
            result = [copy, copy.outputs]
        changed = True
        *made, outputs = result
        nodes.extend(made)
        for old, s in zip(node.outputs, outputs):
            new[old] = s
    if not changed:
        return graph
    return Graph(nodes, map(of, graph.outputs), [(v, of(s)) for v, s in graph.updates], graph.marks)
