"""Barriers: where all threads must meet, because one needs what another one did, or may still be reading it.

Two instructions conflict if they share bytes and one writes, unless both are cut at the same fractions and touch there
only the parts of their own, or both have a single chunk (thread 0 runs those). A loop's body is walked twice, the
second time one step later, so that what a step needs of the step before is seen like anything else. What a step may
share with steps further back matters only where no barrier lies in between: then one is put at the head of the body.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from fastnn.compiler.emit import Access, Group, Instruction, Items, Moves, Region

Shift = Mapping[Region, int]  # the step that each loop is at


class _Touch(NamedTuple):
    """What an instruction touches: bytes [low, high), how it is cut (None: not evenly), whether thread 0 does it.

    wider: bytes before and behind the access that other steps of loops touch, which are over.
    """

    low: int
    high: int
    access: Access
    grid: tuple[int, int] | None
    single: bool
    moves: Moves
    wider: tuple[int, int] = (0, 0)


class _Open:
    """Touches since the last barrier, those that are alike once."""

    def __init__(self, touches: Iterable[_Touch] = ()) -> None:
        self.reads: dict[Any, _Touch] = {}
        self.writes: dict[Any, _Touch] = {}
        self.add(touches)

    def add(self, touches: Iterable[_Touch]) -> None:
        """Add touches."""
        for t in touches:
            a = t.access
            key = t.low, t.high, t.grid, t.single, a.parts == 1, t.moves
            (self.writes if a.write else self.reads).setdefault(key, t)

    def __iter__(self) -> Iterator[_Touch]:
        yield from self.reads.values()
        yield from self.writes.values()

    def conflicts(self, touches: Iterable[_Touch]) -> bool:
        """Whether one of the touches must wait for one of these."""
        for t in touches:
            low, high = t.low, t.high
            for known in (self.writes, self.reads) if t.access.write else (self.writes,):
                for old in known.values():
                    if low < old.high and old.low < high and _conflict(t, old):
                        return True
        return False


def barriers(items: Items) -> int:
    """Set `sync` on the first instruction of each group that must wait for the others; returns how many there are."""
    walk = _Walk()
    walk.items(items, _Open(), {})
    return walk.count


class _Walk:
    def __init__(self) -> None:
        self.count = 0

    def items(self, items: Items, open_: _Open, shift: Shift) -> _Open:
        """The touches that are open (not behind a barrier) after the items, given those before."""
        for item in items:
            open_ = self._region(item, open_, shift) if isinstance(item, Region) else self._group(item, open_, shift)
        return open_

    def _group(self, group: Group, open_: _Open, shift: Shift) -> _Open:
        head = group[0]
        touches = [t for ins in group for t in _touches(ins, head, shift)]
        if head.sync or head.host or open_.conflicts(touches):
            self._mark(head)
            return _Open(touches)
        open_.add(touches)
        return open_

    def _mark(self, head: Instruction) -> None:
        if not head.sync:
            head.sync = True
            self.count += 1

    def _region(self, region: Region, open_: _Open, shift: Shift) -> _Open:
        if region.kind == "branch":  # the decision is a barrier
            return _Open(t for part in region.bodies for t in self.items(part, _Open(), shift))
        if region.flag is not None:
            open_ = _Open()
        later = {**shift, region: -1 if region.reverse else 1}
        open_ = self._step(region, open_, shift)
        open_ = self._step(region, open_, later)
        if not any(_meets(part) for part in region.bodies):
            first = next((item[0] for part in region.bodies for item in part if not isinstance(item, Region)), None)
            mine = list(_Open(t for part in region.bodies for t in _all(part, shift)))
            if first is not None and any(_far(a, b, region) for a in mine if a.access.write for b in mine):
                self._mark(first)
                open_ = self._step(region, _Open(), later)
        if region.steps is not None:  # thread 0 writes it at the end
            open_.add([_touch(region.steps, shift, None, True)])
        return _Open(_widened(_at(t, shift), region) for t in open_)

    def _step(self, region: Region, open_: _Open, shift: Shift) -> _Open:
        if region.kind == "while":
            self.items(region.bodies[0], open_, shift)  # behind the test all threads meet
            return self.items(region.bodies[1], _Open(), shift)
        return self.items(region.bodies[0], open_, shift)


def _touches(ins: Instruction, head: Instruction, shift: Shift) -> list[_Touch]:
    single = head.n <= head.chunk
    common = math.gcd(head.n, head.chunk)
    grid = None if single else (head.n // common, head.chunk // common)
    out = []
    for a in ins.accesses():
        if not a.buffer.tile_only:
            out.append(_touch(a, shift, grid if head.chunk * a.parts % head.n == 0 else None, single))
    return out


def _touch(access: Access, shift: Shift, grid: tuple[int, int] | None, single: bool) -> _Touch:
    low = _address(access, shift)
    return _Touch(low, low + access.nbytes, access, grid, single, access.moves)


def _address(a: Access, shift: Shift) -> int:
    """The first byte of an access; shift: {loop: the step that it is at}."""
    return a.buffer.base + (a.buffer.offset or 0) + a.offset + sum(shift.get(r, 0) * step for r, step in a.moves)


def _at(touch: _Touch, shift: Shift) -> _Touch:
    """The touch at other steps."""
    low, (before, behind) = _address(touch.access, shift), touch.wider
    return touch._replace(low=low - before, high=low + touch.access.nbytes + behind)


def _conflict(a: _Touch, b: _Touch) -> bool:
    if not (a.access.write or b.access.write) or (a.single and b.single) or a.high <= b.low or b.high <= a.low:
        return False
    same = a.low == b.low and a.high == b.high and not a.access.whole and not b.access.whole
    return not (same and a.grid is not None and a.grid == b.grid)


def _meets(items: Items) -> bool:
    """Whether every run of the items passes a barrier."""
    return any(
        item.flag is not None or any(_meets(part) for part in item.bodies)
        if isinstance(item, Region)
        else item[0].sync or bool(item[0].host)
        for item in items
    )


def _all(items: Items, shift: Shift) -> Iterator[_Touch]:
    for item in items:
        if isinstance(item, Region):
            yield from (_widened(t, item) for part in item.bodies for t in _all(part, shift))
        else:
            for ins in item:
                yield from _touches(ins, item[0], shift)


def _far(a: _Touch, b: _Touch, region: Region) -> bool:
    """Whether a step may conflict with one two or more steps before it."""
    if region.count < 3 or not (a.access.write or b.access.write) or (a.single and b.single):
        return False
    one, other = (sum(step for r, step in t.moves if r is region) for t in (a, b))
    if one == other:
        if one == 0:  # the same bytes in every step: one step back was looked at
            return False
        return abs(a.low - b.low) > abs(one) and _overlap(_widened(a, region), _widened(b, region))
    return _overlap(_widened(a, region), _widened(b, region))


def _overlap(a: _Touch, b: _Touch) -> bool:
    return a.low < b.high and b.low < a.high


def _widened(touch: _Touch, region: Region) -> _Touch:
    """All that is touched in all steps of a loop."""
    step = sum(step for r, step in touch.moves if r is region)
    if step == 0:
        return touch
    far = step * (region.count - 1)
    before, behind = max(-far, 0), max(far, 0)
    wider = touch.wider[0] + before, touch.wider[1] + behind
    return touch._replace(
        low=touch.low - before,
        high=touch.high + behind,
        grid=None,
        wider=wider,
        moves=tuple(m for m in touch.moves if m[0] is not region),
    )
