"""The schedule: what runs together while its data is in a cache, and where threads must meet.

Element-wise neighbours become tile groups, which go through L1 tile by tile; tile groups and whole-image kernels that
pass the same images on become span groups (`fastnn.compiler.spans`); barriers go between dependent units.
"""
import math

from fastnn.compiler.emit import ARENA, TILE
from fastnn.compiler.spans import WORTH, span_groups

LIVE_BYTES = 28 * 1024                          # of a tile group: half of the smallest usual L1
LONGEST = 32                                    # instructions in a group
SCRATCH_PAD = 64                                # scratch arrays exactly 4 KiB apart alias in L1


def group(instructions, fuse=True, spans=WORTH):
    """A list of units: lists of instructions that run together (many have one).  spans: see span_groups; None = off."""
    cells = []
    for ins in instructions:
        last = cells[-1] if cells else None
        if (fuse and ins.elementwise and last is not None and last[0].elementwise and last[0].n == ins.n
                and last[0].chunk == ins.chunk and len(last) < LONGEST and not _needs_all(ins, last)):
            last.append(ins)
        else:
            cells.append([ins])
        ins.cell = cells[-1]
    if fuse:
        _tile(cells)
    units = span_groups(cells, spans) if fuse and spans is not None else [[cell] for cell in cells]
    return [[ins for cell in unit for ins in cell] for unit in units]


def _needs_all(ins, unit):
    """Whether `ins` touches, as a whole, memory that the unit writes item by item (or the reverse)."""
    for a in ins.accesses():
        for other in unit:
            for b in other.accesses():
                if a.buffer is b.buffer and (a.write or b.write) and (a.whole or b.whole or a.offset != b.offset):
                    return True
    return False


def _tile(units):
    """Find buffers that only one unit touches: they need a tile each, not a place in the arena."""
    touched = {}
    for unit in units:
        for ins in unit:
            for a in ins.accesses():
                if a.buffer.kind == ARENA:
                    touched.setdefault(a.buffer, {})[id(unit)] = unit
    for unit in units:
        if len(unit) < 2:
            continue
        live = {}
        for ins in unit:
            for a in ins.accesses():
                if not a.whole:
                    live[a.buffer, a.offset] = a.itemsize
        for (buffer, offset), size in live.items():
            if (buffer.kind == ARENA and not buffer.pinned and len(touched[buffer]) == 1 and offset == 0
                    and buffer.nbytes == unit[0].n * size and _first_is_write(buffer, unit)
                    and all(not a.whole for ins in unit for a in ins.accesses() if a.buffer is buffer)):
                buffer.tile_only = True
        bytes_per_item = sum(live.values()) or 4
        tile = max(256, min(4 * TILE, LIVE_BYTES // bytes_per_item)) // 64 * 64
        for ins in unit:
            if ins.n > tile:
                ins.chunk = ins.n if ins.chunk >= ins.n else -(-ins.chunk // tile) * tile
            ins.tile = tile


def _first_is_write(buffer, unit):
    for ins in unit:
        for a in ins.accesses():
            if a.buffer is buffer:
                return not a.read
    return False


def scratch_places(unit):
    """({buffer: (byte offset, whether it holds a span)}, bytes): scratch of one unit.

    A place is used again after its last reader, never within one instruction: with output and input at one address
    the kernel's alias check would take its scalar loop.
    """
    last, cells = {}, {}
    for k, ins in enumerate(unit):
        for a in ins.accesses():
            if a.buffer.tile_only:
                last[a.buffer] = k
                cells.setdefault(a.buffer, set()).add(id(ins.cell))
    places, free, top = {}, [], 0

    def size(a, ins):
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


def barriers(units, address):
    """Set `sync` on the first instruction of each unit that must wait for the others; returns their number.

    address: access -> first byte.  Two instructions conflict if they share bytes and one writes, unless both are
    cut at the same fractions and touch there only the parts of their own, or both have a single chunk (thread 0 runs
    those).
    """
    single, multi, count = [], [], 0
    for unit in units:
        head = unit[0]
        one = head.n <= head.chunk
        common = math.gcd(head.n, head.chunk)
        grid = None if one else (head.n // common, head.chunk // common)
        mine = [(address(a), a, grid if head.chunk * a.parts % head.n == 0 else None)
                for ins in unit for a in ins.accesses() if not a.buffer.tile_only]
        conflict = any(_conflict(lo, a, g, old) for lo, a, g in mine for old in (multi if one else multi + single))
        if conflict or head.host:
            head.sync, single, multi = True, [], []
            count += 1
        rows = [(lo, lo + a.nbytes, a, g) for lo, a, g in mine]
        if one:
            single += rows
        else:
            multi += rows
    return count


def _conflict(lo, a, grid, old):
    lo2, hi2, b, grid2 = old
    if not (a.write or b.write) or lo + a.nbytes <= lo2 or hi2 <= lo:
        return False
    same = lo == lo2 and a.nbytes == b.nbytes and not a.whole and not b.whole
    return not (same and grid is not None and grid == grid2)
