"""A device made of host memory: what plans for "cuda" do, without one.  It is what the tests run them on.

Its memory are host buffers, each between guard bytes, filled with NaN when new.  A launch does what a grid of threads
does: thread t of T makes its calls, T further each time, with the table of arguments that is its own (see
`fastnn.runtime.device_base`).  Kernels that are called per item are the CPU's sources, so a thread's call is made
- "compiled": by the CPU's kernel of the same name: the same source, the same bits, at the speed of C.  A kernel that
  may be cut anywhere gets all its items in one call, unless `cut` says that each thread is to have its own;
- "python": by the source as plain Python over checked pointers, which is what FASTNN_KERNELS=python does.
Kernels that were written for devices run as plain Python, one block of threads after the other, with threads that take
turns at barriers (fastnn.core.thread_blocks): slowly.  `own=False` leaves them out: then a plan has the CPU's only.
"""

from __future__ import annotations

import bisect
import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastnn.core import memory
from fastnn.core.errors import ArgumentError, KernelError, PackError
from fastnn.core.jit import JIT, KERNELS, MODE
from fastnn.core.types import Array
from fastnn.runtime import pack
from fastnn.runtime.device_base import ALIGN, HEADER, STATUS_WORDS, Device, Launch
from fastnn.runtime.pyexec import _float_mode

GUARD = 256  # bytes before and behind each buffer
GUARD_BYTE, NEW_BYTE = 0xA5, 0xFF


class Graph(NamedTuple):
    """Launches that were captured."""

    works: list[Launch]


class _Words:
    """Argument words of a kernel that runs as plain Python: a[0], a[1], ... as Python ints, read when asked for."""

    __slots__ = ("_raw", "_start")

    def __init__(self, raw: Array, start: int) -> None:
        self._raw, self._start = raw, start

    def __getitem__(self, k: int) -> int:
        return int(self._raw[self._start + k])


