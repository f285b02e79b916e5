"""The batches of an epoch of several models at once: those whose plans agree are walked side by side (together.pxi)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from fastnn.compiler.program import run_together
from fastnn.core import changes
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
        self._stamp: Any = None  # of when the teams were found; None: they have to be found anew
        self._teams: list[_Team] = []
        self._owns: list[tuple[Any, Any]] = []  # of each, what it keeps for training, and its optimizer

    def _now(self) -> Any:
        """What all programs are made again for when it has changed."""
        return changes.count, [(own.forgotten, getattr(optimizer, "changes", 0)) for own, optimizer in self._owns]

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
        if self._stamp is None or self._stamp != self._now():
            for source in sources:
                source.follow()
            self._teams = _teams(plain, sources)
            self._owns = [(member.model._trainer(), member.model.optimizer) for member in plain]
            self._stamp = self._now()
        for team in self._teams:
            self._run_some(team)
        for source in sources:
            source.at = source.all
            source.end()

    def _sort(self, alive: list[Any]) -> tuple[list[Any], list[Any]]:
        """Those that can run side by side, and their sources; the others run at once."""
        plain, sources, self._stamp = [], [], None
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
        if source.step.is_python():
            return False
        if self.kind == "train" and getattr(member.model.optimizer, "python_per_batch", False):
            return False
        return member.quiet is not None or not member.listeners.wants_batches(self.kind)

    def _run_some(self, team: _Team) -> None:
        """The batches of a team, for all its members."""
        done, steps, programs = 0, team.steps, team.programs
        if self._stamp[0] != changes.count:  # a run of another thread was let in by an earlier team
            programs = team.again()
        for step, compiled in zip(steps, team.compiled, strict=True):
            step.use(compiled)
        while True:
            deadline = time.monotonic_ns() + SLICE_NS
            if len(steps) == 1:
                with named(team.members[0]):
                    done += steps[0].run(team.sources[0].feed, team.rows, team.count - done, deadline)[1]
            else:
                ran, failed = run_together(programs, team.count - done, team.rows, deadline)
                done += ran
                for k in failed:  # its last batch once more, for what its watch has to say
                    with named(team.members[k]):
                        steps[k].run(team.sources[k].feed, team.rows)
            if self.kind == "train":
                for own in team.trainers:
                    if own.waiting:
                        runs.let_in(own)
            if done == team.count:
                return
            # a run of another thread that was let in may have moved variables: programs are made again
            programs = team.again()


class _Team:
    """Members whose next `count` batches of `rows` rows have one plan, and walk together."""

    def __init__(self, some: list[tuple[Any, Any, Any]], rows: int, count: int) -> None:
        self.members, self.sources, self.compiled = zip(*some, strict=True)
        self.rows, self.count = rows, count
        self.steps = [source.step for source in self.sources]
        self.trainers = [member.model._trainer() for member in self.members]
        self.programs = [compiled.program for compiled in self.compiled]

    def again(self) -> list[Any]:
        """The programs, made anew where something has changed."""
        return [step.take(s.feed, self.rows).program for step, s in zip(self.steps, self.sources, strict=True)]


def _teams(members: list[Any], sources: list[Any]) -> list[_Team]:
    """Those that run an epoch of these sources, in order: the full batches, then the rest."""
    found = []
    for part in range(2):
        groups: dict[Any, list[tuple[Any, Any, Any]]] = {}
        for member, source in zip(members, sources, strict=True):
            rows, count = ((source.batch, source.full), (source.tail, source.tail and 1))[part]
            if count:
                compiled = source.step.compiled(source.feed, rows)
                groups.setdefault((id(compiled.program.plan), rows, count), []).append((member, source, compiled))
        for (_, rows, count), group in groups.items():
            width = width_of(group[0][2].program)
            found += [_Team(group[at : at + width], rows, count) for at in range(0, len(group), width)]
    return found
