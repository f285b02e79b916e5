"""The schedule: what runs together while its data is in a cache, and where threads must meet.

Element-wise neighbours become tile groups, which go through L1 tile by tile; tile groups and whole-image kernels that
pass the same images on become batch tiles (`fastnn.compiler.batch_tiles`); barriers go between dependent units
(`fastnn.compiler.barriers`). Groups never reach over the border of a loop or a branch.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from fastnn.compiler.batch_tiles import batch_tile_groups
from fastnn.compiler.emit import Access, Buffer, Instruction, Items, Places, Region, Unit
from fastnn.compiler.target import Target

LONGEST = 32  # instructions in a group
SCRATCH_PAD = 64  # scratch arrays exactly 4 KiB apart alias in L1


def group(items: list[Any], target: Target, fuse: bool = True) -> Items:
    """Units in place of instructions: lists of those that run together (many have one); regions have units inside."""
    stretches: list[list[Any]] = []
    out = _stretches(items, stretches)
    if fuse:
        _shared(stretches)
    for stretch in stretches:
        cells = _cells(stretch, fuse)
        if fuse:
            _tile(cells, target)
        units = batch_tile_groups(cells, target) if fuse and target.span_worth is not None else [[c] for c in cells]
        stretch[:] = [[ins for cell in unit for ins in cell] for unit in units]
    return _flat(out)


def _stretches(items: Iterable[Any], found: list[list[Any]]) -> list[Any]:
    """The items with every run of instructions between regions as one list, which is also put into `found`."""
    out: list[Any] = []
    stretch: list[Any] | None = None
    for item in items:
        if isinstance(item, Region):
            item.parts = [_stretches(part, found) for part in item.parts]
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
    units: Items = []
    for item in out:
        if isinstance(item, Region):
            item.parts = [_flat(part) for part in item.parts]
            units.append(item)
        else:
            units += item
    return units


def _shared(stretches: Iterable[list[Instruction]]) -> None:
    """Mark the buffers that more than one stretch touches: no group owns them."""
    seen: dict[Buffer, int] = {}
    for k, stretch in enumerate(stretches):
        for ins in stretch:
            for a in ins.accesses():
                if seen.setdefault(a.buffer, k) != k or a.moves:
                    a.buffer.shared = True


def _cells(stretch: Iterable[Instruction], fuse: bool) -> list[Unit]:
    cells: list[Unit] = []
    for ins in stretch:
        last = cells[-1] if cells else None
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
            cells.append([ins])
        ins.cell = cells[-1]
    return cells


def _needs_all(ins: Instruction, unit: Unit) -> bool:
    """Whether `ins` touches, as a whole, memory that the unit writes item by item (or the reverse)."""
    for a in ins.accesses():
        for other in unit:
            for b in other.accesses():
                if (
                    a.buffer is b.buffer
                    and (a.write or b.write)
                    and (a.whole or b.whole or a.offset != b.offset or a.moves != b.moves)
                    and (a.moves != b.moves or (a.offset < b.offset + b.nbytes and b.offset < a.offset + a.nbytes))
                ):
                    return True
    return False


def _tile(units: Sequence[Unit], target: Target) -> None:
    """Find buffers that only one unit touches: they need a tile each, not a place in the arena."""
    touched: dict[Buffer, set[int]] = {}
    for unit in units:
        for ins in unit:
            for a in ins.accesses():
                if a.buffer.in_arena:
                    touched.setdefault(a.buffer, set()).add(id(unit))
    for unit in units:
        if len(unit) < 2:
            continue
        live = {}
        for ins in unit:
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
                and buffer.nbytes == unit[0].n * size
                and _first_is_write(buffer, unit)
                and all(not a.whole for ins in unit for a in ins.accesses() if a.buffer is buffer)
            ):
                buffer.tile_only = True
        bytes_per_item = sum(live.values()) or 4
        step = min(64, target.tile)
        tile = max(target.least_tile, min(4 * target.tile, target.live_bytes // bytes_per_item)) // step * step
        for ins in unit:
            if ins.n > tile:
                ins.chunk = ins.n if ins.chunk >= ins.n else -(-ins.chunk // tile) * tile
            ins.tile = tile


def _first_is_write(buffer: Buffer, unit: Unit) -> bool:
    for ins in unit:
        for a in ins.accesses():
            if a.buffer is buffer:
                return not a.read
    return False


def scratch_places(unit: Unit) -> tuple[Places, int]:
    """({buffer: (byte offset, whether it holds a span)}, bytes): scratch of one unit.

    A place is used again after its last reader, never within one instruction: with output and input at one address
    the kernel's alias check would take its scalar loop.
    """
    last: dict[Buffer, int] = {}
    cells: dict[Buffer, set[int]] = {}
    for k, ins in enumerate(unit):
        for a in ins.accesses():
            if a.buffer.tile_only:
                last[a.buffer] = k
                cells.setdefault(a.buffer, set()).add(id(ins.cell))
    places: Places = {}
    free: list[tuple[int, int]] = []
    top = 0

    def size(a: Access, ins: Instruction) -> tuple[int, bool]:
        wide = len(cells[a.buffer]) > 1 or not ins.tile
        items = (ins.span or ins.chunk) if wide else ins.tile
        return -(-min(items, ins.n) * a.buffer.nbytes // ins.n // 64) * 64, wide

    for k, ins in enumerate(unit):
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
