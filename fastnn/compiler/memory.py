"""The memory plan: lifetimes of buffers -> offsets in one arena.  A pure function, with an off-switch.

Two buffers may share bytes if their lifetimes, counted in fusion groups, do not meet.
"""

import ctypes
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from fastnn.compiler.emit import Access, Buffer, Items, Region
from fastnn.core.memory import ALIGN

PAGE, STAGGER, LARGE = 4096, 19 * 64, 65536


def lifetimes(items: Items) -> tuple[list[Buffer], int]:
    """Set first/last (group numbers) of every arena buffer; returns (buffers by first touch, number of groups).

    Inside a loop, what was made outside is alive for the whole loop, because every step may touch it; what a step makes
    for itself lives from its first to its last touch, as anywhere.
    """
    buffers: list[Buffer] = []
    regions: list[tuple[Buffer, Region]] = []
    count = _number(items, 0, buffers, regions)
    for buffer, region in regions:
        buffer.first, buffer.last = min(buffer.first, region.first), max(buffer.last, region.last)
    for b in buffers:
        if b.pinned:
            b.last = count
    buffers.sort(key=lambda b: b.first)
    return buffers, count


def _number(items: Items, k: int, buffers: list[Buffer], regions: list[tuple[Buffer, Region]]) -> int:
    """Number groups and regions from k on; collect buffers, and (buffer, outermost region that it comes into)."""
    for item in items:
        if isinstance(item, Region):
            item.first = k
            _touch(item.accesses(), k, item.outer, buffers, regions)
            k += 1
            for part in item.bodies:
                k = _number(part, k, buffers, regions)
            if item.kind == "while":  # the flag is read after the test, the steps are written at the end
                _touch(item.accesses(), k, item.outer, buffers, regions)
            item.last = k
            k += 1
        else:
            for instruction in item:
                _touch(instruction.accesses(), k, instruction.region, buffers, regions)
            k += 1
    return k


def _touch(
    accesses: Iterable[Access],
    k: int,
    region: Region | None,
    buffers: list[Buffer],
    regions: list[tuple[Buffer, Region]],
) -> None:
    for a in accesses:
        b = a.buffer
        if not b.in_arena or b.tile_only:
            continue
        if b.first is None:
            b.first = k
            buffers.append(b)
        b.last = max(b.last, k)
        into = region
        while into is not None and into is not b.region and into.outer is not b.region:
            into = into.outer
        if into is not None and into is not b.region:
            regions.append((b, into))


def padded(nbytes: int, guard: int = 0) -> int:
    """Bytes set aside for a buffer: aligned, and such that neighbours do not lie at nearly equal places in their pages.

    A load whose address has the low 12 bits of a store shortly before it waits for that store: with two arrays 64 bytes
    apart in their pages an element-wise kernel runs at a fifth of its speed (measured).  19 lines of 64 bytes keep
    any eight neighbours at least 5 lines apart.
    """
    n = -(-nbytes // ALIGN) * ALIGN + 2 * guard
    if n >= LARGE:
        return -(-n // PAGE) * PAGE + STAGGER
    return n + STAGGER if n >= PAGE and not 512 <= n % PAGE <= PAGE - 512 else n


def plan(buffers: Sequence[Buffer], reuse: bool = True, guard: int = 0) -> int:
    """Give every buffer its offset; returns the bytes of the arena."""
    if not reuse:
        at = 0
        for b in buffers:
            b.offset = at + guard
            at += padded(b.nbytes, guard)
        return at
    best: int | None = None
    chosen: list[int] = []
    strategies = [_by_time] + ([_by_size] if len(buffers) <= 500 else [])
    for strategy in strategies:
        offsets, total = strategy(buffers, guard)
        if best is None or total < best:
            best, chosen = total, offsets
    for b, offset in zip(buffers, chosen):
        b.offset = offset + guard
    return best or 0


def _by_time(buffers: Sequence[Buffer], guard: int) -> tuple[list[int], int]:
    """Best fit among the holes, in order of first touch."""
    free: list[tuple[int, int]] = []
    offsets, top = [], 0
    pending: list[tuple[int, int, int]] = []  # (last, offset, size), kept sorted by last
    for b in buffers:
        done = [p for p in pending if p[0] < b.first]
        if done:
            pending = [p for p in pending if p[0] >= b.first]
            free = _merge(free + [(o, s) for _, o, s in done])
        size = padded(b.nbytes, guard)
        fits = [f for f in free if f[1] >= size]
        if fits:
            hole = min(fits, key=lambda f: f[1])
            free.remove(hole)
            at = hole[0]
            if hole[1] > size:
                free.append((at + size, hole[1] - size))
        else:
            at = top
            if free:  # grow the hole at the end, if there is one
                last = max(free)
                if last[0] + last[1] == top:
                    free.remove(last)
                    at = last[0]
            top = at + size
        offsets.append(at)
        pending.append((b.last, at, size))
    return offsets, top


def _merge(holes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for o, s in sorted(holes):
        if out and out[-1][0] + out[-1][1] == o:
            out[-1] = out[-1][0], out[-1][1] + s
        else:
            out.append((o, s))
    return out


def _by_size(buffers: Sequence[Buffer], guard: int) -> tuple[list[int], int]:
    """Largest first, each at the lowest offset where nothing that lives at the same time lies."""
    placed: list[tuple[int, int, int, int]] = []
    offsets, top = [0] * len(buffers), 0
    for i in sorted(range(len(buffers)), key=lambda i: (-buffers[i].nbytes, i)):
        b, at, size = buffers[i], 0, padded(buffers[i].nbytes, guard)
        for o, s, first, last in placed:  # sorted by offset
            if last < b.first or first > b.last:
                continue
            if at + size <= o:
                break
            at = max(at, o + s)
        offsets[i] = at
        top = max(top, at + size)
        placed.append((at, size, b.first, b.last))
        placed.sort()
    return offsets, top


@functools.cache
def _trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Give memory that was freed back to the system, where the C library can; it keeps some MB for itself otherwise.

    For the moment after weights have moved into their flat buffer, before the arena is made.
    """
    trim = _trim()
    if trim is not None:
        trim(0)
