"""What leaves a loop: work that is the same in every step, and products of slices, which are one product for all.

Done while a loop is put together, so that its gradient finds this work outside, too; the pass of the same name
(compiler/passes/loops.py) does it again with what other passes have made of the body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastnn.core.errors import FastnnError
from fastnn.core.types import Attrs
from fastnn.graph.fusion import Algebra
from fastnn.graph.node import CONSTANT, INPUT, Node, Symbol
from fastnn.graph.spec import Spec

if TYPE_CHECKING:
    from fastnn.graph.loop import OpenLoop
    from fastnn.graph.trace import Trace


def hoist(open_: OpenLoop, trace: Trace) -> dict[int, Symbol]:
    """Move work of a loop (loop.OpenLoop) into the trace around it; {number of a stacked value: its array outside}."""
    return Hoist(open_, trace.add).run()


class Hoist:
    """One loop's work that leaves it.  add: (op, inputs, attrs, specs, payload) -> a node outside.

    same: {symbol of the body: symbol outside with its value}.  rows: {symbol: symbol outside with its values of all
    steps}; later: {symbol: node} of element-wise work on such, moved only where something else needs it outside.
    """

    def __init__(self, open_: OpenLoop, add: Callable[..., Node], constants: bool = False) -> None:
        self.open_, self.add, self.constants = open_, add, constants
        heads = {s for _, s, _ in open_.carried}
        self.same = {s: outer for s, outer in open_.trace.outside.items() if s not in heads}
        self.rows = {s: outer for outer, s in open_.sliced}
        self.later: dict[Symbol, Node] = {}
        self.plain: set[Symbol] = set()
        self.moved: dict[Symbol, Node] = {}

    def run(self) -> dict[int, Symbol]:
        """Move it."""
        open_, left = self.open_, []
        for node in open_.nodes:
            if node.op is CONSTANT:
                self.plain.add(node.output)
                left.append(node)
            elif node.op is INPUT or not self._leaves(node):
                left.append(node)
        outside = {}
        if open_.sure:
            for k, s in enumerate(open_.stacked):
                rows = self._all_rows(s)
                if rows is not None:
                    outside[k] = rows
        open_.nodes = self._inputs() + left
        return outside

    def _leaves(self, node: Node) -> bool:
        """Whether a node need not be in the loop; then it is outside, or can be."""
        op = node.op
        if op.structural or op.draws or op.host is not None or not all(self._known(s) for s in node.inputs):
            return False
        if all(s is None or s in self.same or s in self.plain for s in node.inputs):
            if not (self.constants or any(s in self.same for s in node.inputs)):
                return False
            if not (self.open_.sure or all(s is None or s.dtype in ("float32", "float64") for s in node.inputs)):
                return False  # an index out of range would be an error though no step ran
            made = self.add(
                op,
                tuple(None if s is None else self._outside(s) for s in node.inputs),
                node.attrs,
                [o.spec for o in node.outputs],
                node.payload,
            )
            for s, outer in zip(node.outputs, made.outputs):
                self.same[s] = self.open_.trace.outside[s] = outer
                self.moved[s] = node
            return True
        if self.open_.remat or not self.open_.sure or len(node.outputs) != 1 or self._batched(node) is None:
            return False
        if op.fusion.algebra is Algebra.PRODUCT:
            self._all_rows(node.output, node)
            self.moved[node.output] = node
            self.open_.sliced.append((self.rows[node.output], node.output))
            return True
        self.later[node.output] = node
        return False

    def _known(self, s: Symbol | None) -> bool:
        return s is None or s in self.same or s in self.plain or s in self.rows or s in self.later

    def _outside(self, s: Any) -> Symbol:
        if s in self.plain:
            self.same[s] = self.add(CONSTANT, (), {}, [s.spec], s.node.payload).output
        return self.same[s]

    def _batched(self, node: Node) -> tuple[Attrs, Spec] | None:
        """(attrs, spec) of a node that does its work for all steps at once, or None where that is another operation."""
        op, count, out = node.op, self.open_.count, node.output
        if op.fusion.reshapes:
            return {**node.attrs, op.fusion.reshapes: (count, *out.shape)}, Spec((count, *out.shape), out.dtype)
        if op.fusion.algebra is Algebra.PRODUCT:
            x, w = node.inputs[:2]
            if (
                node.attrs["transpose_a"]
                or x in self.same
                or x in self.plain
                or len(w.shape) != 2
                or any(s in self.rows or s in self.later for s in node.inputs[1:])
            ):
                return None
        elif not op.elementwise:
            return None
        specs = [
            None if s is None else s.spec if s in self.same or s in self.plain else Spec((count, *s.shape), s.dtype)
            for s in node.inputs
        ]
        try:
            spec = op.infer(specs, node.attrs)
        except FastnnError:
            return None
        ranks = [(len(s.shape), s in self.same or s in self.plain) for s in node.inputs if s is not None]
        if any(rank > len(out.shape) if once else rank != len(out.shape) for rank, once in ranks):
            return None  # broadcasting would meet the wrong dimensions
        return (node.attrs, spec) if spec == Spec((count, *out.shape), out.dtype) else None

    def _all_rows(self, s: Symbol, node: Node | None = None) -> Symbol | None:
        """The symbol outside that has the values of s of all steps; makes it, or None where that cannot be."""
        if s in self.rows:
            return self.rows[s]
        node = node or self.later.get(s)
        batched = None if node is None else self._batched(node)
        if node is None or batched is None:
            return None
        inputs: list[Symbol | None] = []
        for x in node.inputs:
            inside = x is not None and x not in self.same and x not in self.plain
            inputs.append(None if x is None else self._all_rows(x) if inside else self._outside(x))
        attrs, spec = batched
        self.rows[s] = self.add(node.op, tuple(inputs), attrs, [spec], node.payload).output
        return self.rows[s]

    def _inputs(self) -> list[Node]:
        """INPUT nodes in the place of what was moved."""
        made, done = [], set()
        for node in self.moved.values():
            if node not in done:
                done.add(node)
                for o in node.outputs:
                    made.append(_input_for(o))
        return made


def _input_for(symbol: Symbol) -> Node:
    """An INPUT node whose result is this very symbol."""
    node = Node(INPUT, (), {}, [], symbol.node.scope, symbol.node.order)
    node.outputs, symbol.node, symbol.index = (symbol,), node, 0
    return node
