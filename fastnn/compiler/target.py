"""Target: what plans are made for, as data; Options: how a plan is made and run."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fastnn.runtime import device


@dataclass(frozen=True)
class Target:
    """A kind of machine, as far as plans depend on it.  Two plans of one graph for equal targets are equal.

    The sizes decide where sums are cut, and with it bits, so the defaults are the same on every machine.

    name: the lowering, "cpu".  tile: items per tile of an element-wise group, rounded to; live_bytes: of a tile group's
    data, half of the smallest usual L1; least_tile: items that a tile has at least.  span_bytes: of a batch tile's
    data: with a kernel's own workspace less than a 1-2 MB L2; image_bytes: of one image, with more than this nothing
    stays in L2 anyway; span_worth: bytes that a group must touch to run by batch tiles, smaller ones stay in L2 by
    themselves (None: no batch tiles).  grain_ns: work that a chunk should be worth, for a barrier costs 0.3-1 us;
    most_chunks: of one instruction.  bytes_per_ns, flops_per_ns: usual rates of one core; instruction_ns: dispatch and
    loading of arguments.  per_item: an instruction's chunk is what one call of its kernel takes, 1 wherever items may
    be cut: threads of a device have a call each.  own: whether records' own rules for it are taken.

    >>> Target().work_ns(1000, 500)
    110.0
    """

    name: str = "cpu"
    tile: int = 1024
    least_tile: int = 256
    live_bytes: int = 28 * 1024
    span_bytes: int = 640 * 1024
    image_bytes: int = 1024 * 1024
    span_worth: int | None = 1024 * 1024
    grain_ns: float = 12_000
    most_chunks: int = 16
    bytes_per_ns: float = 10.0
    flops_per_ns: float = 50.0
    instruction_ns: float = 15.0
    per_item: bool = False
    own: bool = False

    def work_ns(self, nbytes: float, flops: float) -> float:
        """Time that one core takes for so many bytes moved and operations: the only cost model there is."""
        return nbytes / self.bytes_per_ns + flops / self.flops_per_ns

    def chunk(self, n: int, work_ns: float) -> int:
        """Items per chunk of n that take work_ns: a function of sizes only, so that threads do not change results."""
        chunks = min(self.most_chunks, n, int(work_ns // self.grain_ns))
        return n if chunks <= 1 else -(-n // chunks)


CPU = Target()
# A GPU: a thread an item, one stream; its caches are no matter of plans.  Rates of a card of some years ago.
CUDA = Target(
    name="cuda",
    tile=0,
    span_worth=None,
    most_chunks=1,
    bytes_per_ns=1000.0,
    flops_per_ns=10_000.0,
    instruction_ns=2000.0,
    per_item=True,
    own=True,
)
PLAIN = replace(CUDA, own=False)  # all kernels are the CPU's


VERIFY = False  # whether options that do not say check every pass; the tests do


class Options:
    """How plans are made and run; the tests switch parts off and on.

    off: names of passes to leave out ("all" = every optional one).  reuse: share memory between values.
    fuse: run element-wise neighbours tile by tile.  target: what plans are made for.
    unroll: write loops out instead (the oracle of loops).  verify: check the graph after every pass (None: as VERIFY
    says).  threads: None =
    fastnn.config / environment / cores.  guard: bytes of a known pattern round every buffer, checked after each run.
    fill: fill the arena with NaN before each run, so that a value read before it is written shows.  executor: "python"
    or "cython" instead of the configured one.
    """

    def __init__(
        self,
        off: Iterable[str] = (),
        reuse: bool = True,
        fuse: bool = True,
        target: Target = CPU,
        unroll: bool = False,
        verify: bool | None = None,
        threads: int | None = None,
        guard: int = 0,
        fill: bool = False,
        executor: str | None = None,
    ) -> None:
        self.off, self.reuse, self.fuse = frozenset(off), reuse, fuse
        self.target, self.unroll, self.verify = target, unroll, VERIFY if verify is None else verify
        self.threads, self.guard, self.fill, self.executor = threads, guard, fill, executor

    def compiling(self) -> tuple[Any, ...]:
        """What a plan depends on."""
        return self.off, self.reuse, self.fuse, self.target, self.unroll, self.guard


DEFAULT = Options()


def placed(options: Options | None) -> Options | None:
    """The options of what a model runs: for the device that is set, where there is one and nothing else was said."""
    found = device.current()
    if found is None or (options or DEFAULT).target.name != "cpu":
        return options
    twin = copy.copy(options or DEFAULT)
    twin.target = CUDA if found.own else PLAIN
    return twin
