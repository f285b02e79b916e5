"""Where argument words lie on a device: the table of a plan, and the words that move with its loops."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastnn.core.types import Array
from fastnn.runtime import abi
from fastnn.runtime.device_base import HEADER, MOST_LANES, Device, Launch
from fastnn.runtime.device_memory import Block

if TYPE_CHECKING:
    from fastnn.compiler.plan import Plan

LOCAL_ROOM = 64 << 20  # bytes of workspaces of all threads together
SHIFTS = 8  # distances that the words of a loop move by, each with a table of its own


class Tables:
    """Where the argument words of a plan's rows lie in the device's table; found once for a plan.

    at: {row: first word}.  source: for each word of the table the plan's word that it is, -1 for another number, which
    `fixed` has.  locals: (word of the table, bytes from the first workspace).  lanes: {row: threads at most}.
    """

    def __init__(self, plan: Plan) -> None:
        self.rows: list[list[int]] = plan.table("code").tolist()
        relocations = plan.table("relocations")
        self.fixed_words = np.ascontiguousarray(relocations[relocations[:, 1] >= 0][:, :3].T)
        local = {w: offset for w, space, offset, _, _ in relocations.tolist() if space == abi.LOCAL}
        if (relocations[:, 1] == abi.SCRATCH).any():
            raise ValueError("a plan with tiles of scratch was bound to a device; expected one for its target")
        words = len(plan.words) // 8
        ends = [*(row[abi.ARGS] for row in self.rows[1:]), words]
        self.local_bytes = -(-plan.local_bytes // 64) * 64
        self.at: dict[int, int] = {}
        self.lanes: dict[int, int] = {}
        self.places: dict[int, list[int]] = {}  # plan's word -> words of the table
        source: list[int] = []
        fixed: list[int] = []
        self.locals: list[tuple[int, int]] = []
        most = max(1, min(MOST_LANES, LOCAL_ROOM // max(self.local_bytes, 1)))
        for i, (row, end) in enumerate(zip(self.rows, ends, strict=True)):
            if row[abi.FLAGS] & (abi.CONTROL | abi.HOST) or not row[abi.N]:
                continue
            mine = range(row[abi.ARGS], end)
            lanes = min(most, -(-row[abi.N] // row[abi.CHUNK])) if any(w in local for w in mine) else 0
            source += [-1, -1]
            fixed += [row[abi.CHUNK], len(mine) if lanes > 1 else 0]
            self.at[i], self.lanes[i] = len(source), lanes
            for lane in range(max(lanes, 1)):
                for w in mine:
                    if w in local:
                        self.locals.append((len(source), lane * self.local_bytes + local[w]))
                    self.places.setdefault(w, []).append(len(source))
                    source.append(w)
                    fixed.append(0)
        self.most_lanes = max(self.lanes.values(), default=0)
        self.source, self.fixed = np.array(source, np.int64), np.array(fixed, np.int64)
        self.moves: list[list[int]] = plan.table("moves").tolist()

    def fill(self, words: Array, workspace: int) -> Array:
        """The table for a plan's words with addresses."""
        table = np.where(self.source >= 0, np.append(words, 0)[self.source], self.fixed)
        for at, offset in self.locals:
            table[at] = workspace + offset
        return table


_tables: weakref.WeakKeyDictionary[Plan, Tables] = weakref.WeakKeyDictionary()


def tables_of(plan: Plan) -> Tables:
    """The Tables of a plan."""
    found = _tables.get(plan)
    if found is None:
        found = _tables[plan] = Tables(plan)
    return found


class Shifts:
    """The launches that move the words of one loop, each with its arguments.  table: its address."""

    def __init__(self, device: Device, tables: Tables, table: int, moves: Sequence[Sequence[int]]) -> None:
        places = [(p, stride) for word, stride in moves for p in tables.places.get(word, ())]
        self.device, self.n = device, len(places)
        self.index = Block.of(self.device, np.array([p for p, _ in places] or [0], np.int64), "The words of a loop")
        self.strides = Block.of(self.device, np.array([s for _, s in places] or [0], np.int64), "The words of a loop")
        self.wide = HEADER + 4
        self.own = Block(self.device, 8 * self.wide * (SHIFTS + 1), "The words of a loop")
        self.table, self.known = table, dict[int, int]()

    def launch(self, steps: int) -> Launch:
        """Move by so many steps."""
        k = self.known.get(steps)
        if k is None:
            k = min(len(self.known), SHIFTS)  # the last place is written again each time
            if k < SHIFTS:
                self.known[steps] = k
            words = [1, 0, self.table, self.index.address, self.strides.address, steps]
            self.device.upload(np.array(words, np.int64), self.own.address + 8 * self.wide * k)
        address = self.own.address + 8 * (self.wide * k + HEADER)
        return Launch("move_words", address, 0, self.n, self.n)
