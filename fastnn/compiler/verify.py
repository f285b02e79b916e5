"""The verifier: what must hold of a graph between any two passes; on in the tests (`Options(verify=True)`)."""

from collections.abc import Iterable, Sequence

from fastnn.compiler.graph import Graph
from fastnn.core.errors import GraphError
from fastnn.core.types import Dims
from fastnn.graph.bodies import bodies
from fastnn.graph.node import BRANCH, Leaf, Node, Symbol
from fastnn.graph.spec import Spec


def verify(graph: Graph, after: str) -> None:
    """Raise GraphError, naming the pass `after` which it came, where the graph is not what passes promise.

    Each symbol is made once, before it is read; results are what the record's shape rule says; kept symbols and effects
    are made in the graph; bodies of loops and branches are graphs of their own that fit the node.
    """
    made = _nodes(graph.nodes, after)
    for s in graph.outputs:
        _expect(s in made, after, f"the output {s!r} is made by no node")
    seen = set()
    for variable, s in graph.updates:
        _expect(s in made, after, f"the update of {variable.path} reads {s!r}, which no node makes")
        _expect(variable not in seen, after, f"{variable.path} is updated twice")
        _expect(
            s.shape == variable.shape and s.dtype == variable.dtype,
            after,
            f"the update of {variable.path} {variable.shape} {variable.dtype} is {s.shape} {s.dtype}",
        )
        seen.add(variable)


def _expect(holds: bool, after: str, what: str) -> None:
    if not holds:
        raise GraphError(f"After the pass '{after}': {what}.")


def _nodes(nodes: Sequence[Node], after: str) -> set[Symbol]:
    made = set()
    for node in nodes:
        for s in node.inputs:
            _expect(s is None or s in made, after, f"{node!r} reads {s!r} before it is made")
        for i, s in enumerate(node.outputs):
            _expect(s not in made, after, f"{s!r} is made twice")
            _expect(s.node is node and s.index == i, after, f"{s!r} does not know that {node!r} makes it")
            made.add(s)
        if node.op.structural:
            _bodies(node, after)
        elif not isinstance(node.op, Leaf):
            specs = node.op.infer([None if s is None else Spec(s.shape, s.dtype) for s in node.inputs], node.attrs)
            specs = (specs,) if isinstance(specs, Spec) else tuple(specs)
            found = tuple(Spec(s.shape, s.dtype) for s in node.outputs)
            _expect(
                all(a.shape == tuple(b.shape) and a.dtype == b.dtype for a, b in zip(found, specs, strict=True)),
                after,
                f"{node!r} gives {found}, its shape rule says {specs}",
            )
    return made


def _bodies(node: Node, after: str) -> None:
    for body in bodies(node):
        made = _nodes(body.nodes, after)
        for s in (*body.inputs, *body.outputs):
            _expect(s in made, after, f"{s!r} of a body of {node!r} is made by no node of it")
    specs = [(s.shape, s.dtype) for s in node.outputs]
    if node.op is BRANCH:
        for body in node.payload:
            _expect(_specs(body.outputs) == specs, after, f"a side of {node!r} gives other values")
            _expect(_specs(body.inputs) == _specs(node.inputs[1:]), after, f"a side of {node!r} takes other values")
        return
    attrs, body = node.attrs, node.payload.body
    first, carried = attrs["constants"], attrs["carried"]
    end = first + carried + attrs["sliced"]
    _expect(
        _specs(body.inputs[: first + carried]) == _specs(node.inputs[: first + carried]),
        after,
        f"the body of {node!r} takes other values",
    )
    _expect(
        _specs(body.outputs[:carried]) == _specs(node.inputs[first : first + carried]) == specs[:carried],
        after,
        f"the body of {node!r} changes what it carries",
    )
    rows = [((attrs["count"], *s.shape), s.dtype) for s in body.inputs[first + carried :]]
    _expect(rows == _specs(node.inputs[first + carried : end]), after, f"the slices of {node!r} do not fit")
    stacked = [((attrs["count"], *s.shape), s.dtype) for s in body.outputs[carried:]]
    _expect(specs[carried : carried + len(stacked)] == stacked, after, f"the stacked values of {node!r} do not fit")


def _specs(symbols: Iterable[Symbol]) -> list[tuple[Dims, str]]:
    return [(s.shape, s.dtype) for s in symbols]
