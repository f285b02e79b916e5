"""Span groups: kernels that hand the same images on run a few images at a time, while those are in L2.

A convolution, its gradient, pooling, statistics and element-wise work all go through a batch image by image. One after
the other, each of them streams the whole batch through the memory; together, span by span, only the first one reads it
from there. Work in between that has nothing to do with the group (packing of weights) moves before it, work that
waits for it (sums of partial results) behind it. The order of every sum stays: equal bits.
"""
import math

from fastnn.compiler.emit import ARENA, GRAIN_NS, MAX_CHUNKS

SPAN_BYTES = 640 * 1024                         # of a span's data: with a kernel's own workspace less than a 1-2 MB L2
IMAGE_BYTES = 1024 * 1024                       # of one image: with more than this nothing stays in L2 anyway
WORTH = 1024 * 1024                             # bytes that a group must touch: smaller ones stay in L2 by themselves
LONGEST = 24                                    # cells in a group


def span_groups(cells, worth=WORTH):
    """Units (lists of cells) from cells (lists of instructions), in an order with the same result.

    worth: bytes that a group must touch to become one unit.
    """
    out, group, late, owners = [], None, [], {}
    for cell in cells:
        for a in _accesses(cell):
            owners.setdefault(a.buffer, set()).add(id(cell))
    members = _members(cells)
    for cell in cells:
        member = id(cell) in members
        if group is not None:
            waits = any(_conflict(cell, other) for other in late)
            if member and not waits and group.join(cell):
                continue
            if not member:
                if waits or any(_conflict(cell, other) for other in group.cells):
                    late.append(cell)
                else:
                    out.append([cell])          # has nothing to do with the group: before it
                continue
            out += [*group.units(owners, worth), *([c] for c in late)]
            group, late = None, []
        if member:
            group = _Group(cell)
        else:
            out.append([cell])
    if group is not None:
        out += [*group.units(owners, worth), *([c] for c in late)]
    return out


def _accesses(cell):
    return [a for ins in cell for a in ins.accesses()]


def _members(cells):
    """Ids of the cells that work on images: kernels that say so, and element-wise cells on what those read or write."""
    images, found, grown = set(), set(), True
    while grown:
        grown = False
        for cell in cells:
            if id(cell) not in found and _parts(cell) > 1:
                mine = {a.buffer for a in _accesses(cell) if not a.whole and a.buffer.kind == ARENA}
                if not cell[0].elementwise or mine & images:
                    found.add(id(cell))
                    images |= mine
                    grown = True
    return found


def _parts(cell):
    """Into how many equal parts a cell's items may be cut, or 0."""
    head = cell[0]
    if head.host is not None or head.parts is None or (head.tile and not head.elementwise):
        return 0
    return head.parts


class _Group:
    def __init__(self, cell):
        self.cells, self.count, self.run = [cell], _parts(cell), 1
        self.run = self._runs(cell, self.count)

    def join(self, cell):
        """Whether the cell became a part of the group."""
        parts = _parts(cell)
        if len(self.cells) >= LONGEST or not self._touches(cell):
            return False
        count = math.gcd(parts, self.count)
        if count < 2 or not all(_aligned(cell, other, count) for other in self.cells):
            return False
        cells = [*self.cells, cell]
        if any(ins.run > 1 and ins.run * count % ins.n for c in cells for ins in c):
            return False
        run = math.lcm(*(self._runs(c, count) for c in cells))
        if self._image_bytes(cells, count) > IMAGE_BYTES or (run > 1 and 4 * run > count):
            return False
        self.cells, self.count, self.run = cells, count, run
        return True

    def _touches(self, cell):
        mine = {_where(a)[0] for c in self.cells for a in _accesses(c) if not a.whole}
        return any(_where(a)[0] in mine for a in _accesses(cell) if not a.whole)

    @staticmethod
    def _runs(cell, count):
        """Parts of which one partial result is made."""
        return math.lcm(*(max(1, -(-ins.run * count // ins.n)) for ins in cell))

    @staticmethod
    def _image_bytes(cells, count):
        seen = {(_where(a)): a.nbytes for c in cells for a in _accesses(c) if not a.whole}
        return sum(seen.values()) // count

    def units(self, owners, worth):
        """The group as one unit where that pays, else its cells as units."""
        image = self._image_bytes(self.cells, self.count)
        if len(self.cells) == 1 or image * self.count < worth:
            return [[cell] for cell in self.cells]
        cost = sum(ins.nbytes / 10 + ins.flops / 50 for cell in self.cells for ins in cell)
        chunks = max(1, min(MAX_CHUNKS, self.count, int(cost // GRAIN_NS)))
        chunk = -(-self.count // chunks)
        chunk = min(self.count, -(-chunk // self.run) * self.run)
        span = -(-chunk // -(-chunk // max(1, SPAN_BYTES // max(image, 1))))
        for cell in self.cells:
            for ins in cell:
                ins.chunk, ins.span = chunk * ins.n // self.count, span * ins.n // self.count
        self._scratch(owners)
        return [self.cells]

    def _scratch(self, owners):
        """Buffers that only this group touches, and part by part, need a span each and no place in the arena."""
        mine, seen = {id(cell) for cell in self.cells}, {}
        for cell in self.cells:
            for ins in cell:
                for a in ins.accesses():
                    if a.buffer.kind == ARENA and not a.buffer.pinned and not a.buffer.tile_only:
                        seen.setdefault(a.buffer, []).append((ins, a))
        for buffer, touches in seen.items():
            if not touches[0][1].read and owners[buffer] <= mine and all(
                    a.offset == 0 and a.nbytes == buffer.nbytes and a.parts % self.count == 0
                    and buffer.nbytes % ins.n == 0 for ins, a in touches):
                buffer.tile_only = True


def _where(a):
    """(memory, first byte, last byte) of an access; variables may be parts of one array."""
    b = a.buffer
    if b.kind == ARENA:
        return b, a.offset, a.offset + a.nbytes
    start = b.array.ctypes.data + a.offset
    return None, start, start + a.nbytes


def _clash(a, b):
    """Whether two accesses share bytes of which one is written."""
    if not (a.write or b.write):
        return False
    (m, lo, hi), (m2, lo2, hi2) = _where(a), _where(b)
    return m is m2 and lo < hi2 and lo2 < hi


def _conflict(cell, other):
    return any(_clash(a, b) for a in _accesses(cell) for b in _accesses(other))


def _aligned(cell, other, count):
    """Whether what two cells share is cut alike: part i of one is part i of the other."""
    return not any(_clash(a, b) and (a.parts % count or b.parts % count or _where(a) != _where(b))
                   for a in _accesses(cell) for b in _accesses(other))
