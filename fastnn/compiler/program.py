"""Program: a traced graph ready to run: its plan, the tape that the plan is bound to, and the names of its layers."""

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from fastnn.compiler.autotune import ThreadAutotuner
from fastnn.compiler.compile import compile_graph
from fastnn.compiler.target import DEFAULT, Options
from fastnn.core import mirrors, turns
from fastnn.core.errors import ArgumentError, KernelError
from fastnn.core.locks import lock
from fastnn.core.turns import Touched, whole
from fastnn.core.types import Array
from fastnn.graph import Symbol, Trace
from fastnn.runtime import device as devices
from fastnn.runtime import extension, pyexec
from fastnn.runtime.abi import FLAGS, STOP, WHILE
from fastnn.runtime.bind import Arena, Storage, Tape, bind
from fastnn.runtime.threads import allowed, planned

GUARD_BYTE = 0xA5


class Program:
    """A compiled graph, bound.

    trace: the finished Trace.  outputs: symbols whose values are wanted.  bindings: {input symbol: array or
    DataSlot}.  state: a state block shared with other programs, or None for an own one.  arena: memory shared with
    other programs that take turns.
    """

    def __init__(
        self,
        trace: Trace,
        outputs: Sequence[Symbol],
        bindings: Mapping[Symbol, Any],
        state: Array | None = None,
        arena: Arena | None = None,
        options: Options | None = None,
    ) -> None:
        self.options = options = options or DEFAULT
        self.lock = lock()
        self.plan, structure = compile_graph(trace, outputs, bindings, options)
        self.written = [v in trace.assigns for v in structure.variables]
        self.storage = Storage(
            arena, state, structure.variables, structure.arrays, structure.slots, structure.keys, self.written
        )
        self.state, self.scopes = self.storage.state, structure.scopes
        there = options.target.name != "cpu" and bool(self.plan.code)  # a plan of views needs no device
        self.device = devices.current() if there else None
        if self.device is None and there:
            raise ArgumentError(
                f"A plan for target {options.target.name!r} was asked for, but no device is set. Set one: "
                "fastnn.config.set_device('cuda:0')."
            )
        self._bind()
        self.tuner = ThreadAutotuner(self.tape.threads)
        if options.threads is not None:
            self.tuner.settle()

    def _bind(self) -> None:
        """Give the plan its memory: at first, and whenever the arena has moved."""
        options = self.options
        most, self.fixed = planned() if options.threads is None else (options.threads, True)
        self.tape = bind(self.plan, self.storage, options.target, most, options.executor, self.device)
        self.outputs, self.threads = self.tape.outputs, self.tape.threads
        self._touched: Touched | None = None
        self.plain = (
            self.tape.executor is not None
            and self.device is None
            and not (options.guard or options.fill)
            and not isinstance(self.tape.executor, pyexec.Executor)
        )

    # ------------------------------------------------------------------ what it takes
    @property
    def arena_bytes(self) -> int:
        """Bytes of the arena."""
        return self.plan.arena_bytes

    @property
    def thread_bytes(self) -> int:
        """Bytes that each thread has for itself."""
        return self.plan.local_bytes + self.plan.scratch_bytes + len(self.plan.words)

    @property
    def nbytes(self) -> int:
        """Bytes that the program takes beside arena, variables and data."""
        return self.plan.nbytes + self.threads * self.thread_bytes

    def kernels(self) -> list[str]:
        """Names of the kernels that it calls, in order; "host" for a step in Python."""
        return [r["kernel"] for r in self.rows()]

    def rows(self) -> list[dict[str, Any]]:
        """One dict for each instruction: what it is, for whom, what it costs."""
        return self.plan.rows(self.scopes)

    # ------------------------------------------------------------------ taking turns (see core/turns.py)
    def touched(self) -> Touched:
        """(what it reads, what it writes) of variables, as identities of memory."""
        found = self._touched
        if found is None:
            memory = [whole(v._host) for v in self.storage.variables]
            writes = frozenset([m for m, written in zip(memory, self.written) if written])
            found = self._touched = frozenset(memory) - writes, writes
        return found

    def hurry(self) -> None:
        """Somebody waits for the variables: end the run after the step in progress."""
        self.state[STOP] = 1

    def rekey(self, keys: Sequence[int]) -> None:
        """Draw with other random keys (digests, in the order of `storage.keys`) from the next run on."""
        self.storage.keys = keys
        self.follow()
        self.tape.rekey()

    def refer(self, given: Mapping[int, Array | None]) -> None:
        """Take other memory for spaces of the plan, by number, from now on: see `Tape.refer`; not on a device."""
        assert isinstance(self.tape, Tape)
        self.tape.refer(given)
        self.outputs = self.tape.outputs

    # ------------------------------------------------------------------ running
    @functools.cached_property
    def can_walk_together(self) -> bool:
        """Whether `run_together` takes it: no step in Python, no loop that memory ends, no debugging."""
        return self.plain and not self.plan.hosts and not (self.plan.table("code")[:, FLAGS] & WHILE).any()

    def _team(self) -> int:
        """Threads of the next run: the best number found, but no more than are allowed from outside at this moment."""
        most = self.tuner.best
        return most if self.fixed or most == 1 else min(most, allowed())

    def _walk(self, batches: int, rows: int, deadline_ns: int, profile: Array | None) -> int:
        """executor.run, which tries numbers of threads first: see `ThreadAutotuner`."""
        done, run = 0, self.tape.executor.run
        while self.tuner.pending and profile is None and done < batches and self._team() == self.threads:
            n = self.tuner.run(batches - done, lambda k, threads: run(k, rows, threads, deadline_ns, None))
            done += n
            if n == 0 or (deadline_ns and time.monotonic_ns() >= deadline_ns) or self.state[STOP]:
                return done
        return done + run(batches - done, rows, self._team(), deadline_ns, profile) if done < batches else done

    def run(self, batches: int = 1, rows: int = 0, deadline_ns: int = 0, profile: Array | None = None) -> int:
        """Walk the tape `batches` times (ROW0 grows by `rows` each time); returns the batches done.

        deadline_ns: a time of time.monotonic_ns() after which no new batch is begun, 0 = none.

        Raises KernelError, naming the layer and operation, for data that a kernel refuses.
        """
        self.follow()
        if mirrors.HELD and self.device is None:
            self._look()
        if self.tape.executor is None:
            return batches
        guard, fill = (self.options.guard, self.options.fill) if self.device is None else (0, False)
        if fill or guard:
            self._prepare(guard, fill)
        try:
            self.state[STOP] = 0
            while not (done := self._walk(batches, rows, deadline_ns, profile)) and self.state[STOP]:
                self.state[STOP] = 0  # who waits for the variables asked before the first step: one has to run
        except KernelError as error:
            raise self._explain(error) from None
        if guard:
            self._check(guard)
        return done

    def once(self) -> None:
        """One walk over the tape, the short way: no counters, no deadline, no checks of the debugging options."""
        if self.storage.arena.block is not self.tape.block:
            self.follow()
        if self.plain:
            if mirrors.HELD:
                self._look()
            try:
                if self.tuner.pending and self._team() == self.threads:
                    self.tuner.run(1, self._step_once)
                else:
                    self.tape.executor.once(self._team())
            except KernelError as error:
                raise self._explain(error) from None
        else:
            self.run()

    def _look(self) -> None:
        """A device has copies of variables: what is newer there comes back before the CPU uses it."""
        for v, written in zip(self.storage.variables, self.written):
            (mirrors.change if written else mirrors.look)(v._host)

    def run_on(self, rows: int) -> None:
        """Run one batch, which goes on on a device while the host does something else, until `settle`."""
        executor = self.tape.executor
        if self.device is not None and executor is not None:
            executor.waits = False
        try:
            self.run(1, rows)
        finally:
            if self.device is not None and executor is not None:
                executor.waits = True

    def settle(self) -> None:
        """Wait for the batch of `run_on`; raises what `run` would have raised."""
        if self.device is not None and self.tape.executor is not None:
            try:
                self.tape.executor.settle()
            except KernelError as error:
                raise self._explain(error) from None

    def follow(self) -> None:
        """Bind again where the arena has moved."""
        if self.storage.arena.block is not self.tape.block:
            self._bind()

    def _step_once(self, _: int, threads: int) -> int:
        self.tape.executor.once(threads)
        return 1

    def _explain(self, error: KernelError) -> KernelError:
        if not 0 <= error.instruction < len(self.plan.origins):
            return error
        op, scope, shapes, attrs = self.plan.origins[error.instruction]
        what = {1: "an index or label is outside its range"}.get(error.status, f"status {error.status}")
        name = self.scopes[scope] if scope >= 0 else ""
        where = f" in layer '{name}'" if name else ""
        return KernelError(
            f"{op}{where}: {what}. Inputs: {', '.join(map(str, shapes))}; attributes: {dict(attrs)}. "
            "Check that labels and indices are integers from 0 to the number of classes - 1.",
            error.status,
            error.instruction,
        )

    def _prepare(self, guard: int, fill: bool) -> None:
        block = self.tape.block
        block[:] = 0xFF if fill else block
        for b in self.plan.blocks if guard else ():
            block[b.offset - guard : b.offset] = GUARD_BYTE
            block[b.offset + b.nbytes : b.offset + b.nbytes + guard] = GUARD_BYTE

    def _check(self, guard: int) -> None:
        block = self.tape.block
        for b in self.plan.blocks:
            before, after = block[b.offset - guard : b.offset], block[b.offset + b.nbytes : b.offset + b.nbytes + guard]
            if not ((before == GUARD_BYTE).all() and (after == GUARD_BYTE).all()):
                # shared memory is written again by later buffers; only an unshared plan can tell
                if not self.options.reuse:
                    raise KernelError(f"A kernel wrote outside the buffer '{b.label}' ({b.nbytes} bytes).")


class _Several:
    """Programs that run together, as one use of their variables (see core/turns.py)."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.programs = programs

    def touched(self) -> Touched:
        reads, writes = zip(*(program.touched() for program in self.programs), strict=True)
        return frozenset().union(*reads), frozenset().union(*writes)

    def hurry(self) -> None:
        self.programs[0].hurry()


def run_together(
    programs: Sequence[Program], batches: int, rows: int = 0, deadline_ns: int = 0
) -> tuple[int, list[int]]:
    """Walk programs of one plan side by side in this thread: see together.pxi.  (Batches walked, those that failed.)

    programs: each `can_walk_together`, bound to variables of its own.  All else as `Program.run`; a program that failed
    has not counted its last batch, and running it says why.
    """
    for program in programs:
        program.follow()
        if mirrors.HELD:
            program._look()
        if program.plan is not programs[0].plan:
            raise ValueError("run_together: programs of several plans")
    taken = turns.begin(_Several(programs))
    try:
        for program in programs:
            program.state[STOP] = 0
        found: tuple[int, list[int]] = extension("executor").run_together(
            [program.tape.executor for program in programs], batches, rows, deadline_ns
        )
        return found
    finally:
        if taken:
            turns.end()
