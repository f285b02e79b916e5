"""Passes that look into loops and branches: results that nobody reads, work that need not be inside, and all others."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.core.types import Attrs
from fastnn.graph.bodies import Body, copied, live, with_bodies
from fastnn.graph.fusion import Algebra
from fastnn.graph.hoist import Hoist
from fastnn.graph.loop import OpenLoop
from fastnn.graph.node import BRANCH, INPUT, LOOP, Node, Record, Symbol
from fastnn.graph.spec import Spec
from fastnn.graph.trace import Marks
from fastnn.ops.op import REGISTRY

STEPS = 4  # of a loop from which a transpose before it pays
ROWS = 256  # of a product that is small


def in_bodies(graph: Graph, transform: Callable[[Graph], Graph]) -> Graph:
    """The graph with transform(Graph) -> Graph applied to the bodies of its loops and branches."""

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if not node.op.structural:
            return None
        changed = [_transformed(b, transform) if b is not None else None for b in _all_bodies(node)]
        if all(a is b for a, b in zip(changed, _all_bodies(node))):
            return None
        new = with_bodies(node, changed)
        new.inputs = inputs
        return [new, new.outputs]

    return rewrite(graph, visit)


def _all_bodies(node: Node) -> list[Body]:
    return [node.payload.body, node.payload.test] if node.op is LOOP else list(node.payload)


def _transformed(body: Body, transform: Callable[[Graph], Graph]) -> Body:
    before = Graph(body.nodes, body.outputs, [], Marks())
    after = transform(before)
    same = len(after.nodes) == len(body.nodes) and all(a is b for a, b in zip(after.nodes, body.nodes))
    return body if same else Body(body.inputs, after.nodes, after.outputs)


# ------------------------------------------------------------------ what nobody reads
def dead_values(graph: Graph) -> Graph:
    """Drop dead nodes, results and inputs of loops that nobody reads, and carried values that serve themselves only."""
    needed, wanted, shrinks = set(graph.kept()), {}, set()
    nodes = []
    for node in reversed(graph.nodes):
        used = [o in needed for o in node.outputs]
        if not any(used):
            continue
        nodes.append(node)
        inputs = node.inputs
        if node.op.structural:
            wanted[node] = used = _closed(node, used)
            inputs = tuple(_read(node, used))
            if not all(used) or len(inputs) < len(node.inputs):
                shrinks.add(node)
        needed.update(s for s in inputs if s is not None)
    smaller = Graph(nodes[::-1], graph.outputs, graph.updates, graph.marks)

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if node not in shrinks:
            return None
        return _with_outputs(node, inputs, wanted[node])

    return rewrite(smaller, visit)


def _closed(node: Node, used: list[bool]) -> list[bool]:
    """Which results of a structural node must be calculated, given those that are read."""
    if node.op is BRANCH:
        return used
    body, width = node.payload.body, node.attrs["carried"]
    tested = node.payload.test
    heads = body.inputs[node.attrs["constants"] :][:width]
    used = list(used)
    if tested is not None:
        inner = {s for n in live(tested.nodes, tested.outputs) for s in n.outputs}
        asked = tested.inputs[node.attrs["constants"] :]
        used = [u or (k < width and asked[k] in inner) for k, u in enumerate(used)]
        used[-1] = True
    while True:
        inner = {s for n in live(body.nodes, [s for s, u in zip(body.outputs, used) if u]) for s in n.outputs}
        more = [u or (k < width and heads[k] in inner) for k, u in enumerate(used)]
        if more == used:
            return used
        used = more


def _read(node: Node, used: list[bool]) -> list[Symbol]:
    """The inputs that are read by a node of which only some results are calculated."""
    a = node.attrs
    if node.op is BRANCH:
        inner = {
            s for b in node.payload for n in live(b.nodes, [s for s, u in zip(b.outputs, used) if u]) for s in n.outputs
        }
        read = [any(b.inputs[k] in inner for b in node.payload) for k in range(len(node.inputs) - 1)]
        return [node.inputs[0], *(s for s, r in zip(node.inputs[1:], read) if r)]
    body, test = node.payload.body, node.payload.test
    inner = {s for n in live(body.nodes, [s for s, u in zip(body.outputs, used) if u]) for s in n.outputs}
    read = [s in inner for s in body.inputs]
    if test is not None:
        asked = {s for n in live(test.nodes, test.outputs) for s in n.outputs}
        for k, s in enumerate(test.inputs):
            read[k] = read[k] or s in asked
    first = a["constants"]
    for k in range(a["carried"]):
        read[first + k] = used[k]
    return [s for k, s in enumerate(node.inputs) if k >= len(read) or read[k]]


class _Loose:
    """What a Trace is for OpenLoop, for nodes outside any trace."""

    def __init__(self, like: Node, outside: Any = ()) -> None:
        self.like, self.outside, self.marks = like, dict(outside), Marks()
        self.nodes: list[Node] = []

    def add(self, op: Record, inputs: Inputs, attrs: Attrs, specs: Iterable[Spec], payload: Any = None) -> Node:
        """A new node."""
        node = Node(op, inputs, attrs, specs, self.like.scope, self.like.order, payload)
        self.nodes.append(node)
        return node


def opened(node: Node, inputs: Inputs) -> OpenLoop:
    """A LOOP node on these inputs as OpenLoop with nodes of their own."""
    a, body = node.attrs, copied(node.payload.body, {})
    k, c = a["constants"], a["carried"]
    loose = _Loose(node, zip(body.inputs[:k], inputs[:k]))
    steps = inputs[-1] if a.get("counted") else None
    test = None
    if node.payload.test is not None:
        asked = copied(node.payload.test, {})
        around = _Loose(node, zip(asked.inputs[:k], inputs[:k]))
        around.nodes = asked.nodes
        test = around, asked.inputs[k:], asked.outputs[0]
    open_ = OpenLoop(
        loose,
        zip(inputs[k : k + c], body.inputs[k : k + c], body.outputs[:c]),
        zip(inputs[k + c : k + c + a["sliced"]], body.inputs[k + c :]),
        body.outputs[c:],
        a["count"],
        a["reverse"],
        steps,
        test,
        a.get("remat", False),
    )
    open_.nodes = body.nodes
    return open_


def _with_outputs(node: Node, inputs: Inputs, used: list[bool]) -> Rewritten:
    """[nodes ..., results] of a structural node that calculates only some results (None for the others)."""
    if node.op is BRANCH:
        sides = [copied(Body(b.inputs, b.nodes, [s for s, u in zip(b.outputs, used) if u]), {}) for b in node.payload]
        inner = [{s for n in live(b.nodes, b.outputs) for s in n.outputs} for b in sides]
        keep = [k for k in range(len(inputs) - 1) if any(b.inputs[k] in known for b, known in zip(sides, inner))]
        payload = tuple(Body([b.inputs[k] for k in keep], live(b.nodes, b.outputs), b.outputs) for b in sides)
        new = Node(BRANCH, (inputs[0], *(inputs[k + 1] for k in keep)), node.attrs,
                   [o.spec for o, u in zip(node.outputs, used) if u], node.scope, node.order, payload)  # fmt: skip
        made = [new]
    else:
        open_, width = opened(node, inputs), node.attrs["carried"]
        if open_.test is not None:
            around, heads, go = open_.test
            open_.test = around, [s for s, u in zip(heads, used) if u], go
        open_.carried = [c for c, u in zip(open_.carried, used) if u]
        open_.stacked = [s for s, u in zip(open_.stacked, used[width:]) if u]
        loose = _Loose(node)
        new = cast(Node, open_.node(loose))  # something is used, or the node would be dead
        made = loose.nodes
    results = iter(new.outputs)
    return [*made, tuple(next(results) if u else None for u in used)]


# ------------------------------------------------------------------ what need not be inside
def hoisted(graph: Graph) -> Graph:
    """Work that is the same in every step, and products of slices, leave loops; so does the transposing of a matrix."""

    def visit(node: Node, inputs: Inputs) -> Rewritten:
        if node.op is not LOOP:
            return None
        open_, loose = opened(node, inputs), _Loose(node)
        open_.nodes = live(_transposed(open_), open_.symbols_out())
        width, stacked = len(open_.carried), len(open_.stacked)
        outside = Hoist(open_, loose.add, constants=True).run()
        if not loose.nodes and not outside:
            return None
        kept = [k for k in range(stacked) if k not in outside]
        open_.stacked = [open_.stacked[k] for k in kept]
        new = open_.node(loose)
        results = () if new is None else new.outputs
        rows = {**outside, **dict(zip(kept, results[width:]))}
        return [
            *loose.nodes,
            (*results[:width], *(rows[k] for k in range(stacked)), *(results[-1:] if open_.test is not None else ())),
        ]

    return rewrite(graph, visit)


def _transposed(open_: OpenLoop) -> list[Node]:
    """The nodes of a loop with small products x w' of a constant w as products with its transpose, made outside."""
    if open_.count < STEPS or open_.test is not None:
        return open_.nodes
    transposed: dict[Symbol, Symbol] = {}
    swap: dict[Symbol, Symbol] = {}
    nodes: list[Node] = []
    for node in open_.nodes:
        node.inputs = tuple(swap.get(s, s) for s in node.inputs)
        if node.op.fusion.algebra is Algebra.PRODUCT and node.attrs["transpose_b"] and not node.attrs["transpose_a"]:
            x, w, *rest = node.inputs
            if (
                w.node.op is INPUT
                and w in open_.trace.outside
                and len(x.shape) == len(w.shape) == 2
                and 1 < x.shape[0] <= ROWS
            ):
                if w not in transposed:
                    nodes.append(make(REGISTRY["transpose"], (w,), {"axes": (1, 0)}, node))
                    transposed[w] = nodes[-1].output
                product = make(node.op, (x, transposed[w], *rest), {**node.attrs, "transpose_b": False}, node)
                swap[node.output] = product.output
                node = product
        nodes.append(node)
    open_.carried = [(a, s, swap.get(new, new)) for a, s, new in open_.carried]
    open_.stacked = [swap.get(s, s) for s in open_.stacked]
    return nodes
