"""Lowering: every node's record emits instructions; every symbol gets an operand.

Where a value lies is decided here: in place of an input that is read for the last time, inside a larger
buffer that wants its parts side by side, straight in the variable that it updates, or in the arena.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastnn.compiler.emit import Buffer, Emitter, Home, Instruction, Items, Key, Operand, Region
from fastnn.compiler.graph import Graph, guarded
from fastnn.compiler.lower_loops import lower_branch, lower_loop
from fastnn.compiler.spaces import Spaces
from fastnn.compiler.structure import Structure
from fastnn.compiler.target import Options
from fastnn.core import dtypes
from fastnn.core.dtypes import kernel_type
from fastnn.core.errors import GraphError
from fastnn.core.types import Attrs
from fastnn.graph.bodies import Body
from fastnn.graph.node import BRANCH, CONSTANT, INPUT, LOOP, VARIABLE, Node, Record, Symbol

NEVER = math.inf
CONTROL = {LOOP: lower_loop, BRANCH: lower_branch}


class DataSlot:
    """Where batches of one input come from: `io` = int64 words {address, row stride in bytes, rows}, `index` =
    one word, the address of the int64 row order (0: as they lie).  The words may change between runs.

    array, order: what the words speak of, for devices, which have copies: stamp and mixed change with them.  place: of
    the copies (fastnn.runtime.device_data).
    """

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype  # of the rows as they lie; the batch may have another
        self.io, self.index = np.zeros(3, np.int64), np.zeros(1, np.int64)
        self.array: Any = None
        self.order: Any = None
        self.stamp = self.mixed = 0
        self.place: Any = None


class Lowered(NamedTuple):
    """Instructions and regions, the operands of the wanted outputs, and the spaces that they refer to."""

    items: list[Any]
    outputs: list[Operand]
    spaces: Spaces


def lower(graph: Graph, structure: Structure, options: Options) -> Lowered:
    """Instructions for the graph.

    structure: the Structure of the graph that was traced.  options.reuse=False: every value has its own memory (the
    planner's off-switch).
    """
    lowering = Lowering(graph, Spaces(structure), options)
    lowering.leaves()
    lowering.run()
    lowering.updates()
    outputs = [lowering.operands[s] for s in graph.outputs]
    for o in outputs:
        o.buffer.pinned = True
    return Lowered(lowering.out, outputs, lowering.storage)


class Lowering:
    """The lowering of one graph: the whole one, or a body.

    storage: the Spaces.  region: the loop or branch whose body this is, or None.  out: the list that instructions go
    into.  operands: {symbol: Operand}.  homes: {root symbol: Home}.
    """

    def __init__(self, graph: Any, storage: Spaces, options: Options, region: Region | None = None) -> None:
        self.graph, self.storage, self.options, self.region = graph, storage, options, region
        self.reuse, self.target = options.reuse, options.target
        self.out: Items = []
        self.operands: dict[Symbol, Operand] = {}
        self.root: dict[Symbol, Symbol] = {}
        self.last_use: dict[Symbol, float] = {}
        self.homes: dict[Symbol, Home] = {}
        self.views: dict[Symbol, tuple[Symbol, int]] = {}
        self._analyse()

    def body(self, graph: Body, region: Region | None) -> Lowering:
        """The lowering of a body of the same plan."""
        return Lowering(graph, self.storage, self.options, region)

    def key(self, attrs: Attrs) -> Key:
        """The argument word of a random key."""
        return self.storage.key(attrs, self.region)

    # ------------------------------------------------------------------ analysis
    def _analyse(self) -> None:
        """Which symbols are views of which, and when each is read for the last time."""
        for k, node in enumerate(self.graph.nodes):
            for i, s in enumerate(node.outputs):
                a = (node.op.alias or {}).get(i)
                self.root[s] = s if a is None else self.root[node.inputs[a]]
            for s in node.inputs:
                if s is not None:
                    self.last_use[self.root[s]] = k
        for s in self.graph.outputs:
            self.last_use[self.root[s]] = NEVER

    def leaves(self) -> None:
        """Variables and their updates, inputs and data slots: what the whole graph has and bodies have not."""
        graph, sources = self.graph, [self.root[s] for _, s in self.graph.updates]
        leaf = {n.payload: n.output for n in graph.nodes if n.op is VARIABLE}
        early = guarded(graph.nodes)  # nothing of a variable may change before the guards
        for (variable, _), r in zip(graph.updates, sources):
            if r.node.op is not VARIABLE or r.node.payload is not variable:
                self.last_use[r] = NEVER
            if r.node in early and not r.node.op.guards:
                continue
            if sources.count(r) == 1 and r not in self.homes and r.node.op not in (INPUT, VARIABLE, CONSTANT):
                self.homes[r] = Home(self.storage.variable(variable), leaf.get(variable))
        for node in graph.nodes if self.reuse else ():
            if node.op.name == "flat_concat":
                self._place_views(node)
        updated = {v for v, _ in graph.updates}
        inputs = [n.output for n in graph.nodes if n.op is INPUT]
        numbers = self.storage.structure.sources
        for node in graph.nodes:
            if node.op is VARIABLE:
                operand, s = self.storage.variable(node.payload), node.output
                if node.payload in updated and self.last_use.get(s) == NEVER:
                    copy = self.arena(s)  # an output wants the value from before the update
                    Emitter(node, [], [], self).copy(operand, copy)
                    operand = copy
                self.operands[s] = operand
        for s in inputs:
            self.operands[s] = self._input(s, numbers.get(s))

    def _place_views(self, node: Node) -> None:
        """Let the inputs of a flat_concat node be produced at their places inside its output."""
        for s, offset in zip(node.inputs, node.attrs["offsets"]):
            r = self.root[s]
            if (
                r.spec.size == s.spec.size
                and r.node.op not in (INPUT, VARIABLE, CONSTANT)
                and r not in self.views
                and r not in self.homes
                and r.dtype == node.output.dtype
                and self.last_use[r] != NEVER
            ):
                self.views[r] = node.output, offset * dtypes.itemsize(s.dtype)

    def _input(self, s: Symbol, source: Any) -> Operand:
        if source is None:
            raise GraphError(f"The input {s.name!r} of shape {s.shape} has no data bound to it.")
        kind, number, dtype = source
        if kind == "array":
            return self.storage.array(number, s)
        operand = self.arena(s, s.name or "input")
        rows, order = self.storage.slot(number)
        e, row = Emitter(s.node, [], [operand], self), operand.real
        e.emit(
            f"gather_rows_{row.t}_{kernel_type(dtypes.COMPLEX.get(dtype, dtype))}",
            rows.rd_all,
            order.rd_all,
            row.wr,
            row.size // s.shape[0],
            e.state,
            n=s.shape[0],
        )
        return operand

    # ------------------------------------------------------------------ places
    def arena(self, symbol: Symbol, label: str = "") -> Operand:
        """An operand of the arena for a symbol."""
        return Operand(
            Buffer(max(symbol.spec.nbytes, 1), label or str(symbol.node.op.name), region=self.region),
            0,
            symbol.shape,
            symbol.dtype,
        )

    def place(self, node: Node, i: int, k: int) -> Operand:
        """The operand of output i of node number k."""
        s = node.outputs[i]
        if s in self.views:
            whole, offset = self.views[s]
            if whole not in self.operands:
                self.operands[whole] = self.arena(whole, "gradients")
            return self.operands[whole].view(s.shape, s.dtype, offset)
        if s in self.operands:  # a flat_concat's output, made when its first part was
            return self.operands[s]
        j = node.op.inplace.get(i) if node.op.inplace else None
        if j is not None and node.inputs[j] is not None and self.may_overwrite(node, node.inputs[j], s, k):
            return self.operands[node.inputs[j]].view(s.shape, s.dtype)
        home = self.homes.get(s)
        if home is not None and self.reuse and s.dtype == home.operand.dtype:
            if home.leaf is None or self.last_use.get(home.leaf, -1) < k:
                return home.operand.view(s.shape, s.dtype)
        return self.arena(s)

    def may_overwrite(self, node: Node, x: Symbol, s: Symbol, k: int) -> bool:
        """Whether result s of node number k may lie where its input x lies."""
        r, a, home = self.root[x], self.operands[x], self.homes.get(s)
        if (
            not self.reuse
            or self.last_use.get(r) != k
            or a.nbytes != s.spec.nbytes
            or a.dtype != s.dtype
            or r in self.views
            or sum(1 for y in node.inputs if y is not None and self.root[y] is r) != 1
        ):
            return False
        if home is not None:
            return r is home.leaf and a.same_place(home.operand)
        return (
            a.buffer.in_arena
            and a.buffer.region is self.region
            and not a.moves
            and a.offset == 0
            and a.buffer.nbytes == a.nbytes
            and not a.buffer.pinned
            and not (self.region and r.node.op is INPUT)
        )

    # ------------------------------------------------------------------ the walk
    def run(self) -> None:
        """Lower every node."""
        ops, meet = self.operands, None  # meet: instructions there are up to a guard
        for k, node in enumerate(self.graph.nodes):
            if meet is not None and len(self.out) > meet:
                self.out[meet].sync, meet = True, None  # nobody goes on before all of a guard has been looked at
            if node.op in (INPUT, VARIABLE):
                continue
            if node.op is CONSTANT:
                s = node.output
                ops[s] = self.storage.constant(node.payload, s.shape, s.dtype)
                continue
            if node.op in CONTROL:
                CONTROL[node.op](self, node, k)
                continue
            alias = node.op.alias or {}
            for i, s in enumerate(node.outputs):
                ops[s] = ops[node.inputs[alias[i]]].view(s.shape, s.dtype) if i in alias else self.place(node, i, k)
            ins = [None if s is None else ops[s] for s in node.inputs]
            outs = [ops[s] for s in node.outputs]
            if node.op.host is not None:
                self._host(node, ins, outs)
            elif node.op.lower is not None:
                self.lowering_of(node.op)(Emitter(node, ins, outs, self))
            elif not alias:
                raise GraphError(
                    f"{node.op.name} has no kernel: received a call of it in the graph, expected calls of "
                    "the operations that it is made of."
                )
            if node.op.guards:
                meet = len(self.out)

    def lowering_of(self, op: Record) -> Callable[[Emitter], None]:
        """The record's lowering rule for this target."""
        own = getattr(op, "cuda", None) if self.target.own else None
        rule: Any = own if callable(own) else op.lower
        found: Callable[[Emitter], None] = rule if callable(rule) else rule["cpu"]
        return found

    def _host(self, node: Node, ins: Sequence[Operand | None], outs: Sequence[Operand]) -> None:
        """A step in Python.  It sees arrays at fixed places, so what moves with a loop is copied there and back."""
        e = Emitter(node, ins, outs, self)
        fixed: list[Any] = [o if o is None or not o.moves else self._still(o) for o in (*ins, *outs)]
        for o, still in zip(ins, fixed):
            if o is not None and still is not o:
                e.copy(o, still)
        ins, still_outs = fixed[: len(ins)], fixed[len(ins) :]
        accesses = [o.rd_all for o in ins if o is not None] + [o.wr_all for o in still_outs]
        self.out.append(
            Instruction("host", accesses, 1, 1, 0, False, node, 0, host=(node, ins, still_outs), region=self.region)
        )
        for o, still in zip(outs, still_outs):
            if still is not o:
                e.copy(still, o)

    def _still(self, o: Operand) -> Operand:
        return Operand(Buffer(max(o.nbytes, 1), "copy", region=self.region), 0, o.shape, o.dtype)

    def updates(self) -> None:
        """Copy into their variables the updates that were not made there."""
        late = []
        for variable, s in self.graph.updates:
            a, target = self.operands[s], self.storage.variable(variable)
            if a.buffer is target.buffer:
                continue
            e = Emitter(s.node, [], [], self)
            if not a.buffer.in_arena and s.node.op is VARIABLE:
                copy = self.arena(s)  # it may itself be updated before this copy is made
                e.copy(a, copy)
                a = copy
            late.append((e, a, target))
        for e, a, target in late:
            e.copy(a, target)
