"""Batch tiles: kernels that hand the same images on run a few images at a time, while those are in L2.

A convolution, its gradient, pooling, statistics and element-wise work all go through a batch image by image. One after
the other, each of them streams the whole batch through the memory; together, tile by tile, only the first one reads it
from there. Work in between that has nothing to do with the batch tile (panels of weights) moves before it, work that
waits for it (sums of partial results) behind it; nothing moves past a guard. The order of every sum stays: equal bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fastnn.compiler.emit import Access, Buffer, Group, Instruction
from fastnn.compiler.target import Target

_Bytes = tuple[int, int, Access]  # first byte, end, the access
LONGEST = 24  # tile groups in a batch tile


def fused(instructions: Sequence[Group], target: Target) -> list[list[Group]]:
    """Fusion groups, lists of tile groups (lists of instructions), in an order with the same result."""
    out: list[list[_TileGroup]] = []
    batch: _BatchTile | None = None
    late: list[_TileGroup] = []
    owners: dict[Buffer, set[_TileGroup]] = {}
    tile_groups = [_TileGroup(c) for c in instructions]
    for tiles in tile_groups:
        for buffer in tiles.arena:
            owners.setdefault(buffer, set()).add(tiles)
    members = _members(tile_groups)
    for at, tiles in enumerate(tile_groups):
        if batch is not None and tiles.instructions[0].sync:  # what is behind a guard stays there
            out += [*batch.groups(owners), *([c] for c in late)]
            batch, late = None, []
        if batch is not None:
            waits = any(tiles.conflicts(other) for other in late)
            if tiles in members and not waits and batch.join(tiles, tile_groups[at + 1 : at + LONGEST]):
                continue
            if tiles not in members:
                if waits or any(tiles.conflicts(other) for other in batch.tile_groups):
                    late.append(tiles)
                else:
                    out.append([tiles])  # has nothing to do with the batch tile: before it
                continue
            out += [*batch.groups(owners), *([c] for c in late)]
            batch, late = None, []
        if tiles in members:
            batch = _BatchTile(tiles, target)
        else:
            out.append([tiles])
    if batch is not None:
        out += [*batch.groups(owners), *([c] for c in late)]
    return [[tiles.instructions for tiles in group] for group in out]


def _members(tile_groups: Sequence[_TileGroup]) -> set[_TileGroup]:
    """The tile groups that work on images: kernels that say so, and element-wise ones on what those read or write."""
    images: set[Buffer] = set()
    found: set[_TileGroup] = set()
    grown = True
    able = [tiles for tiles in tile_groups if tiles.parts > 1]
    while grown:
        grown = False
        for tiles in able:
            if tiles not in found and (not tiles.instructions[0].elementwise or not images.isdisjoint(tiles.shared)):
                found.add(tiles)
                images.update(tiles.shared)
                grown = True
    return found


class _TileGroup:
    """Instructions of one tile group, with what they touch.

    parts: into how many equal parts its items may be cut, or 0.  arena: {buffer: accesses}; shared: those of its
    buffers that it touches part by part.  fixed: accesses to memory that the plan does not own, with their addresses.
    """

    def __init__(self, instructions: Group) -> None:
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

    def clashes(self, other: _TileGroup) -> Iterator[tuple[_Bytes, _Bytes]]:
        """Pairs of (first byte, end, access) that share bytes of which one is written."""
        for buffer in self.arena.keys() & other.arena.keys():
            if buffer in self.written or buffer in other.written:
                yield from _overlaps(self.arena[buffer], other.arena[buffer])
        if self.fixed_write or other.fixed_write:  # variables may be parts of one array
            yield from _overlaps(self.fixed, other.fixed)

    def conflicts(self, other: _TileGroup) -> bool:
        """Whether the two must stay in their order."""
        return next(self.clashes(other), None) is not None

    def aligned(self, other: _TileGroup, count: int) -> bool:
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


class _BatchTile:
    def __init__(self, tiles: _TileGroup, target: Target) -> None:
        self.tile_groups, self.count, self.run, self.target = [tiles], tiles.parts, 1, target
        self.shared = set(tiles.shared)

    def join(self, tiles: _TileGroup, following: Sequence[_TileGroup]) -> bool:
        """Whether the tile group became a part of the batch tile.  following: the tile groups after it.

        It has to share something with the batch tile, or to make something for one that does (an activation that a
        gradient reads once more).
        """
        if self.shared.isdisjoint(tiles.shared):
            reader = next((c for c in following if not tiles.written.isdisjoint(c.arena)), None)
            if reader is None or self.shared.isdisjoint(reader.shared):
                return False
        count = math.gcd(tiles.parts, self.count)
        if (
            len(self.tile_groups) >= LONGEST
            or count < 2
            or not all(tiles.aligned(other, count) for other in self.tile_groups)
        ):
            return False
        tile_groups = [*self.tile_groups, tiles]
        runs = [c.run(count) for c in tile_groups]
        run = math.lcm(*runs)
        if run == 0 or (run > 1 and 4 * run > count) or self._image_bytes(tile_groups, count) > self.target.image_bytes:
            return False
        self.tile_groups, self.count, self.run = tile_groups, count, run
        self.shared |= tiles.shared
        return True

    @staticmethod
    def _image_bytes(tile_groups: Sequence[_TileGroup], count: int) -> int:
        seen = {(b, lo): hi - lo for c in tile_groups for b in c.shared for lo, hi, _ in c.arena[b]}
        return sum(seen.values()) // count

    def groups(self, owners: Mapping[Buffer, set[_TileGroup]]) -> list[list[_TileGroup]]:
        """One fusion group where a batch tile pays, else a fusion group of each tile group."""
        image, target = self._image_bytes(self.tile_groups, self.count), self.target
        if len(self.tile_groups) == 1 or image * self.count < (target.span_worth or 0):
            return [[tiles] for tiles in self.tile_groups]
        all_of_it = [ins for tiles in self.tile_groups for ins in tiles.instructions]
        chunk = target.chunk(self.count, sum(target.work_ns(ins.nbytes, ins.flops) for ins in all_of_it))
        chunk = min(self.count, -(-chunk // self.run) * self.run)
        span = -(-chunk // -(-chunk // max(1, target.span_bytes // max(image, 1))))
        for ins in all_of_it:
            ins.chunk, ins.span = chunk * ins.n // self.count, span * ins.n // self.count
        self._scratch(owners)
        return [self.tile_groups]

    def _scratch(self, owners: Mapping[Buffer, set[_TileGroup]]) -> None:
        """Buffers that only this batch tile touches, and part by part, need a span each and no place in the arena."""
        mine = set(self.tile_groups)
        seen: dict[Buffer, list[tuple[Instruction, Access]]] = {}
        for tiles in self.tile_groups:
            for ins in tiles.instructions:
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
