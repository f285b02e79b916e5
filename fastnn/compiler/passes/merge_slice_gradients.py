"""Gradients of slices that lie side by side: one concatenation instead of a sum of arrays that are mostly zeros.

Heads of an attention, gates of a cell and what a `call` cuts out of an array are slices of one array. The gradient of
each is an array of the whole size with zeros around; n of them cost n fills and n additions of everything. Loops over
slices need none of it (graph/loop_grad.py stacks their gradients); slices inside and outside of bodies do: a
GRU's gates, and four slices of 64 columns in a call, where a step takes 7 % longer without this pass.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.fusion import Algebra
from fastnn.graph.node import Node, Symbol
from fastnn.ops.op import REGISTRY


def merge_slice_gradients(graph: Graph) -> Graph:
    """Sums of gradients of neighbouring slices become the gradient of one slice, or the concatenation itself.

    An element gets the same numbers added; where more than one other term takes part, in another order.
    """

    def axis_of(s: Symbol) -> Any:
        place = _place(s.node)
        return place and place[:1]  # a tuple: axis 0 is a group too

    def join(group: Any, terms: list[Symbol], new: dict[Symbol, Symbol], made: list[Node]) -> Any:
        return [_joined(run, group[0], new, made) for run in _runs([(*_place(s.node)[1:], s) for s in terms])]

    return _Sums(graph).rewritten(axis_of, join)


class _Sums:
    """The sums of a graph: trees of additions of equal shapes whose inner nodes nobody else reads.

    nodes: all of their additions.  roots: those that are whole sums.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
        self._kept = set(graph.kept())
        self.nodes = {
            node
            for node in graph.nodes
            if node.op.fusion.algebra is Algebra.ADDITION and all(s.shape == node.output.shape for s in node.inputs)
        }
        self._below = {s.node for node in self.nodes for s in node.inputs if s.node in self.nodes and self.inner(s)}
        self.roots = self.nodes - self._below

    def inner(self, s: Symbol) -> bool:
        """Whether only one node, and nobody else, reads s."""
        return self._readers.get(s, 0) == 1 and s not in self._kept

    def terms(self, root: Node) -> list[Symbol]:
        """The terms of a sum, without recursion: a sequence may have thousands of steps."""
        out: list[Symbol] = []
        todo = [root]
        while todo:
            for s in todo.pop().inputs:
                if s.node in self._below and self.inner(s):
                    todo.append(s.node)
                else:
                    out.append(s)
        return out

    def rewritten(self, key: Callable[[Symbol], Any], join: Callable[..., Any]) -> Graph:
        """The graph with terms joined.

        key: a term -> the group it belongs to, or None for a term that stays.  join: (group, its terms, {symbol before:
        symbol now}, the list that new nodes are appended to) -> fewer symbols with the same sum, or as many where
        nothing can be joined.
        """
        new: dict[Symbol, Symbol] = {}

        def visit(node: Node, inputs: Inputs) -> Rewritten:
            new.update(zip(node.inputs, inputs))
            if node not in self.roots:
                return None
            groups: dict[Any, list[Symbol]] = {}
            symbols: list[Symbol] = []
            made: list[Node] = []
            terms = self.terms(node)
            for s in terms:
                group = key(s) if self.inner(s) else None
                if group is None:
                    symbols.append(new[s])
                else:
                    groups.setdefault(group, []).append(s)
            for group, members in groups.items():
                symbols += join(group, members, new, made)
            if len(symbols) == len(terms):
                return None
            total = symbols[0]
            for s in symbols[1:]:
                made.append(make(node.op, (total, s), node.attrs, node))
                total = made[-1].output
            return [*made, (total,)]

        return rewrite(self._graph, visit)


def _place(node: Node) -> Any:
    """(axis, start, stop) of the gradient of a slice with step 1 along one axis only, or None."""
    if node.op.fusion.places is None:
        return None
    keys, shape = (node.attrs[name] for name in node.op.fusion.places)
    cut = [
        (k, range(d)[slice(*key)]) for k, (key, d) in enumerate(zip(keys, shape)) if range(d)[slice(*key)] != range(d)
    ]
    if len(cut) != 1 or cut[0][1].step != 1 or not len(cut[0][1]):
        return None
    return cut[0][0], cut[0][1].start, cut[0][1].stop


def _runs(slices: Iterable[Any]) -> list[list[Any]]:
    """Lists of slices of which each begins where the one before ends; what overlaps begins a new list."""
    runs: list[list[Any]] = []
    for item in sorted(slices, key=lambda s: s[:2]):
        if runs and runs[-1][-1][1] == item[0]:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _joined(run: Sequence[Any], axis: int, new: dict[Symbol, Symbol], made: list[Node]) -> Symbol:
    """The symbol of the gradient of a run of slices; appends the nodes that it takes."""
    first = run[0][2].node
    if len(run) == 1:
        return new[first.output]
    made.append(make(REGISTRY["concatenate"], [new[s.node.inputs[0]] for _, _, s in run], {"axis": axis}, first))
    key_name, shape_name = first.op.fusion.places
    shape, start, stop = first.attrs[shape_name], run[0][0], run[-1][1]
    if stop - start < shape[axis]:
        key = tuple((start, stop, None) if k == axis else (None, None, None) for k in range(len(shape)))
        made.append(make(first.op, (made[-1].output,), {key_name: key, shape_name: shape}, first))
    return made[-1].output
