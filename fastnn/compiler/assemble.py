"""Assembly: scheduled groups with their places become the tables of a Plan."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastnn.compiler.emit import (
    Access,
    Buffer,
    Group,
    Instruction,
    Items,
    Key,
    Local,
    Moves,
    Operand,
    Places,
    Region,
    Table,
)
from fastnn.compiler.lower import Lowered
from fastnn.compiler.plan import Block, HostCall, Origin, Place, Plan
from fastnn.compiler.schedule import scratch_places
from fastnn.compiler.structure import KEY_ATTRS
from fastnn.compiler.target import Options
from fastnn.graph.node import Node
from fastnn.runtime import abi

MOST_TIMES = 1 << 40  # a loop that only memory ends runs so often, for all that is known
LINE = 64  # bytes of a cache line: a thread's workspaces are apart


def assemble(
    groups: Items, lowered: Lowered, blocks: Sequence[Buffer], arena_bytes: int, barriers: int, options: Options
) -> Plan:
    """The Plan of scheduled groups.  blocks: buffers of the arena, with offsets."""
    return _Assembly(lowered).plan(groups, blocks, arena_bytes, barriers, options)


class _Assembly:
    def __init__(self, lowered: Lowered) -> None:
        self.lowered, self.storage = lowered, lowered.spaces
        self.code: list[list[int]] = []
        self.words: list[int] = []
        self.relocations: list[tuple[int, ...]] = []
        self.moves: list[tuple[int, int]] = []
        self.kernels: dict[str, int] = {}
        self.hosts: list[HostCall] = []
        self.origins: list[Origin] = []
        self.costs: list[tuple[int, int, int]] = []
        self.local_bytes, self.scratch_bytes, self.groups = 0, LINE, 0
        self.tmps = 0
        self._moving: list[tuple[int, Region, int]] = []
        self._constants = self.storage.constants_space()

    def plan(self, items: Items, blocks: Sequence[Buffer], arena_bytes: int, barriers: int, options: Options) -> Plan:
        self._items(items, 1)
        table = self.storage.table
        constants = self.storage.constants()
        sizes = {"arena": arena_bytes, "constants": len(constants)}
        outputs = tuple(map(self._place, self.lowered.outputs))
        return Plan(
            options.target,
            tuple(self.kernels),
            _bytes(self.code),
            _bytes(self.words),
            _bytes(self.relocations),
            _bytes(self.moves),
            constants,
            tuple(s._replace(nbytes=sizes.get(s.kind, s.nbytes)) for s in table),
            tuple(self.hosts),
            outputs,
            tuple(self.origins),
            tuple(Block(b.label, b.nbytes, b.offset, b.first, b.last) for b in blocks),
            _bytes(self.costs),
            arena_bytes,
            self.local_bytes,
            self.scratch_bytes,
            options.guard,
            self.groups,
            barriers,
        )

    # ------------------------------------------------------------------ rows
    def _items(self, items: Items, times: int) -> None:
        for item in items:
            if isinstance(item, Region):
                self._region(item, times)
            else:
                self._group(item, times)

    def _region(self, region: Region, times: int) -> None:
        at = len(self.code)
        flags = {"loop": abi.LOOP, "while": abi.LOOP | abi.WHILE, "branch": abi.BRANCH}[region.kind]
        flags |= abi.REVERSE * region.reverse | abi.COUNTED * (region.kind == "loop" and region.flag is not None)
        row = self._row(0, region.count, 1, flags)
        self._origin(region.node, 0, 0, times)
        for a in region.accesses():
            self._address(a)
        inside = min(times * (region.count if region.kind != "branch" else 1), MOST_TIMES)
        begin = len(self.words)
        self._items(region.bodies[0], inside)
        row[abi.INNER] = len(self.code) if len(region.bodies) > 1 else at + 1
        for part in region.bodies[1:]:
            self._items(part, inside)
        row[abi.END] = len(self.code)
        if region.kind != "branch":
            mine = [(word, step) for word, loop, step in self._moving if loop is region and word >= begin]
            row[abi.TMP], row[abi.NTMP] = len(self.moves), len(mine)
            self.moves += mine

    def _row(self, fn: int, n: int, chunk: int, flags: int) -> list[int]:
        row = [0] * len(abi.COLUMNS)
        row[abi.FN], row[abi.ARGS], row[abi.N], row[abi.CHUNK], row[abi.FLAGS] = fn, len(self.words), n, chunk, flags
        row[abi.END] = row[abi.INNER] = len(self.code) + 1
        self.code.append(row)
        return row

    def _group(self, group: Group, times: int) -> None:
        places, size = scratch_places(group)
        self.scratch_bytes = max(self.scratch_bytes, size + LINE)
        self.groups += 1
        end = len(self.code) + len(group)
        for ins in group:
            flags = abi.SYNC * ins.sync | abi.JOINED * (ins.joined and len(group) == 1 and not ins.span)
            if ins.host is not None:
                fn, flags = len(self.hosts), flags | abi.HOST
                self.hosts.append(self._host(*ins.host))
            else:
                fn = self.kernels.setdefault(ins.kernel, len(self.kernels))
            at = len(self.code)
            row = self._row(fn, ins.n, ins.chunk, flags)
            row[abi.TILE], row[abi.SPAN], row[abi.END] = ins.tile, ins.span, end
            row[abi.INNER] = at + len(ins.tile_group) - ins.tile_group.index(ins)
            row[abi.TMP] = self.tmps
            self._words(ins, places)
            row[abi.NTMP] = self.tmps - row[abi.TMP]
            self._origin(ins.node, ins.nbytes, ins.flops, times)
            row[abi.LONE] = int(
                0 < ins.n <= ins.chunk
                and ins.tile == 0
                and row[abi.NTMP] == 0
                and not flags & abi.HOST
                and end == at + 1
            )

    def _origin(self, node: Node, nbytes: int, flops: float, times: int) -> None:
        self.costs.append((nbytes, int(flops), times))
        attrs = tuple((k, v) for k, v in node.attrs.items() if k not in KEY_ATTRS)
        shapes = tuple(s.shape for s in node.inputs if s is not None) or (node.outputs[0].shape,)
        self.origins.append(Origin(node.op.name, self.storage.structure.scope_number(node.scope), shapes, attrs))

    def _words(self, ins: Instruction, places: Places) -> None:
        local = 0
        for a in ins.args:
            if isinstance(a, Access):
                if a.buffer.tile_only:
                    at, wide = places[a.buffer]
                    self._relocate(abi.SCRATCH, at, a.buffer.nbytes // ins.n, int(wide))
                    self.tmps += 1
                else:
                    self._address(a)
            elif isinstance(a, Key):
                self._moves(a.moves)
                self._relocate(a.space, a.more)
            elif isinstance(a, Local):
                self._relocate(abi.LOCAL, local)
                local += -(-a.nbytes // LINE) * LINE + LINE
            elif isinstance(a, Table):
                if a.array.size:
                    self._relocate(self._constants, self.storage.place_constant(a.array))
                else:
                    self.words.append(0)
            elif isinstance(a, float):
                self.words.append(struct.unpack("<q", struct.pack("<d", a))[0])
            else:
                self.words.append(int(a))
        self.local_bytes = max(self.local_bytes, local)

    def _address(self, a: Access) -> None:
        self._moves(a.moves)
        offset = (a.buffer.offset or 0) + a.offset
        self._relocate(0 if a.buffer.in_arena else a.buffer.space, offset)

    def _moves(self, moves: Moves) -> None:
        self._moving += [(len(self.words), loop, step) for loop, step in moves]

    def _relocate(self, space: int, offset: int, size: int = 0, wide: int = 0) -> None:
        self.relocations.append((len(self.words), space, offset, size, wide))
        self.words.append(0)

    # ------------------------------------------------------------------ values
    def _place(self, o: Operand) -> Place:
        if o.buffer.in_arena and o.buffer.offset is None:  # an empty value that no instruction touches
            return Place(abi.NOWHERE, 0, o.shape, o.dtype)
        return Place(0 if o.buffer.in_arena else o.buffer.space, (o.buffer.offset or 0) + o.offset, o.shape, o.dtype)

    def _host(self, node: Node, ins: Sequence[Operand | None], outs: Sequence[Operand]) -> HostCall:
        attrs = tuple(node.attrs.items())
        return HostCall(
            node.op, attrs, tuple(None if o is None else self._place(o) for o in ins), tuple(map(self._place, outs))
        )


def _bytes(rows: Sequence[Any]) -> bytes:
    return np.array(rows, np.int64).tobytes()
