"""The Python executor: the same tables as the Cython one, the same bits, nothing hidden. It is the oracle of the tests.

It also runs mode "python", where kernels are plain functions over bounds-checked memory. Threads are simulated in the
order that is least kind to a plan: between two barriers, one thread after the other does all its work, by turns the
last one first and the first one first. A missing barrier therefore shows as different bits.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from fastnn.core import memory
from fastnn.core.errors import KernelError
from fastnn.core.jit import MODE
from fastnn.core.types import Array
from fastnn.runtime import abi, extension, pack

_ALIGN = 64


def _workspace(nbytes: int) -> tuple[Array, int]:
    """(array that owns the memory, its first address on a cache line). Filled with NaN patterns: nobody may read it."""
    raw = np.full(nbytes + 2 * _ALIGN, 0xFF, np.uint8)
    skip = -raw.ctypes.data % _ALIGN
    if nbytes:
        memory.register_memory(raw[skip : skip + nbytes], owner=raw)
    return raw, raw.ctypes.data + skip


def addresses(arrays: Sequence[Array | None]) -> Array:
    """Return the first addresses of contiguous arrays as int64; 0 for an empty one and for None.

    Raises ValueError for an array that is not contiguous.

    >>> addresses([np.zeros(0), None]).tolist()
    [0, 0]
    """
    return np.array([0 if a is None else _address(a) for a in arrays], np.int64)


def _address(array: Array) -> int:
    if not array.flags.c_contiguous:
        raise ValueError("ndarray is not C-contiguous")
    return int(array.ctypes.data) if array.size else 0


class _Thread:
    """What one thread has for itself: its words, scratch and workspace."""

    def __init__(self, words: Array, locals_: Array, local_bytes: int, scratch_bytes: int) -> None:
        self.words = np.append(words, 0)  # never empty: it has an address
        self.scratch_owner, self.scratch = _workspace(scratch_bytes)
        self.local_owner, local = _workspace(local_bytes)
        for word, offset in locals_.tolist():
            self.words[word] = local + offset

    def args(self, start: int) -> list[int] | int:
        """What a kernel gets as `a`: the words from `start` on as Python ints, or their address."""
        if MODE == "python":
            words: list[int] = self.words[start:].tolist()
            return words
        return int(self.words.ctypes.data) + 8 * start


def _float_mode() -> tuple[Callable[[], int], Callable[[int], None]]:
    """The pair (set, restore) for subnormals; without the extension they stay as they are."""
    try:
        executor = extension("executor")
    except ImportError:
        return (lambda: 0), (lambda mode: None)
    return executor.flush_subnormals, executor.restore_float_mode


class _Walk:
    """One walk over the tape. Groups wait until a barrier; then each thread does all of them, one after the other.

    waiting: (row, {word: its value then}) of groups, or (a function for thread 0, None).  moved: {word: its value} of
    the loops that have run.
    """

    def __init__(self, tape: Executor, threads: int, profile: Array | None) -> None:
        self.tape, self.threads, self.profile = tape, threads, profile
        self.waiting: list[tuple[Any, dict[int, int] | None]] = []
        self.moved: dict[int, int] = {}

    def rows(self, i: int, stop: int) -> None:
        """Walk the rows [i, stop); what stands behind the last barrier waits."""
        tape = self.tape
        while i < stop:
            row = tape._rows[i]
            flags = row[abi.FLAGS]
            if flags & (abi.SYNC | abi.HOST):
                self.meet()
            if flags & abi.HOST:
                begin = time.perf_counter_ns()
                tape._hosts[row[abi.FN]]()
                if self.profile is not None:
                    self.profile[i] += time.perf_counter_ns() - begin
            elif flags & abi.BRANCH:
                self.rows(*((i + 1, row[abi.INNER]) if self.asked(row) else (row[abi.INNER], row[abi.END])))
            elif flags & abi.LOOP:
                self.loop(i, row, flags)
            else:
                self.waiting.append((i, dict(self.moved)))
            i = row[abi.END]

    def loop(self, i: int, row: list[int], flags: int) -> None:
        """The loop that begins at row i."""
        n, done = row[abi.N], 0
        if flags & abi.COUNTED:
            n = min(max(self.asked(row, ctypes.c_int64), 0), n)
        first, step = (n - 1, -1) if flags & abi.REVERSE and n else (0, 1)
        self.shift(row, first)
        while done < n:
            if flags & abi.WHILE:
                self.rows(i + 1, row[abi.INNER])
                if not self.asked(row):
                    break
            self.rows(row[abi.INNER], row[abi.END])
            self.shift(row, step)
            done += 1
        self.shift(row, -first - step * done)
        if flags & abi.WHILE:  # no barrier: thread 0 writes it while others may still be in the loop
            steps = ctypes.c_int64.from_address(self.word(row[abi.ARGS] + 1))
            self.waiting.append((lambda: setattr(steps, "value", done), None))

    def moves(self, row: list[int]) -> list[list[int]]:
        """(word, stride) of a loop."""
        return self.tape._moves[row[abi.TMP] : row[abi.TMP] + row[abi.NTMP]]

    def word(self, word: int) -> int:
        """The value of an argument word now."""
        return self.moved.get(word, int(self.tape._words[word]))

    def shift(self, row: list[int], steps: int) -> None:
        """Move the words of a loop by so many steps."""
        for word, stride in self.moves(row):
            self.moved[word] = self.word(word) + steps * stride

    def asked(self, row: list[int], kind: Any = ctypes.c_uint8) -> int:
        """What memory says at a control row, once all threads are there."""
        self.meet()
        return int(kind.from_address(self.word(row[abi.ARGS])).value)

    def meet(self) -> None:
        """A barrier: everything that waits is done."""
        waiting, self.waiting = self.waiting, []
        flush, restore = _float_mode()
        mode = flush()
        try:
            self.tape.meetings += 1
            order = range(self.threads) if self.tape.meetings % 2 else reversed(range(self.threads))
            for tid in order:
                for what, moved in waiting:
                    if moved is not None:
                        self.group(what, moved, tid)
                    elif tid == 0:
                        what()
        finally:
            restore(mode)

    def group(self, i: int, moved: dict[int, int], tid: int) -> None:
        """A thread's share of a group, with words as they were then."""
        words = self.tape._threads[tid].words
        kept = {word: words[word] for word in moved}
        try:
            for word, value in moved.items():
                words[word] = value
            self.tape._group(i, tid, self.threads, self.profile)
        finally:
            for word, value in kept.items():
                words[word] = value


