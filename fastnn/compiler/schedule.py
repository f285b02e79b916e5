"""The schedule: what runs together while its data is in a cache, and where threads must meet.

Element-wise neighbours become tile groups, which go through L1 tile by tile; tile groups and whole-image kernels that
pass the same images on become batch tiles (`fastnn.compiler.batch_tiles`); barriers go between dependent fusion groups
(`fastnn.compiler.barriers`). Groups never reach over the border of a loop or a branch.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from fastnn.compiler.batch_tiles import fused
from fastnn.compiler.emit import Access, Buffer, Group, Instruction, Items, Places, Region
from fastnn.compiler.target import Target

LONGEST = 32  # instructions in a tile group
SCRATCH_PAD = 64  # scratch arrays exactly 4 KiB apart alias in L1


def fusion_groups(items: list[Any], target: Target, fuse: bool = True) -> Items:
    """Fusion groups in place of instructions: lists of those that run together (many have one), also inside regions."""
    stretches: list[list[Any]] = []
    fuse = fuse and target.tile > 0
    out = _stretches(items, stretches)
    if fuse:
        _shared(stretches)
    for stretch in stretches:
        if fuse:
            stretch[:] = _sunk(stretch)
        tile_groups = _tile_groups(stretch, fuse)
        if fuse:
            _tile(tile_groups, target)
        groups = fused(tile_groups, target) if fuse and target.span_worth is not None else [[c] for c in tile_groups]
        stretch[:] = [[ins for tile_group in group for ins in tile_group] for group in groups]
    return _flat(out)


def _stretches(items: Iterable[Any], found: list[list[Any]]) -> list[Any]:
    """The items with every run of instructions between regions as one list, which is also put into `found`."""
    out: list[Any] = []
    stretch: list[Any] | None = None
    for item in items:
        if isinstance(item, Region):
            item.bodies = [_stretches(part, found) for part in item.bodies]
            out.append(item)
            stretch = None
        else:
            if stretch is None:
                stretch = []
                found.append(stretch)
                out.append(stretch)
            stretch.append(item)
    return out


def _flat(out: Iterable[Any]) -> Items:
    groups: Items = []
    for item in out:
        if isinstance(item, Region):
            item.bodies = [_flat(part) for part in item.bodies]
            groups.append(item)
        else:
            groups += item
    return groups


def _shared(stretches: Iterable[list[Instruction]]) -> None:
    """Mark the buffers that more than one stretch touches: no group owns them."""
    seen: dict[Buffer, int] = {}
    for k, stretch in enumerate(stretches):
        for ins in stretch:
            for a in ins.accesses():
                if seen.setdefault(a.buffer, k) != k or a.moves:
                    a.buffer.shared = True


def _sunk(stretch: list[Instruction]) -> list[Instruction]:
    """The instructions, with what is made element by element of values that were there before right in front of its
    first reader, where that is element-wise too: they share tiles then.

    Such is the gradient of a penalty on weights, which is added to that of the loss at the end of a step.
    """
    writes: dict[Buffer, list[int]] = {}
    reads: dict[Buffer, list[int]] = {}
    for k, ins in enumerate(stretch):
        for a in ins.accesses():
            if a.write:
                writes.setdefault(a.buffer, []).append(k)
            if a.read:
                reads.setdefault(a.buffer, []).append(k)
    spaces: dict[Any, list[int]] = {}  # where memory that plans are bound to is written: such buffers may overlap
    for buffer, places in writes.items():
        if not buffer.in_arena:
            spaces.setdefault(buffer.space, []).extend(places)

    place = list(range(len(stretch)))  # what each instruction is put in front of, or itself
    for k, ins in reversed(list(enumerate(stretch))):
        outs = [a.buffer for a in ins.accesses() if a.write]
        if (
            ins.sync
            or not ins.elementwise
            or len(outs) != 1
            or not outs[0].in_arena
            or outs[0].pinned
            or outs[0].shared
        ):
            continue
        t = min((place[r] for r in reads.get(outs[0], [])), default=k)
        reader = stretch[t]
        if t <= k + 1 or not reader.elementwise or (reader.n, reader.chunk) != (ins.n, ins.chunk):
            continue
        for a in ins.accesses():
            written = writes.get(a.buffer, []) if a.buffer.in_arena else spaces.get(a.buffer.space, [])
            if a.moves or a.whole or any(w < t and (w != k or a.buffer is not outs[0]) for w in written):
                break
        else:
            place[k] = t
    order = sorted(range(len(stretch)), key=lambda k: (place[k], k))
    for first, k in reversed(list(itertools.pairwise(order))):
        if stretch[k].sync and place[first] == place[k]:  # what comes in front of it waits for the guard, too
            stretch[first].sync, stretch[k].sync = True, False
    return [stretch[k] for k in order]


def _tile_groups(stretch: Iterable[Instruction], fuse: bool) -> list[Group]:
    tile_groups: list[Group] = []
    for ins in stretch:
        last = tile_groups[-1] if tile_groups else None
        if (
            fuse
            and ins.elementwise
            and last is not None
            and last[0].elementwise
            and last[0].n == ins.n
            and last[0].chunk == ins.chunk
            and len(last) < LONGEST
            and not _needs_all(ins, last)
        ):
            last.append(ins)
        else:
            tile_groups.append([ins])
        ins.tile_group = tile_groups[-1]
    return tile_groups


def _needs_all(ins: Instruction, group: Group) -> bool:
    """Whether `ins` touches, as a whole, memory that the group writes item by item (or the reverse)."""
    for a in ins.accesses():
        for other in group:
            for b in other.accesses():
                if (
                    a.buffer is b.buffer
                    and (a.write or b.write)
                    and (a.whole or b.whole or a.offset != b.offset or a.moves != b.moves)
                    and (a.moves != b.moves or (a.offset < b.offset + b.nbytes and b.offset < a.offset + a.nbytes))
                ):
                    return True
    return False


def _tile(tile_groups: Sequence[Group], target: Target) -> None:
    """Find buffers that only one tile group touches: they need a tile each, not a place in the arena."""
    touched: dict[Buffer, set[int]] = {}
    for group in tile_groups:
        for ins in group:
            for a in ins.accesses():
                if a.buffer.in_arena:
                    touched.setdefault(a.buffer, set()).add(id(group))
    for group in tile_groups:
        if len(group) < 2:
            continue
        live = {}
        for ins in group:
            for a in ins.accesses():
                if not a.whole:
                    live[a.buffer, a.offset] = a.itemsize
        for (buffer, offset), size in live.items():
            if (
                buffer.in_arena
                and not buffer.pinned
                and not buffer.shared
                and len(touched[buffer]) == 1
                and offset == 0
                and buffer.nbytes == group[0].n * size
                and _first_is_write(buffer, group)
                and all(not a.whole for ins in group for a in ins.accesses() if a.buffer is buffer)
            ):
                buffer.tile_only = True
        bytes_per_item = sum(live.values()) or 4
        step = min(64, target.tile)
        tile = max(target.least_tile, min(4 * target.tile, target.live_bytes // bytes_per_item)) // step * step
        for ins in group:
            if ins.n > tile:
                ins.chunk = ins.n if ins.chunk >= ins.n else -(-ins.chunk // tile) * tile
            ins.tile = tile


def _first_is_write(buffer: Buffer, group: Group) -> bool:
    for ins in group:
        for a in ins.accesses():
            if a.buffer is buffer:
                return not a.read
    return False


def scratch_places(group: Group) -> tuple[Places, int]:
    """({buffer: (byte offset, whether it holds a span)}, bytes): scratch of one group.

    A place is used again after its last reader, never within one instruction: with output and input at one address
    the kernel's alias check would take its scalar loop.
    """
    last: dict[Buffer, int] = {}
    tile_groups: dict[Buffer, set[int]] = {}
    for k, ins in enumerate(group):
        for a in ins.accesses():
            if a.buffer.tile_only:
                last[a.buffer] = k
                tile_groups.setdefault(a.buffer, set()).add(id(ins.tile_group))
    places: Places = {}
    free: list[tuple[int, int]] = []
    top = 0

    def size(a: Access, ins: Instruction) -> tuple[int, bool]:
        wide = len(tile_groups[a.buffer]) > 1 or not ins.tile
        items = (ins.span or ins.chunk) if wide else ins.tile
        return -(-min(items, ins.n) * a.buffer.nbytes // ins.n // 64) * 64, wide

    for k, ins in enumerate(group):
        mine = {a.buffer: size(a, ins) for a in ins.accesses() if a.buffer.tile_only}
        for buffer, (need, wide) in mine.items():
            if buffer in places:
                continue
            fit = next((f for f in free if f[1] == need), None)
            if fit is not None:
                free.remove(fit)
                places[buffer] = fit[0], wide
            else:
                places[buffer] = top, wide
                top += need + SCRATCH_PAD
        for buffer, (need, _) in mine.items():
            if last[buffer] == k:
                free.append((places[buffer][0], need))
    return places, top
