"""Blocks of threads as plain Python: what kernels that are written for a device run on where none is (mode "python").

The threads of a block take turns: each runs alone from one barrier to the next, in an order that the caller chooses. So
a run gives the same result each time, and a source that lacks a barrier gives another one in the other order. Memory
that a block shares holds NaN (integers: -1) until it is written, and every access to it is checked.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core.memory import View

SHARED_BYTES = 48 * 1024  # of a block, without asking for more
_local = threading.local()


class BlockError(RuntimeError):
    """A source that no device could run: threads that meet at different barriers, or share too much."""


class _Ended(BaseException):
    """Ends a thread whose block has failed."""


class Thread:
    """One thread of a block, as the helpers of `fastnn.core.jit_cuda` see it: its number and that of its block."""

    def __init__(self, index: int, block: int, threads: int, blocks: int, shared: list[Any]) -> None:
        self.index, self.block, self.threads, self.blocks = index, block, threads, blocks
        self._shared, self._asked = shared, 0
        self.barrier: Callable[[], None] = lambda: None

    def shared(self, F: Any, n: int) -> View:
        """The memory that this call gives to all threads of the block: the k-th call of each the same."""
        if self._asked == len(self._shared):
            self._shared.append((F, n, _fresh(F, n)))
            if sum(np.dtype(kind).itemsize * count for kind, count, _ in self._shared) > SHARED_BYTES:
                raise BlockError(f"a block shares more than {SHARED_BYTES} bytes; use smaller tiles")
        kind, count, view = self._shared[self._asked]
        if (kind, count) != (F, n):
            raise BlockError(f"a thread shares {n} of {F.__name__} where another one shares {count} of {kind.__name__}")
        self._asked += 1
        return view


def _fresh(F: Any, n: int) -> View:
    raw = np.full(int(n) * np.dtype(F).itemsize, 0xFF, np.uint8)
    return View(raw.view(F), np.dtype(F), raw.ctypes.data)


def private(F: Any, n: int) -> View:
    """Memory of one thread: n items of F."""
    return _fresh(F, n)


def here() -> Thread:
    """The thread that asks.

    Raises BlockError outside `run` and the simulator of numba.cuda.
    """
    found: Thread | None = getattr(_local, "thread", None)
    if found is None:
        found = _local.thread = _of_numba(threading.current_thread())
    return found


_first = threading.Lock()


def _of_numba(current: Any) -> Thread:
    """The same for a thread of numba.cuda's simulator, which has its own."""
    if not hasattr(current, "syncthreads"):
        raise BlockError("a kernel that is written for a device was called; run it with fastnn.core.thread_blocks.run")
    block = current._manager
    with _first:
        shared = block.__dict__.setdefault("_fastnn_shared", [])
    made = Thread(current.threadIdx.x, current.blockIdx.x, block._block_dim[0], block._grid_dim[0], shared)
    made.barrier = current.syncthreads
    return made


class _Turns:
    """The threads of one block. Each is a thread of Python that waits until it is its turn."""

    def __init__(self, work: Callable[[], Any], members: list[Thread]) -> None:
        self.work, self.members, self.results = work, members, [0] * len(members)
        self.go = [threading.Semaphore(0) for _ in members]
        self.back = threading.Semaphore(0)
        self.at: list[tuple[str, int] | None] = [None] * len(members)  # the barrier's file and line; None: it ended
        self.failed: BaseException | None = None

    def _wait(self, k: int) -> None:
        """Barrier: the turn goes back until all others are there."""
        frame = sys._getframe(2)
        self.at[k] = frame.f_code.co_filename, frame.f_lineno
        self.back.release()
        self.go[k].acquire()
        if self.failed is not None:
            raise _Ended

    def _member(self, k: int) -> None:
        self.go[k].acquire()
        _local.thread, self.members[k].barrier = self.members[k], lambda: self._wait(k)
        try:
            if self.failed is None:
                self.results[k] = self.work()
        except _Ended:
            return
        except BaseException as error:
            self.failed = error
        self.at[k] = None
        self.back.release()

    def run(self, backward: bool) -> list[int]:
        threads = [threading.Thread(target=self._member, args=(k,), daemon=True) for k in range(len(self.members))]
        for thread in threads:
            thread.start()
        live = list(range(len(threads)))
        try:
            while live:
                for k in reversed(live) if backward else live:
                    self.go[k].release()
                    self.back.acquire()
                    if self.failed is not None:
                        raise self.failed
                self._meet(live)
                live = [k for k in live if self.at[k] is not None]
        except BaseException as error:
            self.failed = error
            raise
        finally:
            for k in live:
                self.go[k].release()
            for thread in threads:
                thread.join()
        return self.results

    def _meet(self, live: list[int]) -> None:
        """All are at one barrier, or all have ended."""
        places = {self.at[k]: k for k in live}
        if len(places) > 1:
            words = [f"thread {k} {f'at line {place[1]}' if place else 'at its end'}" for place, k in places.items()]
            raise BlockError(f"threads of a block do not meet: {', '.join(words)}; expected all at one barrier()")


def run(work: Callable[[], Any], threads: int, blocks: int, backward: bool = False) -> int:
    """Call `work`, a source with its arguments bound, in `blocks` blocks of `threads` threads, one block at a time.

    backward: the last block and the last thread first. Returns the first status that is not 0, else 0. What a thread
    raises is raised here; BlockError where threads do not meet at one barrier.

    >>> numbers = []
    >>> run(lambda: numbers.append(here().index + 10 * here().block) or 0, threads=2, blocks=2)
    0
    >>> numbers
    [0, 1, 10, 11]
    """
    status = 0
    for block in range(blocks)[:: -1 if backward else 1]:
        shared: list[Any] = []
        members = [Thread(k, block, threads, blocks, shared) for k in range(threads)]
        for result in _Turns(work, members).run(backward):
            status = status or int(result)
    return status
