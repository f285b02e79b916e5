"""Batch tiles: kernels that hand the same images on run a few images at a time, while those are in L2.

A convolution, its gradient, pooling, statistics and element-wise work all go through a batch image by image. One after
the other, each of them streams the whole batch through the memory; together, tile by tile, only the first one reads it
from there. Work in between that has nothing to do with the group (packing of weights) moves before it, work that
waits for it (sums of partial results) behind it. The order of every sum stays: equal bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fastnn.compiler.emit import Access, Buffer, Instruction, Unit
from fastnn.compiler.target import Target

_Bytes = tuple[int, int, Access]  # first byte, end, the access
LONGEST = 24  # cells in a group


def batch_tile_groups(units: Sequence[Unit], target: Target) -> list[list[Unit]]:
    """Units (lists of cells) from cells (lists of instructions), in an order with the same result."""
    out: list[list[_Cell]] = []
    group: _Group | None = None
    late: list[_Cell] = []
    owners: dict[Buffer, set[_Cell]] = {}
    cells = [_Cell(c) for c in units]
    for cell in cells:
        for buffer in cell.arena:
            owners.setdefault(buffer, set()).add(cell)
    members = _members(cells)
    for at, cell in enumerate(cells):
        if group is not None:
            waits = any(cell.conflicts(other) for other in late)
            if cell in members and not waits and group.join(cell, cells[at + 1 : at + LONGEST]):
                continue
            if cell not in members:
                if waits or any(cell.conflicts(other) for other in group.cells):
                    late.append(cell)
                else:
                    out.append([cell])  # has nothing to do with the group: before it
                continue
            out += [*group.units(owners), *([c] for c in late)]
            group, late = None, []
        if cell in members:
            group = _Group(cell, target)
        else:
            out.append([cell])
    if group is not None:
        out += [*group.units(owners), *([c] for c in late)]
    return [[cell.instructions for cell in unit] for unit in out]


def _members(cells: Sequence[_Cell]) -> set[_Cell]:
    """The cells that work on images: kernels that say so, and element-wise cells on what those read or write."""
    images: set[Buffer] = set()
    found: set[_Cell] = set()
    grown = True
    able = [cell for cell in cells if cell.parts > 1]
    while grown:
        grown = False
        for cell in able:
            if cell not in found and (not cell.instructions[0].elementwise or not images.isdisjoint(cell.shared)):
                found.add(cell)
                images.update(cell.shared)
                grown = True
    return found


class _Cell:
    """Instructions of one tile group, with what they touch.

    parts: into how many equal parts its items may be cut, or 0.  arena: {buffer: accesses}; shared: those of its
    buffers that it touches part by part.  fixed: accesses to memory that the plan does not own, with their addresses.
    """

    def __init__(self, instructions: Unit) -> None:
        self.instructions, head = instructions, instructions[0]
        fits = head.host is None and head.parts is not None and (head.elementwise or not head.tile)
        self.parts = (head.parts or 0) if fits else 0
        self.arena: dict[Buffer, list[_Bytes]] = {}
        self.fixed: list[_Bytes] = []
        self.written: set[Buffer] = set()
        for ins in instructions:
            for a in ins.accesses():
                if a.buffer.in_arena:
                    self.arena.setdefault(a.buffer, []).append((a.offset, a.offset + a.nbytes, a))
                    if a.write:
                        self.written.add(a.buffer)
                else:
                    start = a.buffer.base + a.offset
                    self.fixed.append((start, start + a.nbytes, a))
        self.fixed_write = any(a.write for _, _, a in self.fixed)
        self.shared = {b for b, touches in self.arena.items() if any(not a.whole for _, _, a in touches)}

    def clashes(self, other: _Cell) -> Iterator[tuple[_Bytes, _Bytes]]:
        """Pairs of (first byte, end, access) that share bytes of which one is written."""
        for buffer in self.arena.keys() & other.arena.keys():
            if buffer in self.written or buffer in other.written:
                yield from _overlaps(self.arena[buffer], other.arena[buffer])
        if self.fixed_write or other.fixed_write:  # variables may be parts of one array
            yield from _overlaps(self.fixed, other.fixed)

    def conflicts(self, other: _Cell) -> bool:
        """Whether the two must stay in their order."""
        return next(self.clashes(other), None) is not None

    def aligned(self, other: _Cell, count: int) -> bool:
        """Whether what the two share is cut alike: part i of one is part i of the other."""
        return all(
            x[2].parts % count == 0 == y[2].parts % count and x[:2] == y[:2] and x[2].moves == y[2].moves
            for x, y in self.clashes(other)
        )

    def run(self, count: int) -> int:
        """Parts of which one partial result is made, 0 where a result ends within a part."""
        runs = [ins.run * count / ins.n if ins.run > 1 else 1 for ins in self.instructions]
        return 0 if any(r != int(r) for r in runs) else math.lcm(*(max(1, int(r)) for r in runs))


def _overlaps(mine: Iterable[_Bytes], others: Iterable[_Bytes]) -> Iterator[tuple[_Bytes, _Bytes]]:
    for x in mine:
        for y in others:
            if (x[2].write or y[2].write) and (x[2].moves != y[2].moves or (x[0] < y[1] and y[0] < x[1])):
                yield x, y


class _Group:
    def __init__(self, cell: _Cell, target: Target) -> None:
        self.cells, self.count, self.run, self.target = [cell], cell.parts, 1, target
        self.shared = set(cell.shared)

    def join(self, cell: _Cell, following: Sequence[_Cell]) -> bool:
        """Whether the cell became a part of the group.  following: the cells after it.

        It has to share something with the group, or to make something for a cell that does (an activation that a
        gradient reads once more).
        """
        if self.shared.isdisjoint(cell.shared):
            reader = next((c for c in following if not cell.written.isdisjoint(c.arena)), None)
            if reader is None or self.shared.isdisjoint(reader.shared):
                return False
        count = math.gcd(cell.parts, self.count)
        if len(self.cells) >= LONGEST or count < 2 or not all(cell.aligned(other, count) for other in self.cells):
            return False
        cells = [*self.cells, cell]
        runs = [c.run(count) for c in cells]
        run = math.lcm(*runs)
        if run == 0 or (run > 1 and 4 * run > count) or self._image_bytes(cells, count) > self.target.image_bytes:
            return False
        self.cells, self.count, self.run = cells, count, run
        self.shared |= cell.shared
        return True

    @staticmethod
    def _image_bytes(cells: Sequence[_Cell], count: int) -> int:
        seen = {(b, lo): hi - lo for c in cells for b in c.shared for lo, hi, _ in c.arena[b]}
        return sum(seen.values()) // count

    def units(self, owners: Mapping[Buffer, set[_Cell]]) -> list[list[_Cell]]:
        """The group as one unit where that pays, else its cells as units."""
        image, target = self._image_bytes(self.cells, self.count), self.target
        if len(self.cells) == 1 or image * self.count < (target.span_worth or 0):
            return [[cell] for cell in self.cells]
        all_of_it = [ins for cell in self.cells for ins in cell.instructions]
        chunk = target.chunk(self.count, sum(target.work_ns(ins.nbytes, ins.flops) for ins in all_of_it))
        chunk = min(self.count, -(-chunk // self.run) * self.run)
        span = -(-chunk // -(-chunk // max(1, target.span_bytes // max(image, 1))))
        for ins in all_of_it:
            ins.chunk, ins.span = chunk * ins.n // self.count, span * ins.n // self.count
        self._scratch(owners)
        return [self.cells]

    def _scratch(self, owners: Mapping[Buffer, set[_Cell]]) -> None:
        """Buffers that only this group touches, and part by part, need a span each and no place in the arena."""
        mine = set(self.cells)
        seen: dict[Buffer, list[tuple[Instruction, Access]]] = {}
        for cell in self.cells:
            for ins in cell.instructions:
                for a in ins.accesses():
                    if a.buffer.in_arena and not (a.buffer.pinned or a.buffer.shared or a.buffer.tile_only):
                        seen.setdefault(a.buffer, []).append((ins, a))
        for buffer, touches in seen.items():
            if (
                not touches[0][1].read
                and owners[buffer] <= mine
                and all(
                    a.offset == 0
                    and a.nbytes == buffer.nbytes
                    and a.parts % self.count == 0
                    and buffer.nbytes % ins.n == 0
                    for ins, a in touches
                )
            ):
                buffer.tile_only = True
