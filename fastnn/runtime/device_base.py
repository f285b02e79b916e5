"""Devices: machines with a memory of their own, which run the plans that were made for Target "cuda".

A device has memory, one stream of work that runs in order, and kernels by name; `Cuda` (fastnn.runtime.cuda) and
`Simulated` (fastnn.runtime.simulated) are the two that there are.  A tape hands it launches; what is a part of one
batch is captured once and replayed by one call.

How a kernel finds its arguments: `args` is the address, on the device, of its int64 words, as on the CPU.  Two more
words lie before them, args[-2] and args[-1] (HEADER): how many items one call of a kernel takes (1: it may be cut
anywhere), and the distance in words of the tables of neighbouring threads (0: all have one; else each has its own,
because a word of it is the address of that thread's workspace).  So a thread t of T that runs a kernel of the CPU makes
the calls `kernel(args + t * args[-1], i, min(i + args[-2], hi))` for i = lo + t * args[-2], then T * args[-2] further,
and so on.  A kernel that was written for the device ("per": "block") has its items done by whole blocks, reads neither.

The status block is STATUS_WORDS words: the first status that is not 0, and the address of the arguments of the kernel
that said so.  Every kernel looks at it first and does nothing where it is not 0: what follows a failure has no effect.
"""

from __future__ import annotations

import collections
import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from fastnn.core.errors import OutOfMemoryError
from fastnn.core.locks import lock
from fastnn.core.types import Array

HEADER = 2  # words before the arguments of an instruction
STATUS_WORDS = 2
ALIGN = 256  # bytes: what device memory begins at a multiple of
MOST_LANES = 4096  # threads with a workspace of their own
RESERVE = 0.05  # of the memory stays free: the driver's own needs


class Product(NamedTuple):
    """A product of float32 matrices, C = A·B + bias: what a library needs to know of it.

    a, b, c, bias: device addresses; no bias: 0.  ars, aks, bks, bns: elements from one row of A to the next, from one k
    to the next in A and in B, from one column of B to the next; C lies row by row.  relu: nothing below 0.  many: of
    such matrices, a_apart and b_apart elements from one to the next, those of C side by side.
    """

    a: int
    ars: int
    aks: int
    b: int
    bks: int
    bns: int
    c: int
    M: int
    N: int
    K: int
    bias: int
    relu: bool
    many: int
    a_apart: int
    b_apart: int


class Launch(NamedTuple):
    """One launch: kernel, address of its arguments, items [lo, hi), how many calls they are, threads at most (0: any).

    row: the instruction that it is, -1 for what tapes launch themselves.  product: what a library of the device makes
    in the kernel's place, of `Device.product`.
    """

    name: str
    args: int
    lo: int
    hi: int
    calls: int
    lanes: int = 0
    row: int = -1
    product: Any = None


class Device:
    """What a tape needs of a device.  Work is done in the order in which it is asked for.

    name: "cuda:0".  own: whether it has the kernels that were written for devices.  lock: held by who uses it, a run
    or a look at what lies there.
    """

    name: str = ""
    own: bool = True
    pending: Any = None  # the executor whose last batch nobody has waited for yet

    def __init__(self) -> None:
        self.lock = lock(threading.RLock)
        self.arenas: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self.orders: dict[int, Any] = {}
        self._garbage: collections.deque[tuple[Callable[..., Any], Any]] = collections.deque()

    # ------------------------------------------------------------------ memory
    def allocate(self, nbytes: int) -> int:
        """The address of new device memory, a multiple of ALIGN; raises MemoryError where there is no room."""
        raise NotImplementedError

    def free(self, address: int) -> None:
        """Give memory of `allocate` back, in the next session: the collector may ask for it, in any thread."""
        self._garbage.append((self.release, address))

    def release(self, address: int) -> None:
        """Give memory back now, once all work that was asked for is done."""
        raise NotImplementedError

    def drain(self) -> None:
        """Give back what was freed."""
        while self._garbage:
            release, thing = self._garbage.popleft()
            release(thing)

    def upload(self, array: Array, address: int) -> None:
        """Copy a contiguous array to the device; the array may be changed as soon as this returns."""
        raise NotImplementedError

    def download(self, address: int, array: Array) -> None:
        """Copy from the device into a contiguous array; its values are there after `synchronize`."""
        raise NotImplementedError

    def pinned(self, nbytes: int) -> Array:
        """Host memory, uint8, from which `send` copies while the device works."""
        raise NotImplementedError

    def send(self, array: Array, address: int) -> None:
        """Copy from pinned memory, which must not change before a `mark` made afterwards has been reached."""
        raise NotImplementedError

    def memory(self) -> tuple[int, int]:
        """(free, all) bytes of the device."""
        raise NotImplementedError

    # ------------------------------------------------------------------ work
    def launch(self, work: Launch) -> None:
        """Ask for one launch."""
        raise NotImplementedError

    def capture(self, works: Sequence[Launch]) -> Any:
        """What `replay` runs: these launches, in order.  Nothing runs now."""
        raise NotImplementedError

    def replay(self, graph: Any) -> None:
        """Ask for all launches of a graph: one call."""
        raise NotImplementedError

    def discard(self, graph: Any) -> None:
        """Let a graph of `capture` go, in the next session."""

    def mark(self) -> Any:
        """A place in the stream, that `reach` waits for."""
        raise NotImplementedError

    def reach(self, mark: Any) -> None:
        """Wait until all that was asked for before a mark is done."""
        raise NotImplementedError

    def synchronize(self) -> None:
        """Wait until all that was asked for is done."""
        raise NotImplementedError

    def product(self, product: Product) -> Any:
        """What a launch carries so that a library makes the product; None: the kernel does."""
        return None

    def has(self, name: str) -> bool:
        """Whether there is a kernel of that name."""
        raise NotImplementedError

    # ------------------------------------------------------------------ what it is
    def status(self) -> int:
        """The address of the status block."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """name, capability, driver (versions as text), memory, free (bytes)."""
        raise NotImplementedError

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """The time in which this thread uses the device; what was not waited for before is."""
        with self.lock:
            self.begin()
            yield

    def begin(self) -> None:
        """A session begins."""
        if self.pending is not None:
            pending, self.pending = self.pending, None
            pending.finish()
        self.drain()

    # ------------------------------------------------------------------ with errors that say what to do
    def take(self, nbytes: int, what: str) -> int:
        """`allocate`, with an error that says what needed the memory and what is free."""
        self.drain()
        try:
            return self.allocate(nbytes)
        except MemoryError:
            raise self.no_memory(nbytes, what) from None

    def no_memory(self, nbytes: int, what: str) -> OutOfMemoryError:
        """The error for `what` where the device has no room for nbytes."""
        free, total = self.memory()
        return OutOfMemoryError(
            f"{what} needs {nbytes / 1e9:.3g} GB on {self.name}; {free / 1e9:.3g} of {total / 1e9:.3g} GB are free. "
            "Use a smaller batch_size or smaller sizes; model.plan(batch_size) says what a step needs."
        )

    def room(self) -> int:
        """Bytes that data may take."""
        free, total = self.memory()
        return max(0, int(free - RESERVE * total))


def forget(function: Callable[..., Any], *args: Any) -> Callable[[], None]:
    """A function without arguments that calls another one, unless this is another process than now (a fork's child)."""
    process = os.getpid()

    def call() -> None:
        if os.getpid() == process:
            function(*args)

    return call
