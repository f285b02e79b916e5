"""Large arrays of a plan for arrays: read where they lie, and given away with the memory that they were made in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from fastnn.compiler.program import Program
from fastnn.core.memory import ALIGN, aligned
from fastnn.core.types import Array

LENT = 128 << 10  # bytes from which it costs less to say where an array lies than to copy it
PAGE, APART = 4096, 19 * ALIGN  # see memory.padded: addresses that are nearly equal in their pages slow each other


class Lending:
    """What a program borrows in each call, and what it gives away.

    arrays: those that the program was bound to; None takes the place of the large ones.  most: bytes of an arena that
    may stay between calls.

    A program's only result takes the arena with it where it is nearly all of it; the next call has a new one.  All else
    is copied out.  Between calls nothing that was borrowed is referred to.
    """

    def __init__(self, program: Program, arrays: list[Any], most: int) -> None:
        self.program, self.arrays = program, arrays
        plan, bound = program.plan, cast(list[Any], program.storage.arrays)
        spaces = {s.number: i for i, s in enumerate(plan.spaces) if s.kind == "array"}
        numbers = {id(a): n for n, a in enumerate(bound)}
        self.inputs = [
            (k, spaces[numbers[id(a)]], a.dtype)
            for k, a in enumerate(arrays)
            if a.nbytes >= LENT and numbers.get(id(a)) in spaces
        ]
        places = plan.outputs
        alone = len(places) == 1 and places[0].space == 0
        self.gives = alone and program.outputs[0].nbytes >= max(LENT, 7 * plan.arena_bytes // 8)
        self.fresh = self.gives or plan.arena_bytes > most
        self.small = [k for k in range(len(arrays)) if k not in {k for k, _, _ in self.inputs}]
        self.worth = bool(self.inputs) or self.fresh
        if self.worth:
            for k, _, _ in self.inputs:
                bound[numbers[id(arrays[k])]] = arrays[k] = None
            self.leave()

    @property
    def bytes(self) -> int:
        """Bytes that stay between calls."""
        kept = 0 if self.fresh else self.program.arena_bytes
        return kept + sum(int(self.arrays[k].nbytes) for k in self.small)

    def take(self, arrays: Sequence[Any]) -> None:
        """Refer to the large ones of these arrays, and copy the others."""
        given: dict[int, Array | None] = {}
        first = 0
        for k, space, dtype in self.inputs:
            a = np.asarray(arrays[k])
            if a.dtype != dtype or not (a.flags.c_contiguous and a.flags.aligned):
                a = np.array(a, dtype, order="C")
            given[space] = a
            first = first or a.ctypes.data
        for k in self.small:
            self.arrays[k][...] = arrays[k]
        if self.fresh:
            given[0] = _apart(max(self.program.arena_bytes, 64), first)
        self.program.refer(given)

    def results(self) -> list[Array]:
        """The results as arrays of their owner."""
        return list(self.program.outputs) if self.gives else [o.copy() for o in self.program.outputs]

    def leave(self) -> None:
        """Refer to nothing that was borrowed."""
        self.program.refer(dict.fromkeys([space for _, space, _ in self.inputs] + [0] * self.fresh))


def lending_of(program: Program, arrays: list[Any], most: int) -> Lending | None:
    """The Lending of a program that runs on this machine's processor as it is; None where nothing is large."""
    if not program.plain and (program.plan.code or program.options.guard or program.options.fill):
        return None
    lending = Lending(program, arrays, most)
    return lending if lending.worth else None


def _apart(nbytes: int, address: int) -> Array:
    """A block of memory that begins elsewhere in its page than what lies at `address`."""
    raw = aligned(nbytes + PAGE)
    start = (address + APART - raw.ctypes.data) % PAGE // ALIGN * ALIGN
    return raw[start : start + nbytes]
