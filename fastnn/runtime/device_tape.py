"""A plan bound to a device: the same relocations as on the CPU with other bases, and the executor for it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.errors import KernelError, NotSupportedError
from fastnn.core.types import Array
from fastnn.runtime import abi
from fastnn.runtime.device_base import HEADER, STATUS_WORDS, Device, Launch
from fastnn.runtime.device_data import Data
from fastnn.runtime.device_memory import Block, DeviceArena, Mirror, mirror_of
from fastnn.runtime.device_products import Products
from fastnn.runtime.device_walk import Builder, Shift, run_all
from fastnn.runtime.device_words import Shifts, tables_of

if TYPE_CHECKING:
    from fastnn.compiler.plan import Place, Plan
    from fastnn.runtime.bind import Storage


class DeviceTape:
    """A Plan bound to a device: what `fastnn.runtime.bind.Tape` is for the CPU.

    outputs: arrays on the host, which have the values after each run.  block: of the arena.
    """

    threads = 1

    def __init__(self, plan: Plan, storage: Storage, device: Device) -> None:
        self.plan, self.storage, self.device = plan, storage, device
        storage.arena = DeviceArena.beside(storage.arena, device)
        self.arrays = storage.arrays_of(plan.spaces, None, np.frombuffer(plan.constants, np.uint8))
        self.outputs = [np.zeros(p.shape, dtypes.numpy_type(p.dtype)) for p in plan.outputs]
        with device.session():
            self._afford()
            self.block = storage.arena.reserve(plan.arena_bytes)
            self.executor = Executor(self)

    def _afford(self) -> None:
        """Raise OutOfMemoryError, before anything is allocated, where the device has not the room."""
        plan, storage = self.plan, self.storage
        there = storage.arena.block
        arena = 0 if there is not None and there.nbytes >= plan.arena_bytes else plan.arena_bytes
        kinds = {"variable": 0, "array": 0, "constants": 0}
        seen: set[int] = set()
        for space, array in zip(plan.spaces, self.arrays):
            if array is not None and space.kind in kinds and array.ctypes.data not in seen:
                seen.add(array.ctypes.data)
                kinds[space.kind] += array.nbytes
        free, _ = self.device.memory()
        need = arena + sum(kinds.values()) + 8 * len(tables_of(plan).source)
        if arena and need > free:
            raise self.device.no_memory(
                need, f"The plan (arena {arena / 1e9:.3g} GB, variables {kinds['variable'] / 1e9:.3g} GB)"
            )

    def rekey(self) -> None:
        """Take the random keys that the storage has now; not during a run."""
        at, space, offset = tables_of(self.plan).fixed_words
        for i, s in enumerate(self.plan.spaces):
            if s.kind == "key":
                here = space == i
                self.executor.set_words(at[here], offset[here] + self.storage.keys[s.number])

    def view(self, place: Place) -> Array:
        """A copy of the value of a Place, as it is on the device now."""
        out = np.zeros(place.shape, dtypes.numpy_type(place.dtype))
        self.executor.fetch([(place, out)])
        return out


class Executor:
    """Runs a tape's plan on its device; the interface of `fastnn.runtime.executor.Executor`."""

    parks = 0
    waits = True  # whether run() returns when the batch is done, or when it has been asked for

    def __init__(self, tape: DeviceTape) -> None:
        plan, storage, device = tape.plan, tape.storage, tape.device
        self.plan, self.storage, self.device = plan, storage, device
        self.tables, self._tape = tables_of(plan), weakref.ref(tape)
        self.data = Data(device, storage.slots)
        self._mirrors: list[tuple[Mirror, bool]] = []
        self._inputs: list[tuple[Array, Block]] = []
        self._keep: list[Any] = [tape.block]
        self.outputs = list(zip(plan.outputs, tape.outputs))
        self.state = mirror_of(storage.state, device)
        self.state_at = self.state.of(storage.state)
        self.bases = np.array([self._base(*pair) for pair in zip(plan.spaces, tape.arrays)] or [0], np.int64)
        self.bases[[s.kind == "arena" for s in plan.spaces]] = tape.block.address
        at, space, offset = self.tables.fixed_words
        self.words = plan.table("words").copy()
        self.words[at] = self.bases[space] + offset
        self.workspace = Block(device, self.tables.most_lanes * self.tables.local_bytes, "The workspace of threads")
        self.table = Block(device, 8 * max(len(self.tables.source), 1), "The table of arguments")
        self.own = Block.of(device, np.array([1, 0, self.state_at, 0], np.int64), "The table of arguments")
        self._products = Products(plan, self.words) if config.matmul_precision() == "cublas" else None
        self.rows_per_batch, self._stale = 0, True
        self._now: dict[int, int] = {}
        self._ns: float | None = None  # that a batch takes
        self._shifts: dict[int, Shifts] = {}
        self.launches, self.status = 0, np.zeros(STATUS_WORDS, np.int64)
        for i, row in enumerate(self.tables.rows):
            if i in self.tables.at and not device.has(plan.kernels[row[abi.FN]]):
                raise NotSupportedError(
                    f"{plan.origins[i].op} has no kernel on {device.name} ({plan.kernels[row[abi.FN]]}). Choose "
                    "set_device('cpu'), or build the kernels again: python -m fastnn.kernels.build --levels cuda."
                )
        advance = Launch("advance", self.own.address + 8 * HEADER, 0, 1, 1)
        self.steps = Builder(self.tables.rows, self._launch, self._shift).steps(0, len(self.tables.rows), advance)

    # ------------------------------------------------------------------ binding
    def _base(self, space: Any, array: Array | None) -> int:
        """The address of a space."""
        kind, number = space.kind, space.number
        if kind == "key":
            return int(self.storage.keys[number])
        if kind in ("rows", "order"):
            words = self.data.places[number][1].words
            return int(words.io if kind == "rows" else words.index)
        if kind == "state":
            return self.state_at
        if kind == "variable" and array is not None:
            mirror = mirror_of(array, self.device)
            written = self.storage.written is None or self.storage.written[number]
            if mirror is not self.state:
                self._mirrors.append((mirror, written))
            return mirror.of(array)
        if array is None or not array.size:
            return 0
        if kind == "constants":
            block = Block.of(self.device, array, "The constants of the plan")
        else:
            block = Block(self.device, array.nbytes, "An input")
            self._inputs.append((array, block))
        self._keep.append(block)
        return block.address

    def _launch(self, i: int) -> Launch | None:
        """The launch of a row."""
        row = self.tables.rows[i]
        n, chunk = row[abi.N], row[abi.CHUNK]
        if not n:
            return None
        address = self.table.address + 8 * self.tables.at[i]
        product = None if self._products is None else self._products.of(row)
        made = None if product is None else self.device.product(product)
        return Launch(self.plan.kernels[row[abi.FN]], address, 0, n, -(-n // chunk), self.tables.lanes[i], i, made)

    def _shift(self, row: Sequence[int]) -> Shift | None:
        moves = self.tables.moves[row[abi.TMP] : row[abi.TMP] + row[abi.NTMP]]
        if not moves:
            return None
        made = self._shifts[row[abi.TMP]] = Shifts(self.device, self.tables, self.table.address, moves)
        return Shift(tuple((w, s) for w, s in moves), made.launch)

    def set_words(self, index: Iterable[int], values: Iterable[int]) -> None:
        """Replace the argument words at `index` by `values`."""
        for i, v in zip(index, values, strict=True):
            self.words[i] = v
        self._stale = True

    # ------------------------------------------------------------------ what steps ask for
    def moved(self, shift: Shift, steps: int) -> None:
        """Move the words of a loop that the host walks."""
        self.device.launch(shift.launch(steps))
        for word, stride in shift.moves:
            self._now[word] = self._now.get(word, 0) + steps * stride

    def _value(self, word: int) -> int:
        return int(self.words[word]) + self._now.get(word, 0)

    def read(self, word: int, nbytes: int) -> int:
        """What memory says at an argument word of a control row, once the device has come so far."""
        out = np.zeros(nbytes, np.uint8)
        self.device.download(self._value(word), out)
        self._check()
        return int.from_bytes(out.tobytes(), "little", signed=nbytes > 1)

    def write(self, word: int, value: int) -> None:
        """Put an int64 where an argument word points."""
        self.device.upload(np.array([value], np.int64), self._value(word))

    def call_host(self, i: int) -> None:
        """A step in Python: what it reads comes back, what it writes goes to the device."""
        call = self.plan.hosts[self.tables.rows[i][abi.FN]]
        ins, outs = [[None if p is None else np.zeros(p.shape, dtypes.numpy_type(p.dtype)) for p in part]
                     for part in (call.inputs, call.outputs)]  # fmt: skip
        for place, array in zip(call.inputs, ins, strict=True):
            if place is not None and array is not None and array.size:
                self.device.download(self._address(place), array)
        self._check()
        call.op.host(ins, outs, dict(call.attrs))
        for out, array in zip(call.outputs, outs, strict=True):
            if array is not None and array.size:
                self.device.upload(np.ascontiguousarray(array), self._address(out))

    def _address(self, place: Place) -> int:
        return int(self.bases[place.space]) + place.offset

    def fetch(self, wanted: Sequence[tuple[Place, Array]]) -> None:
        """Copy values of the device into arrays."""
        with self.device.session():
            for place, array in wanted:
                if place.space >= 0 and array.size:
                    self.device.download(self._address(place), array)
            self.device.synchronize()

    # ------------------------------------------------------------------ running
    def run(
        self,
        batches: int,
        rows_per_batch: int = 0,
        threads: int = 1,
        deadline_ns: int = 0,
        profile: Array | None = None,
    ) -> int:
        """Run the plan `batches` times; return how many batches are done.  See the Cython executor.

        The device is asked for all batches at once; with a deadline, for as many as fit into the time, by what the
        last ones took.
        """
        state, done = self.storage.state, 0
        with self.device.session():
            self._ready(rows_per_batch)
            if not self.waits and batches == 1 and profile is None and not self.outputs:
                self._ask(1, rows_per_batch, None)
                self.device.pending = self
                return 1
            while (
                done < batches
                and not state[abi.STOP]
                and not (done and deadline_ns and time.monotonic_ns() >= deadline_ns)
            ):
                n = self._many(batches - done, deadline_ns)
                begin, before = time.monotonic_ns(), int(state[abi.BATCH])
                try:
                    self._ask(n, rows_per_batch, profile)
                finally:
                    self._after()
                ran = int(state[abi.BATCH]) - before
                done += ran
                self._ns = (time.monotonic_ns() - begin) / max(ran, 1)
                self._raise()
            if self.outputs:
                self.fetch(self.outputs)
        return done

    def finish(self) -> None:
        """Wait for the batch that `run` has not waited for; what went wrong is kept for `settle`."""
        self._after()

    def settle(self) -> None:
        """The same; raises KernelError where a kernel has failed."""
        with self.device.session():
            self._raise()

    def once(self, threads: int = 1) -> None:
        """Run the plan one time."""
        self.run(1)

    def _many(self, left: int, deadline_ns: int) -> int:
        """How many batches to ask for before the next look."""
        if not deadline_ns:
            return left
        if self._ns is None:
            return 1
        return max(1, min(left, int((deadline_ns - time.monotonic_ns()) / self._ns)))

    def _ready(self, rows_per_batch: int) -> None:
        """Everything that has changed on the host goes to the device."""
        device = self.device
        if self._stale:
            device.upload(self.tables.fill(self.words, self.workspace.address), self.table.address)
            self._stale = False
        if rows_per_batch != self.rows_per_batch:
            device.upload(np.array([rows_per_batch], np.int64), self.own.address + 8 * (HEADER + 1))
            self.rows_per_batch = rows_per_batch
        for mirror, _ in self._mirrors:
            mirror.give()
        for array, block in self._inputs:
            device.upload(array, block.address)
        self.state.newer = "host"
        self.state.give()
        device.upload(np.zeros(STATUS_WORDS, np.int64), device.status())

    def _ask(self, batches: int, rows: int, profile: Array | None) -> None:
        """Ask the device for so many batches."""
        state = self.storage.state
        first = int(state[abi.ROW0])
        for mirror, written in self._mirrors:
            if written:
                mirror.newer = "device"
        for asked, part in self.data.portions(batches, rows, first):
            for _ in range(part):
                if asked and state[abi.STOP]:
                    return
                self._stale, self._now = True, {}
                if profile is None:
                    run_all(self.steps, self)
                else:
                    _Profile(self, profile).run()
                self._stale = False
                self.launches += 1
                asked += 1

    def _after(self) -> None:
        """Wait for the device; counters come back, and what it wrote is newer there."""
        state, device = self.storage.state, self.device
        found, self.status = np.zeros(abi.STATE_WORDS, np.int64), np.zeros(STATUS_WORDS, np.int64)
        device.download(self.state_at, found)
        device.download(device.status(), self.status)
        device.synchronize()
        keep = state[[abi.STOP, abi.WATCH]]
        state[:] = found
        state[[abi.STOP, abi.WATCH]] = keep
        self.state.newer = ""

    def _check(self) -> None:
        """Wait for the device; raise KernelError where a kernel has failed."""
        self.status = np.zeros(STATUS_WORDS, np.int64)
        self.device.download(self.device.status(), self.status)
        self.device.synchronize()
        self._raise()

    def _raise(self) -> None:
        status, args = self.status.tolist()
        self.status[:] = 0
        if status:
            self._stale = True  # words of loops may have stopped half-way
            at = (args - self.table.address) // 8
            row = next((i for i, first in self.tables.at.items() if first == at), -1)
            raise KernelError(abi.failure(status, row), status, row)


class _Profile:
    """A batch launch by launch, each with its time."""

    def __init__(self, tape: Executor, profile: Array) -> None:
        self.tape, self.profile, self.device = tape, profile, self

    def run(self) -> None:
        """Run the batch."""
        device = self.tape.device
        self.tape.device = cast(Device, _Timed(device, self.profile))
        try:
            run_all(self.tape.steps, self.tape)
        finally:
            self.tape.device = device


class _Timed:
    """A device whose launches are waited for and timed."""

    def __init__(self, device: Device, profile: Array) -> None:
        self._device, self._profile = device, profile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def capture(self, works: Sequence[Launch]) -> Any:
        """As the device's, with the launches kept."""
        return self._device.capture(works)

    def replay(self, graph: Any) -> None:
        """Launch by launch."""
        for work in graph.works:
            self._device.synchronize()
            begin = time.perf_counter_ns()
            self._device.launch(work)
            self._device.synchronize()
            if work.row >= 0:
                self._profile[work.row] += time.perf_counter_ns() - begin
