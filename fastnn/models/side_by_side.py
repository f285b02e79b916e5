"""The batches of an epoch of several models at once: those whose plans agree are walked side by side (together.pxi)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from fastnn.compiler.program import run_together
from fastnn.core.errors import FastnnError
from fastnn.models import runs
from fastnn.models.rounds import Round
from fastnn.models.sources import SLICE_NS, RowSource

WIDTH = 8  # models that walk together at most: more of them drive one another's weights out of the nearest caches
NEAR_BYTES = 4 << 20  # of weights, slots and arena of models that walk together: twice an L2, found by measurement


@contextlib.contextmanager
def named(member: Any) -> Iterator[None]:
    """Errors say which model they are of."""
    try:
        yield
    except FastnnError as error:
        error.args = (f"fit_many: models[{member.number}]: {error}", *error.args[1:])
        raise


def width_of(program: Any) -> int:
    """How many models with such a program walk together."""
    each = program.arena_bytes + sum(v._host.nbytes for v in program.storage.variables)
    return max(1, min(WIDTH, NEAR_BYTES // each)) if program.can_walk_together else 1


class Walk:
    """Runs the batches of one epoch of several members: side by side where their plans agree and nobody looks."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._members: list[Any] = []  # those whose every epoch can run without a look at them
        self._sources: list[Any] = []

    def _source(self, member: Any) -> Any:
        return member.source if self.kind == "train" else member.validation

    def run(self, alive: list[Any]) -> None:
        """The batches of an epoch of those that still train."""
        if alive is self._members:
            plain, sources = self._members, self._sources
        else:
            plain, sources = self._sort(alive)
        for source in sources:
            source.begin()
            source.follow()
        for part in range(2):  # the full batches, and the rest
            groups: dict[Any, list[tuple[Any, Any, Any]]] = {}
            for member, source in zip(plain, sources, strict=True):
                rows, count = ((source.batch, source.full), (source.tail, source.tail and 1))[part]
                if count:
                    program = source.step.take(source.feed, rows).program
                    groups.setdefault((id(program.plan), rows, count), []).append((member, source, program))
            for (_, rows, count), group in groups.items():
                width = width_of(group[0][2])
                for first in range(0, len(group), width):
                    self._run_some(group[first : first + width], rows, count)
        for source in sources:
            source.at = source.all
            source.end()

    def _sort(self, alive: list[Any]) -> tuple[list[Any], list[Any]]:
        """Those that can run side by side, and their sources; the others run at once."""
        plain, sources = [], []
        for member in alive:
            source = self._source(member)
            if self._is_plain(member, source):
                plain.append(member)
                sources.append(source)
            else:
                with named(member):
                    source.run(Round(member.model, self.kind, member.listeners))
        if len(plain) == len(alive) and all(member.quiet is not None for member in alive):
            self._members, self._sources = alive, sources  # no callback is there to change it
        return plain, sources

    def _is_plain(self, member: Any, source: Any) -> bool:
        """Whether the whole epoch can run without a look at this member."""
        if not isinstance(source, RowSource) or source.given is not None or source.at:
            return False
        if self.kind == "train" and getattr(member.model.optimizer, "python_per_batch", False):
            return False
        return member.quiet is not None or not member.listeners.wants_batches(self.kind)

    def _run_some(self, some: list[tuple[Any, Any, Any]], rows: int, count: int) -> None:
        """So many batches of (member, its source, its program) with one plan."""
        done = 0
        while True:
            deadline = time.monotonic_ns() + SLICE_NS
            if len(some) == 1:
                member, source, _ = some[0]
                with named(member):
                    done += source.step.run(source.feed, rows, count - done, deadline)[1]
            else:
                ran, failed = run_together([program for _, _, program in some], count - done, rows, deadline)
                done += ran
                for k in failed:  # its last batch once more, for what its watch has to say
                    member, source, _ = some[k]
                    with named(member):
                        source.step.run(source.feed, rows)
            if self.kind == "train":
                for member, _, _ in some:
                    runs.let_in(member.model._trainer())
            if done == count:
                return
            # a run of another thread that was let in may have moved variables: programs are made again
            some = [(member, source, source.step.take(source.feed, rows).program) for member, source, _ in some]
