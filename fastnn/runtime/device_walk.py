"""What a device does for one batch of a plan: launches in order, in pieces that are captured once and replayed.

The rows of a plan become a list of steps.  A stretch of kernels is a Piece: one graph of the device, one call.  A loop
whose number of steps the plan knows is unrolled into its piece while it is short (UNROLL launches): the words that move
from step to step are moved on the device, by a kernel between the steps.  Everything else is walked by the host: longer
loops (one call a piece a step), loops and branches that memory decides (the host reads the word back, which waits for
the device), and steps in Python.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastnn.runtime import abi
from fastnn.runtime.device_base import Launch, forget

if TYPE_CHECKING:
    from fastnn.runtime.device_tape import Executor

UNROLL = 4096  # launches that a loop may become in one captured graph


class Piece:
    """Launches that the device runs by one call."""

    def __init__(self, launches: Sequence[Launch]) -> None:
        self.launches, self.graph = list(launches), None

    graph: Any

    def run(self, tape: Executor) -> None:
        """Ask for them; the first time they are captured."""
        if self.graph is None:
            self.graph = tape.device.capture(self.launches)
            weakref.finalize(self, forget(tape.device.discard, self.graph))
        tape.device.replay(self.graph)


class Shift(NamedTuple):
    """How the words of a loop move: (word, stride) each; launches that move them by so many steps."""

    moves: tuple[tuple[int, int], ...]
    launch: Callable[[int], Launch]


class HostStep(NamedTuple):
    """A step in Python: row i."""

    row: int

    def run(self, tape: Executor) -> None:
        """Wait for the device, and call it."""
        tape.call_host(self.row)


class Repeat:
    """A loop that the host walks.  test: what runs before each step where memory ends it ("while"), else None."""

    def __init__(self, row: Sequence[int], shift: Shift | None, test: list[Any] | None, body: list[Any]) -> None:
        self.row, self.shift, self.test, self.body = row, shift, test, body

    def _move(self, tape: Executor, steps: int) -> None:
        if self.shift is not None and steps:
            tape.moved(self.shift, steps)

    def run(self, tape: Executor) -> None:
        """Walk it, as `fastnn.runtime.pyexec` does."""
        row, flags = self.row, self.row[abi.FLAGS]
        n, done = row[abi.N], 0
        if flags & abi.COUNTED:
            n = min(max(tape.read(row[abi.ARGS], 8), 0), n)
        first, step = (n - 1, -1) if flags & abi.REVERSE and n else (0, 1)
        self._move(tape, first)
        while done < n:
            if self.test is not None:
                run_all(self.test, tape)
                if not tape.read(row[abi.ARGS], 1):
                    break
            run_all(self.body, tape)
            self._move(tape, step)
            done += 1
        self._move(tape, -first - step * done)
        if flags & abi.WHILE:
            tape.write(row[abi.ARGS] + 1, done)


class Either:
    """A branch: memory chooses the one or the other."""

    def __init__(self, row: Sequence[int], yes: list[Any], no: list[Any]) -> None:
        self.row, self.yes, self.no = row, yes, no

    def run(self, tape: Executor) -> None:
        """Read the word back, and run what it says."""
        run_all(self.yes if tape.read(self.row[abi.ARGS], 1) else self.no, tape)


def run_all(steps: Sequence[Any], tape: Executor) -> None:
    """Run steps one after the other."""
    for step in steps:
        step.run(tape)


class Builder:
    """Makes the steps of a plan's rows.

    rows: of the code.  launch: (row number) -> its Launch.  shift: (control row) -> its Shift, None: nothing moves.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        launch: Callable[[int], Launch | None],
        shift: Callable[[Sequence[int]], Shift | None],
    ) -> None:
        self.rows, self.launch, self.shift = rows, launch, shift

    def steps(self, i: int, stop: int, *last: Launch) -> list[Any]:
        """The steps of rows [i, stop), and launches after them."""
        return _pieces([*self._flat(i, stop), *last])

    def _flat(self, i: int, stop: int) -> list[Any]:
        """Launches and other steps."""
        out: list[Any] = []
        while i < stop:
            row = self.rows[i]
            flags = row[abi.FLAGS]
            if flags & abi.HOST:
                out.append(HostStep(i))
                i += 1
            elif flags & abi.BRANCH:
                inner, end = row[abi.INNER], row[abi.END]
                out.append(Either(row, self.steps(i + 1, inner), self.steps(inner, end)))
                i = end
            elif flags & abi.LOOP:
                out += self._loop(i, row, flags)
                i = row[abi.END]
            else:
                work = self.launch(i)
                if work is not None:
                    out.append(work)
                i += 1
        return out

    def _loop(self, i: int, row: Sequence[int], flags: int) -> list[Any]:
        body, shift, n = self._flat(row[abi.INNER], row[abi.END]), self.shift(row), row[abi.N]
        if flags & (abi.WHILE | abi.COUNTED):
            test = self.steps(i + 1, row[abi.INNER]) if flags & abi.WHILE else None
            return [Repeat(row, shift, test, _pieces(body))]
        plain = all(isinstance(step, Launch) for step in body)
        if not plain or n * (len(body) + 1) > UNROLL:
            return [Repeat(row, shift, None, _pieces(body))]
        first, step = (n - 1, -1) if flags & abi.REVERSE else (0, 1)
        out: list[Any] = []
        for k in range(n):
            if shift is not None and (k or first):
                out.append(shift.launch(step if k else first))
            out += body
        back = -first - step * (n - 1)
        if shift is not None and n > 1 and back:
            out.append(shift.launch(back))
        return out


def _pieces(flat: Sequence[Any]) -> list[Any]:
    """The same steps with neighbouring launches as Pieces."""
    out: list[Any] = []
    run: list[Launch] = []
    for step in [*flat, None]:
        if isinstance(step, Launch):
            run.append(step)
            continue
        if run:
            out.append(Piece(run))
            run = []
        if step is not None:
            out.append(step)
    return out
