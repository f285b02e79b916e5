"""Rematerialization: backward computes activations once more where what they are computed from is kept anyway.

A normalisation and the layer behind it keep three arrays of one size for their gradients: x, y = act(norm(x)), and
the convolution's result after y. y follows from x and two vectors, in a pass over data that backward reads in any case.
Cheap ones always; those of a layers.RematScope whatever they cost.
"""

from typing import NamedTuple

from fastnn.compiler.graph import Graph, Inputs, Rewritten, copy_with, make, rewrite
from fastnn.core.types import Attrs
from fastnn.graph.node import Leaf, Node, Record, Symbol
from fastnn.graph.spec import Spec

LARGE = 256 * 1024  # bytes from which a cheap activation is worth it
CHEAP = 12  # operations per element of the result, at most
DEEP = 2  # cheap calls that are rematerialized, one after the other, to get at what is kept


class Recipe(NamedTuple):
    """How a symbol is rematerialized."""

    op: Record
    inputs: Inputs
    attrs: Attrs


def rematerialized(graph: Graph) -> Graph:
    """Let backward nodes read copies of forward nodes, made just before; the bits are those of the first time."""
    since = graph.marks.backward
    if since is None:
        return graph
    chosen = _Choice(graph, since).made()
    if not chosen:
        return graph
    copies: dict[Symbol, Symbol] = {}

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if node.order < since:
            return None
        made = []
        for s in node.inputs:
            if s in chosen and s not in copies:
                local: dict[Symbol, Symbol] = {}
                for t, call in chosen[s].items():
                    if t in copies:
                        local[t] = copies[t]
                        continue
                    copy = make(call.op, [local.get(x, x) for x in call.inputs], call.attrs, node)
                    copy.scope, local[t] = t.node.scope, copy.output
                    made.append(copy)
                    if t in chosen:
                        copies[t] = copy.output
        if not any(s in copies for s in node.inputs):
            return None
        copy = copy_with(node, tuple(copies.get(s, x) for s, x in zip(node.inputs, inputs)))
        return [*made, copy, copy.outputs]

    return rewrite(graph, visit)


class _Choice:
    """What is rematerialized, {symbol: {symbol: Recipe}}: the calls that end with the one of that symbol.

    A part of the graph that a user marked is rematerialized as a whole from what goes into it; what comes out of it
    stays, if there is more in it than that. Where one product follows the other, every other one stays.
    """

    def __init__(self, graph: Graph, since: int) -> None:
        self.nodes, self.since, self.wanted = graph.nodes, since, set(graph.kept())
        self.early: dict[Symbol, list[tuple[int, Node]]] = {}
        self.late: dict[Symbol, list[tuple[int, Node]]] = {}
        self.chosen: dict[Symbol, dict[Symbol, Recipe]] = {}
        for i, node in enumerate(graph.nodes):
            for s in node.inputs:
                if s is not None:
                    (self.late if node.order >= self.since else self.early).setdefault(s, []).append((i, node))
        marked = graph.marks.remat
        self.scopes = [
            r
            for i, r in enumerate(marked)
            if not any(
                o[0] <= r[0] and r[1] <= o[1] and (o[:2] != r[:2] or i < k) for k, o in enumerate(marked) if k != i
            )
        ]

    def part(self, s: Symbol) -> int | None:
        """The number of the outermost marked part that s belongs to, or None."""
        return next(
            (
                i
                for i, (first, end, least, simple) in enumerate(self.scopes)
                if first <= s.node.order < end and s.size > least and (s.node.op.elementwise or not simple)
            ),
            None,
        )

    def made(self) -> dict[Symbol, dict[Symbol, Recipe]]:
        """Choose."""
        found = [
            (s, self.part(s))
            for s in (node.outputs[0] for node in self.nodes if node.order < self.since)
            if s in self.early and s in self.late and s not in self.wanted and not isinstance(s.node.op, Leaf)
        ]
        leaves = {s: p is not None and any(self.part(n.outputs[0]) != p for _, n in self.early[s]) for s, p in found}
        inside = {p for s, p in found if not leaves[s]}
        for s, p in found:
            if _bytes(s) >= LARGE if p is None else not leaves[s] or p not in inside:
                calls = self.calls(s, p, self.late[s][0][0], DEEP)
                if calls is not None:
                    self.chosen[s] = calls
        return self.chosen

    def kept(self, s: Symbol, part: int | None, at: int) -> bool:
        """Whether backward has s at node number `at` without our making it."""
        if isinstance(s.node.op, Leaf):
            return True
        if part is not None:
            return s not in self.chosen and self.part(s) != part
        return _bytes(s) < LARGE or (s not in self.chosen and s in self.late and self.late[s][-1][0] >= at)

    def calls(self, s: Symbol, part: int | None, at: int, depth: int) -> dict[Symbol, Recipe] | None:
        """What has to be made for s, in order, or None where that is too much."""
        call = _recipe(s, part is not None)
        if call is None:
            return None
        found: dict[Symbol, Recipe] = {}
        for x in call.inputs:
            if x is not None and x not in found and not self.kept(x, part, at):
                inside = part is not None and self.part(x) == part
                before = self.calls(x, part, at, depth - 1) if inside or (part is None and depth > 1) else None
                if before is None:
                    return None
                found.update(before)
        return {**found, s: call}


def _bytes(s: Symbol) -> int:
    return Spec(s.shape, s.dtype).nbytes


def _recipe(s: Symbol, asked: bool) -> Recipe | None:
    """The Recipe that makes s once more, or None where that is not to be; asked: whatever it costs."""
    node = s.node
    if s.index or isinstance(node.op, Leaf) or node.op.lower is None:
        return None
    call = Recipe(*node.op.remat(node)) if node.op.remat is not None else Recipe(node.op, node.inputs, node.attrs)
    if asked:
        return call
    if node.op.remat is None and not node.op.elementwise:
        return None
    specs = [None if x is None else Spec(x.shape, x.dtype) for x in (*call.inputs, s)]
    flops, _ = call.op.cost(specs[:-1], specs[-1:], call.attrs)
    return call if flops <= CHEAP * s.size else None
