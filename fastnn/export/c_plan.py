"""A plan whose instructions are the operations themselves, one call of C for each.

The lowering of the CPU (fastnn/compiler/lower.py) makes it, with one rule for all records instead of theirs: loops,
places, copies and the memory plan are the engine's. Only the arena has one part for each type: C does not let values
of two types take turns in one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastnn.compiler import memory, passes, schedule
from fastnn.compiler.assemble import assemble
from fastnn.compiler.emit import Buffer, Emitter, Items, Region
from fastnn.compiler.graph import Graph
from fastnn.compiler.lower import Lowered, Lowering
from fastnn.compiler.plan import Plan
from fastnn.compiler.spaces import Spaces
from fastnn.compiler.structure import Structure
from fastnn.compiler.target import Options
from fastnn.core.dtypes import kernel_type
from fastnn.core.errors import NotSupportedError
from fastnn.core.types import Array
from fastnn.export.c_kernels import RULES
from fastnn.export.c_words import Call, Value
from fastnn.graph import Symbol, Trace
from fastnn.graph.bodies import bodies
from fastnn.graph.node import BRANCH, CONSTANT, INPUT, LOOP, VARIABLE, Node

LEAVES = (INPUT, VARIABLE, CONSTANT, LOOP, BRANCH)
BY_SIZE = {1: "u8", 2: "u16", 4: "i32", 8: "i64"}


class Part(NamedTuple):
    """The part of the arena for one kernel type: bytes [start, start + nbytes)."""

    kind: str
    start: int
    nbytes: int


class Planned(NamedTuple):
    """The plan of a graph for C.

    calls: {kernel name: Call}, of all kernels but copies and fills.  parts: of the arena.
    constants: [(offset, bytes)].  variables: by number.  inputs: {number of an array: number of the input}.
    """

    plan: Plan
    calls: dict[str, Call]
    parts: list[Part]
    constants: list[tuple[int, bytes]]
    variables: list[Any]
    inputs: dict[int, int]


def planned(trace: Trace, outputs: Sequence[Symbol], inputs: Sequence[tuple[Symbol, Array]]) -> Planned:
    """The plan of a finished trace of inference; inputs: [(symbol, an array of its shape and dtype)].

    Raises NotSupportedError, naming operation and layer, for an operation without a rule.
    """
    graph = Graph.of(trace, outputs)
    structure = Structure(graph, dict(inputs))
    if graph.updates:
        names = ", ".join(sorted({v.path for v, _ in graph.updates}))
        raise NotSupportedError(
            f"export to c: predict changes the variables {names}; expected a model that keeps nothing between calls."
        )
    options = Options(fuse=False)
    graph = passes.run(graph)
    _check(graph.nodes)
    calls = _Calls()
    lowering = _Lowering(graph, Spaces(structure), options)
    lowering.calls = calls
    lowering.leaves()
    lowering.run()
    found = [lowering.operands[s] for s in graph.outputs]
    for operand in found:
        operand.buffer.pinned = True
        calls.types.setdefault(operand.buffer, kernel_type(operand.dtype))
    groups = schedule.fusion_groups(lowering.out, options.target, False)
    blocks, _ = memory.lifetimes(groups)
    parts, total = _placed(blocks, groups, calls.types)
    storage = lowering.storage
    plan = assemble(groups, Lowered(lowering.out, found, storage), blocks, total, 0, options)
    order = [s for s, _ in inputs]
    numbers = {number: order.index(s) for s, (_, number, _) in structure.sources.items()}
    return Planned(plan, calls.by_name, parts, list(storage._constants), structure.variables, numbers)


def _check(nodes: Sequence[Node]) -> None:
    """Raise NotSupportedError for the first node that there is no rule for."""
    for node in nodes:
        for body in bodies(node):
            _check(body.nodes)
        if node.op in LEAVES or node.op.name in RULES or node.op.alias:
            continue
        where = f" in layer {node.scope!r}" if node.scope else ""
        raise NotSupportedError(
            f"export to c: the operation {node.op.name!r}{where} has no rule for C. Rules are there for "
            f"{', '.join(sorted(RULES))}."
        )


class _Calls:
    """Calls by the names of their functions, and what lies in the buffers of the arena."""

    def __init__(self) -> None:
        self.by_name: dict[str, Call] = {}
        self._names: dict[Any, str] = {}
        self.types: dict[Buffer, str] = {}

    def name(self, call: Call) -> str:
        """The name of the function of a call; equal ones share it."""
        key = repr(call)
        if key not in self._names:
            self._names[key] = f"{call.op}_{len(self.by_name)}"
            self.by_name[self._names[key]] = call
        return self._names[key]


class _Lowering(Lowering):
    """The lowering of the engine with one instruction for each node."""

    calls: _Calls

    def body(self, graph: Any, region: Region | None) -> Lowering:
        inner = _Lowering(graph, self.storage, self.options, region)
        inner.calls = self.calls
        return inner

    def lowering_of(self, op: Any) -> Any:
        return self._call

    def _host(self, node: Node, ins: Sequence[Any], outs: Sequence[Any]) -> None:
        self._call(Emitter(node, ins, outs, self))

    def _call(self, e: Emitter) -> None:
        """One instruction that reads the inputs, and writes the results that somebody reads."""
        wanted = [k == 0 or self.root[s] in self.last_use for k, s in enumerate(e.node.outputs)]
        outs = [o if there else None for o, there in zip(e.outs, wanted)]
        value = lambda o: None if o is None else Value(o.shape, o.dtype)
        attrs = tuple((k, v) for k, v in e.node.attrs.items())
        call = Call(e.node.op.name, attrs, tuple(map(value, e.ins)), tuple(map(value, outs)))
        for o in (*e.ins, *outs):
            if o is not None:
                self.calls.types.setdefault(o.buffer, kernel_type(o.dtype))
        accesses = [o.rd_all for o in e.ins if o is not None] + [o.wr_all for o in outs if o is not None]
        e.emit(self.calls.name(call), *accesses, n=1)


def _placed(blocks: Sequence[Buffer], groups: Items, types: Mapping[Buffer, str]) -> tuple[list[Part], int]:
    """Give buffers their offsets, those of one type in one part of the arena; (parts, bytes of all)."""
    sizes = _item_sizes(groups, {})
    kind_of = lambda b: types.get(b) or BY_SIZE[sizes.get(b, 1)]
    parts, start = [], 0
    for kind in sorted({kind_of(b) for b in blocks}):
        mine = [b for b in blocks if kind_of(b) == kind]
        nbytes = memory.plan(mine)
        for b in mine:
            b.offset += start
        parts.append(Part(kind, start, nbytes))
        start += nbytes
    return parts, start


def _item_sizes(items: Items, found: dict[Buffer, int]) -> dict[Buffer, int]:
    """{buffer: item size} of what control rows and copies touch."""
    for item in items:
        for each in [item] if isinstance(item, Region) else item:
            for a in each.accesses():
                found.setdefault(a.buffer, a.itemsize)
        if isinstance(item, Region):
            for part in item.bodies:
                _item_sizes(part, found)
    return found