class Executor:
    """A tape made ready to run; the interface of `fastnn.runtime.executor.Executor`.

    >>> state = np.zeros(16, np.int64)
    >>> tape = Executor(np.zeros((0, 12), np.int64), [], [], [], 0, 0, state)
    >>> tape.run(3, 10), int(state[1])
    (3, 30)
    """

    parks = 0

    def __init__(
        self,
        code: Any,
        words: Any,
        tmps: Any,
        locals_: Any,
        local_bytes: int,
        scratch_bytes: int,
        state: Array,
        hosts: Sequence[Callable[[], None]] = (),
        keep: Any = None,
        moves: Any = (),
        checked: bool = False,
    ) -> None:
        tables = code, words, tmps, locals_, moves, state
        if not checked:
            tables = abi.check(code, words, tmps, locals_, local_bytes, scratch_bytes, state, hosts, moves)
        self._code, self._words, self._tmps, self._locals, moves, self._state = tables
        memory.register_memory(self._state)
        self._local_bytes, self._scratch_bytes = local_bytes, scratch_bytes
        self._hosts, self._keep, self._lock = list(hosts), keep, threading.RLock()
        self._rows: list[list[int]] = self._code.tolist()
        self._tmp_rows = self._tmps.tolist()
        self._moves: list[list[int]] = moves.tolist()
        self._functions: list[Any] = [
            None if row[abi.FLAGS] & (abi.HOST | abi.CONTROL) else pack.function(row[abi.FN]) for row in self._rows
        ]
        self._threads: list[_Thread] = []
        self.meetings = 0
        self._ready(1)

    def _ready(self, threads: int) -> None:
        while len(self._threads) < threads:
            self._threads.append(_Thread(self._words, self._locals, self._local_bytes, self._scratch_bytes))

    def set_words(self, index: Iterable[int], values: Iterable[int]) -> None:
        """Replace the argument words at `index` by `values`, for all threads."""
        for i, v in zip(index, values, strict=True):
            if not 0 <= i < len(self._words):
                raise ValueError(f"word {i} of a table of {len(self._words)} words")
            self._words[i] = v
            for thread in self._threads:
                thread.words[i] = v

    def _call(self, thread: _Thread, i: int, base: int, lo: int, hi: int, profile: Array | None) -> None:
        row = self._rows[i]
        for slot, offset, itemsize, wide in self._tmp_rows[row[abi.TMP] : row[abi.TMP] + row[abi.NTMP]]:
            thread.words[row[abi.ARGS] + slot] = thread.scratch + offset - (base if wide else lo) * itemsize
        begin = time.perf_counter_ns()
        status = self._functions[i](thread.args(row[abi.ARGS]), lo, hi)
        if profile is not None and thread is self._threads[0]:
            profile[i] += time.perf_counter_ns() - begin
        if status:
            raise KernelError(abi.failure(status, i), status, i)

    def _group(self, i: int, tid: int, threads: int, profile: Array | None) -> None:
        """The chunks that thread `tid` owns of the group that begins at `i`."""
        head = self._rows[i]
        n, chunk = head[abi.N], head[abi.CHUNK]
        chunks = -(-n // chunk) if n > chunk else 1
        mine = range(-(-chunks * tid // threads), -(-chunks * (tid + 1) // threads))
        if head[abi.FLAGS] & abi.JOINED and mine:
            self._call(self._threads[tid], i, 0, mine[0] * chunk, min((mine[-1] + 1) * chunk, n), profile)
            return
        step = head[abi.SPAN] or chunk
        for c in mine if n else ():
            stop = min((c + 1) * chunk, n)
            for lo in range(c * chunk, stop, step):
                hi, k = min(lo + step, stop), i
                while k < head[abi.END]:
                    items = self._rows[k][abi.N]
                    self._tiles(self._threads[tid], k, lo * items // n, hi * items // n, profile)
                    k = self._rows[k][abi.INNER]

    def _tiles(self, thread: _Thread, i: int, lo: int, hi: int, profile: Array | None) -> None:
        """The tile group that begins at `i`, over its items [lo, hi) of a span."""
        tile, last = self._rows[i][abi.TILE] or hi - lo, self._rows[i][abi.INNER]
        for at in range(lo, hi, max(tile, 1)):
            for k in range(i, last):
                self._call(thread, k, lo, at, min(at + tile, hi), profile)

    def _walk(self, threads: int, profile: Array | None) -> None:
        walk = _Walk(self, threads, profile)
        walk.rows(0, len(self._rows))
        walk.meet()

    def run(
        self,
        batches: int,
        rows_per_batch: int = 0,
        threads: int = 1,
        deadline_ns: int = 0,
        profile: Array | None = None,
    ) -> int:
        """Walk the tape `batches` times; return how many batches are done. See the Cython executor."""
        if not 1 <= threads <= 256:
            raise ValueError(f"run with {threads} threads; expected 1 to 256")
        done = 0
        with self._lock:
            self._ready(threads)
            while (
                done < batches
                and not self._state[abi.STOP]
                and not (done and deadline_ns and time.monotonic_ns() >= deadline_ns)
            ):
                self._walk(threads, profile)
                done += 1
                self._state[abi.BATCH] += 1
                self._state[abi.ROW0] += rows_per_batch
        return done

    def once(self, threads: int = 1) -> None:
        """Walk the tape one time, counting nothing."""
        with self._lock:
            self._ready(threads)
            self._walk(threads, None)