class Simulated(Device):
    """A simulated device.

    nbytes: of its memory.  threads: of a block, of kernels that are called per item.  blocks: at most.  cut: call
    kernels item by item also where they could take all items at once.  own: whether kernels written for devices are
    used.  form: "compiled" or "python", see above.  counts: what it was asked for: captures, replays, launches, ...

    >>> device = Simulated()
    >>> address = device.allocate(24)
    >>> device.upload(np.arange(3), address)
    >>> found = np.zeros(3, np.int64)
    >>> device.download(address, found)
    >>> found.tolist()
    [0, 1, 2]
    """

    name = "simulated"

    def __init__(
        self,
        nbytes: int = 4 << 30,
        threads: int = 32,
        blocks: int = 16,
        cut: bool = False,
        own: bool = True,
        form: str = "python" if MODE == "python" else "compiled",
    ) -> None:
        forms = ("compiled",) if JIT else ("python",) if MODE == "python" else ("compiled", "python")
        if threads < 1 or blocks < 1 or form not in forms:
            raise ArgumentError(
                f"Simulated: received {threads} threads, {blocks} blocks, form={form!r}; expected 1 or more, and "
                f"one of {forms} with FASTNN_KERNELS={MODE}."
            )
        super().__init__()
        self.nbytes, self.threads, self.blocks, self.cut = nbytes, threads, blocks, cut
        self.own, self.form, self._backward = own, form, False
        self.used = 0
        self._starts: list[int] = []
        self._buffers: list[tuple[Array, Array]] = []  # (with its guards, without)
        self.counts = dict.fromkeys(("captures", "replays", "launches", "synchronisations", "uploads"), 0)
        self._status = self.allocate(8 * STATUS_WORDS)
        self.upload(np.zeros(STATUS_WORDS, np.int64), self._status)

    # ------------------------------------------------------------------ memory
    def allocate(self, nbytes: int) -> int:
        """Memory between guard bytes."""
        if self.used + nbytes > self.nbytes:
            raise MemoryError
        raw = np.full(nbytes + 2 * GUARD + ALIGN, GUARD_BYTE, np.uint8)
        start = GUARD + -(raw.ctypes.data + GUARD) % ALIGN
        inner = raw[start : start + nbytes]
        inner[:] = NEW_BYTE
        memory.register_memory(inner, owner=raw)
        k = bisect.bisect_left(self._starts, raw.ctypes.data + start)
        self._starts.insert(k, raw.ctypes.data + start)
        self._buffers.insert(k, (raw, inner))
        self.used += nbytes
        return int(raw.ctypes.data) + start

    def release(self, address: int) -> None:
        """Give memory back; its guards must be as they were."""
        k = self._index(address)
        raw, inner = self._buffers[k]
        self._look(raw, inner)
        del self._starts[k], self._buffers[k]
        self.used -= inner.nbytes

    @staticmethod
    def _look(raw: Array, inner: Array) -> None:
        start = inner.ctypes.data - raw.ctypes.data if inner.size else 0
        if (raw[:start] != GUARD_BYTE).any() or (raw[start + inner.nbytes :] != GUARD_BYTE).any():
            raise KernelError(f"A kernel wrote outside a buffer of {inner.nbytes} bytes of the simulated device.")

    def check(self) -> None:
        """Raise KernelError where something was written beside a buffer."""
        for raw, inner in self._buffers:
            self._look(raw, inner)

    def _index(self, address: int) -> int:
        k = bisect.bisect_right(self._starts, address) - 1
        if k < 0 or address > self._starts[k] + self._buffers[k][1].nbytes:
            raise ArgumentError(f"address {address} is in no buffer of the simulated device.")
        return k

    def _at(self, address: int, nbytes: int) -> Array:
        """Bytes of the device's memory."""
        k = self._index(address)
        offset, inner = address - self._starts[k], self._buffers[k][1]
        if offset + nbytes > inner.nbytes:
            raise ArgumentError(f"{nbytes} bytes at {offset} of a buffer of {inner.nbytes} of the simulated device.")
        found: Array = inner[offset : offset + nbytes]
        return found

    def upload(self, array: Array, address: int) -> None:
        """Copy to the device."""
        self.counts["uploads"] += 1
        self._at(address, array.nbytes)[:] = array.reshape(-1).view(np.uint8)

    def send(self, array: Array, address: int) -> None:
        """The same: nothing is asynchronous."""
        self.upload(array, address)

    def download(self, address: int, array: Array) -> None:
        """Copy from the device."""
        array.reshape(-1).view(np.uint8)[:] = self._at(address, array.nbytes)

    def pinned(self, nbytes: int) -> Array:
        """Host memory like any other."""
        return memory.aligned(nbytes)

    def memory(self) -> tuple[int, int]:
        """(free, all) bytes."""
        return self.nbytes - self.used, self.nbytes

    # ------------------------------------------------------------------ work
    def launch(self, work: Launch) -> None:
        """Run a grid of threads, one after the other."""
        self.counts["launches"] += 1
        self._run(work)

    def capture(self, works: Sequence[Launch]) -> Graph:
        """Keep the launches."""
        self.counts["captures"] += 1
        return Graph(list(works))

    def replay(self, graph: Graph) -> None:
        """Run them."""
        self.counts["replays"] += 1
        for work in graph.works:
            self._run(work)

    def mark(self) -> None:
        """All is done already."""

    def reach(self, mark: Any) -> None:
        """All is done already."""

    def synchronize(self) -> None:
        """All is done already."""
        self.counts["synchronisations"] += 1

    def has(self, name: str) -> bool:
        """Whether there is a kernel of that name."""
        if self.own and name in self._own:
            return True
        try:
            pack.address(name)
        except PackError:
            return False
        return True

    def status(self) -> int:
        """The address of the status block."""
        return self._status

    def facts(self) -> dict[str, Any]:
        """What `fastnn info` says."""
        free, total = self.memory()
        return {"name": self.name, "capability": "", "driver": "", "memory": total, "free": free}

    # ------------------------------------------------------------------ kernels
    def _run(self, work: Launch) -> None:
        """One launch: what a grid of threads does, one after the other."""
        status = self._at(self._status, 8 * STATUS_WORDS).view(np.int64)
        if status[0]:
            return
        flush, restore = _float_mode()
        mode = flush()
        try:
            kernel = self._own.get(work.name) if self.own else None
            found = self._per_item(work) if kernel is None else self._in_blocks(kernel, work)
        finally:
            restore(mode)
        if found:
            status[:] = found, work.args

    def _per_item(self, work: Launch) -> int:
        """A kernel that each thread calls for items of its own."""
        grain, stride = self._at(work.args - 8 * HEADER, 8 * HEADER).view(np.int64).tolist()
        call = self._kernel(work.name)
        if grain == 1 and not stride and not self.cut:
            return call(work.args, work.lo, work.hi)
        threads = self.threads * min(-(-work.calls // self.threads), self.blocks)
        threads = min(threads, work.lanes) if work.lanes else threads
        found = 0
        for t in range(threads):
            args = work.args + 8 * stride * t
            for lo in range(work.lo + t * grain, work.hi, threads * grain):
                found = found or call(args, lo, min(lo + grain, work.hi))
        return found

    def _in_blocks(self, kernel: Any, work: Launch) -> int:
        """A kernel whose items are done by blocks of threads; every other launch from the last thread on."""
        self._backward = not self._backward
        blocks = min(work.hi - work.lo, self.blocks)
        with np.errstate(all="ignore"):
            return int(_jit_cuda().launch(kernel, self._words(work.args), work.lo, work.hi, blocks, self._backward))

    @functools.cached_property
    def _own(self) -> dict[str, Any]:
        """Kernels that were written for devices, by name."""
        importlib.import_module("fastnn.kernels.cuda").load()
        found: dict[str, Any] = _jit_cuda().CUDA_KERNELS
        return found

    @functools.cached_property
    def _kernel(self) -> Callable[[str], Callable[[int, int, int], int]]:
        return functools.cache(self._compiled if self.form == "compiled" else self._plain)

    @staticmethod
    def _compiled(name: str) -> Callable[[int, int, int], int]:
        """The CPU's kernel."""
        return pack.function(pack.address(name))

    def _plain(self, name: str) -> Callable[[int, int, int], int]:
        """The CPU's source as plain Python."""
        if name not in KERNELS:
            importlib.import_module("fastnn.kernels.cpu").load()
        kernel = KERNELS[name]

        def call(args: int, lo: int, hi: int) -> int:
            with np.errstate(all="ignore"):
                return int(kernel.fn(self._words(args), lo, hi, *kernel.types))

        return call

    def _words(self, args: int) -> _Words:
        k = self._index(args)
        raw = self._buffers[k][1]
        return _Words(raw[: raw.nbytes // 8 * 8].view(np.int64), (args - self._starts[k]) // 8)


def _jit_cuda() -> Any:
    return importlib.import_module("fastnn.core.jit_cuda")
