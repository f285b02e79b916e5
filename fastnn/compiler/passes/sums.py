"""Sums of many terms, as autodiff makes them: found as trees of additions, and written again with terms joined."""
from collections.abc import Callable
from typing import Any

from fastnn.compiler.graph import Graph, Inputs, Rewritten, make, rewrite
from fastnn.graph.node import Node, Symbol


class Sums:
    """The sums of a graph: trees of additions of equal shapes whose inner nodes nobody else reads.

    nodes: all of their additions.  roots: those that are whole sums.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._readers = {s: len(nodes) for s, nodes in graph.consumers().items()}
        self._kept = set(graph.kept())
        self.nodes = {node for node in graph.nodes
                      if node.op.name == "add" and all(s.shape == node.output.shape for s in node.inputs)}
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
