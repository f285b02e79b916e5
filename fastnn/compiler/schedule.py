"""The schedule: element-wise neighbours become tile groups; barriers go between dependent instructions."""
import math

from fastnn.compiler.emit import ARENA, TILE

LIVE_BYTES = 28 * 1024                          # of a tile group: half of the smallest usual L1
LONGEST = 32                                    # instructions in a group
SCRATCH_PAD = 64                                # scratch arrays exactly 4 KiB apart alias in L1


def group(instructions, fuse=True):
    """A list of units: lists of instructions that run tile by tile together (most have one)."""
    units = []
    for ins in instructions:
        last = units[-1] if units else None
        if (fuse and ins.elementwise and last is not None and last[0].elementwise and last[0].n == ins.n
                and last[0].chunk == ins.chunk and len(last) < LONGEST and not _needs_all(ins, last)):
            last.append(ins)
        else:
            units.append([ins])
    if fuse:
        _tile(units)
    return units


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
    """({buffer: byte offset}, bytes): tile scratch of one unit; a place is used again after its last reader.

    Never within one instruction: with output and input at one address the kernel's alias check would take
    its scalar loop.
    """
    last = {a.buffer: k for k, ins in enumerate(unit) for a in ins.accesses() if a.buffer.tile_only}
    if not last:
        return {}, 0
    places, free, top = {}, [], 0
    for k, ins in enumerate(unit):
        mine = {a.buffer: a.itemsize for a in ins.accesses() if a.buffer.tile_only}
        for buffer, itemsize in mine.items():
            if buffer in places:
                continue
            need = -(-min(ins.tile, ins.n) * itemsize // 64) * 64
            fit = next((f for f in free if f[1] == need), None)
            if fit is not None:
                free.remove(fit)
                places[buffer] = fit[0]
            else:
                places[buffer] = top
                top += need + SCRATCH_PAD
        for buffer, itemsize in mine.items():
            if last[buffer] == k:
                free.append((places[buffer], -(-min(ins.tile, ins.n) * itemsize // 64) * 64))
    return places, top


def barriers(units, address):
    """Set `sync` on the first instruction of each unit that must wait for the others; returns their number.

    address: access -> first byte.  Two instructions conflict if they share bytes and one writes, unless both are
    cut at the same places and touch item i only for item i, or both have a single chunk (thread 0 runs those).
    """
    single, multi, count = [], [], 0
    for unit in units:
        head = unit[0]
        one = head.n <= head.chunk
        common = math.gcd(head.n, head.chunk)
        grid = None if one else (head.n // common, head.chunk // common)
        mine = [(address(a), a, grid)
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
    return not (same and grid == grid2)
