"""Bodies: the graphs inside loops and branches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from fastnn.graph.node import BRANCH, INPUT, LOOP, Node, Symbol

if TYPE_CHECKING:
    from fastnn.core.types import Attrs
    from fastnn.graph.node import Record
    from fastnn.graph.spec import Spec
    from fastnn.graph.trace import Marks


class Around(Protocol):
    """What a loop is put together in: a Trace, or nodes of no trace (compiler/passes/loops.py)."""

    nodes: list[Node]
    outside: dict[Symbol, Symbol]
    marks: Marks

    def add(
        self, op: Record, inputs: tuple[Any, ...], attrs: Attrs, specs: Iterable[Spec], payload: Any = None
    ) -> Node:
        """A new node."""


class Body:
    """A graph inside a node.

    inputs: symbols of its INPUT nodes.  nodes: in execution order, those of the inputs first.  outputs: symbols, also
    inputs and constants, also one twice.  remat: symbols that a gradient shall not keep (Trace.rematerialized).
    """

    __slots__ = ("inputs", "nodes", "outputs", "remat")

    def __init__(
        self, inputs: Iterable[Symbol], nodes: Iterable[Node], outputs: Iterable[Symbol], remat: Iterable[Symbol] = ()
    ) -> None:
        inputs = list(inputs)
        first = [s.node for s in inputs]
        known = set(first)
        self.inputs, self.outputs = inputs, list(outputs)
        self.nodes = first + [n for n in nodes if n not in known]
        self.remat = frozenset(remat)


class LoopBody:
    """The payload of a LOOP: `body`, and the `test` of a while loop or None."""

    __slots__ = ("body", "test")

    def __init__(self, body: Body, test: Body | None = None) -> None:
        self.body, self.test = body, test


def bodies(node: Node) -> list[Body]:
    """The bodies of a structural node, without None."""
    if node.op is LOOP:
        return [b for b in (node.payload.body, node.payload.test) if b is not None]
    return list(node.payload) if node.op is BRANCH else []


def with_bodies(node: Node, changed: Sequence[Body]) -> Node:
    """A copy of a structural node with other bodies, in the order of `bodies`."""
    payload = tuple(changed) if node.op is BRANCH else LoopBody(*changed)
    return Node(node.op, node.inputs, node.attrs, [o.spec for o in node.outputs], node.scope, node.order, payload)


def copied(body: Body, origin: dict[Symbol, Symbol]) -> Body:
    """A copy of a body with nodes of its own, also in bodies inside; origin: gets {symbol: the one that it copies}."""
    env: dict[Symbol, Symbol] = {}
    nodes: list[Node] = []
    for node in body.nodes:
        nodes.append(copy_node(node, [None if s is None else env[s] for s in node.inputs], origin))
        for old, new in zip(node.outputs, nodes[-1].outputs):
            env[old], origin[new] = new, old
    return Body([env[s] for s in body.inputs], nodes, [env[s] for s in body.outputs], [env[s] for s in body.remat])


def copy_node(
    node: Node, inputs: Sequence[Symbol | None], origin: dict[Symbol, Symbol], add: Callable[..., Node] | None = None
) -> Node:
    """A copy of a node on other inputs, with copies of its bodies; add: Trace.add, or None for a node of no trace."""
    payload = node.payload
    if node.op is LOOP:
        payload = LoopBody(copied(payload.body, origin), payload.test)
    elif node.op is BRANCH:
        payload = tuple(copied(b, origin) for b in payload)
    specs = [o.spec for o in node.outputs]
    if add is not None:
        return add(node.op, tuple(inputs), node.attrs, specs, payload)
    return Node(node.op, tuple(inputs), node.attrs, specs, node.scope, node.order, payload)


def live(nodes: Iterable[Node], outputs: Iterable[Symbol]) -> list[Node]:
    """The nodes that the outputs need, in order; inputs first, some of which were made after their readers."""
    needed, kept = {s.node for s in outputs}, []
    for node in sorted(nodes, key=lambda n: n.op is not INPUT)[::-1]:
        if node in needed:
            kept.append(node)
            needed.update(s.node for s in node.inputs if s is not None)
    return kept[::-1]


def rematerialized(trace: Around) -> list[Symbol]:
    """The symbols of a trace that were marked to be rematerialized."""
    return [
        s
        for first, end, least, simple in trace.marks.remat
        for n in trace.nodes[first:end]
        for s in n.outputs
        if s.size > least and (n.op.elementwise or not simple)
    ]


def replayed(trace: Around, body: Body, inputs: Iterable[Symbol], origin: dict[Symbol, Symbol]) -> dict[Symbol, Symbol]:
    """The nodes of a body once more in a trace, on other inputs; {symbol of the body: symbol of the trace}."""
    env = dict(zip(body.inputs, inputs))
    mine = {s.node for s in body.inputs}
    for node in body.nodes:
        if node not in mine:
            twin = copy_node(node, [None if s is None else env[s] for s in node.inputs], origin, trace.add)
            for old, new in zip(node.outputs, twin.outputs):
                env[old], origin[new] = new, old
    return env
