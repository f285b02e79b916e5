"""Binding: a Plan gets memory, addresses, threads and an executor in some tens of microseconds; nothing is compiled."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.jit import MODE
from fastnn.core.memory import aligned, register_memory
from fastnn.core.types import Array
from fastnn.runtime import abi, extension, pack, pyexec, threads

if TYPE_CHECKING:
    from fastnn.compiler.plan import HostCall, Place, Plan, Space
    from fastnn.compiler.target import Target
    from fastnn.runtime.device_base import Device
    from fastnn.runtime.device_tape import DeviceTape
    from fastnn.runtime.executor import Executor


def new_state() -> Array:
    """A fresh state block."""
    return register_memory(aligned(abi.STATE_WORDS * 8).view(np.int64) * 0)


class Arena:
    """Memory that several plans take turns in (the full batch and the ragged last one, training and evaluation)."""

    def __init__(self) -> None:
        self.block: Array | None = None

    def reserve(self, nbytes: int) -> Array:
        """A block of at least nbytes; a larger need gets a new block, which earlier plans move to when they run."""
        block = self.block
        if block is None or block.nbytes < nbytes:
            block = self.block = register_memory(aligned(max(nbytes, 64)))
        return block


class Storage:
    """What a plan is bound to: an arena, a state block, variables, input arrays, data slots, random keys, in its order.

    A variable is anything with `_host`, which may have moved when it is bound again.  written: which of the variables
    the plan writes; None: it may be all.
    """

    def __init__(
        self,
        arena: Arena | None = None,
        state: Array | None = None,
        variables: Sequence[Any] = (),
        arrays: Sequence[Any] = (),
        slots: Sequence[Any] = (),
        keys: Sequence[Any] = (),
        written: Sequence[bool] | None = None,
    ) -> None:
        self.arena: Any = Arena() if arena is None else arena
        self.state = new_state() if state is None else state
        self.variables, self.arrays, self.slots, self.keys = variables, arrays, slots, keys
        self.written = written

    def arrays_of(self, spaces: Iterable[Space], block: Array | None, constants: Array) -> list[Array | None]:
        """The arrays behind a plan's spaces, by number; None for a key."""
        single = {"arena": block, "state": self.state, "constants": constants, "key": None}
        variables, slots = self.variables, self.slots
        return [variables[k]._host if kind == "variable" else
                single[kind] if kind in single else
                self.arrays[k] if kind == "array" else
                slots[k].io if kind == "rows" else slots[k].index for kind, k, _ in spaces]  # fmt: skip


class _Prepared:
    """What binding needs of a plan whatever it is bound to; found once for a plan in a process.

    code: with addresses of kernels.  fixed: relocations as (words, spaces, offsets).  longest: chunks of the
    instruction that has the most.
    """

    def __init__(self, plan: Plan) -> None:
        code, relocations = plan.table("code").copy(), plan.table("relocations")
        control = code[:, abi.FLAGS] & abi.CONTROL != 0
        host = code[:, abi.FLAGS] & abi.HOST != 0
        kernels = np.array([pack.address(name) for name in plan.kernels] or [0], np.int64)
        calls = ~(control | host)
        code[calls, abi.FN] = kernels[code[calls, abi.FN]]
        self.longest = int((-(-code[:, abi.N] // np.maximum(code[:, abi.CHUNK], 1)))[~control].max(initial=1))
        space = relocations[:, 1]
        self.fixed = np.ascontiguousarray(relocations[space >= 0][:, :3].T)
        scratch = relocations[space == abi.SCRATCH]
        tmps = np.column_stack([scratch[:, 0], scratch[:, 2:]])
        tmps[:, 0] -= np.repeat(code[:, abi.ARGS], np.where(control, 0, code[:, abi.NTMP]))
        words = plan.table("words") if plan.words else np.zeros(1, np.int64)
        locals_ = np.ascontiguousarray(relocations[space == abi.LOCAL][:, [0, 2]])
        moves = plan.table("moves").copy()
        self.words, self.constants = words, np.frombuffer(plan.constants, np.uint8)
        self.keys = [(i, s.number) for i, s in enumerate(plan.spaces) if s.kind == "key"]
        self.tables = abi.check(
            code,
            words,
            tmps,
            locals_,
            plan.local_bytes,
            plan.scratch_bytes,
            np.zeros(abi.STATE_WORDS, np.int64),
            plan.hosts,
            moves,
        )


_prepared: weakref.WeakKeyDictionary[Plan, _Prepared] = weakref.WeakKeyDictionary()


def _of(plan: Plan) -> _Prepared:
    found = _prepared.get(plan)
    if found is None:
        found = _prepared[plan] = _Prepared(plan)
    return found


class Tape:
    """A Plan bound to memory: `executor`, `outputs` (arrays), `block` of the arena, `threads` that it can use."""

    executor: Any  # an Executor; None where the plan is empty

    def __init__(self, plan: Plan, storage: Storage, most: int, which: str) -> None:
        self.plan, self.storage = plan, storage
        self.block = storage.arena.reserve(plan.arena_bytes)
        python = which == "python" or MODE == "python"
        self.engine: Any = pyexec if python else extension("executor")
        prepared = _of(plan) if plan.code else None
        constants = prepared.constants if prepared else np.frombuffer(plan.constants, np.uint8)
        self.arrays = storage.arrays_of(plan.spaces, self.block, constants)
        if MODE == "python":  # the checked pointers must know variables and constants too
            for a in self.arrays:
                if a is not None:
                    register_memory(a)
        self.outputs = [self.view(p) for p in plan.outputs]
        self._spots: dict[int, tuple[list[int], Array]] = {}
        self._views: list[list[Any]] = []  # of steps in Python
        self.threads = max(1, min(most, prepared.longest if prepared else 1))
        self.executor = self._executor(prepared) if prepared else None

    def _executor(self, prepared: _Prepared) -> Executor:
        plan, storage, engine = self.plan, self.storage, self.engine
        bases = engine.addresses(self.arrays)
        for i, k in prepared.keys:
            bases[i] = storage.keys[k]
        words, (at, space, offset) = prepared.words.copy(), prepared.fixed
        words[at] = bases[space] + offset
        code, _, tmps, locals_, moves, _ = prepared.tables
        made: Executor = engine.Executor(code, words, tmps, locals_, plan.local_bytes, plan.scratch_bytes,
                                         storage.state, [self._host(h) for h in plan.hosts], self.arrays, moves,
                                         checked=True)  # fmt: skip
        return made

    def rekey(self) -> None:
        """Take the random keys that the storage has now; not during a run."""
        prepared, keys = _of(self.plan), self.storage.keys
        at, space, offset = prepared.fixed
        for i, k in prepared.keys:
            here = space == i
            self.executor.set_words(at[here], offset[here] + keys[k])

    def refer(self, given: Mapping[int, Array | None]) -> None:
        """Take other memory for spaces, by number, from now on; not during a run.

        None: nothing, until it is called again.  Before that nothing may run.
        """
        addresses = self.engine.addresses(list(given.values())).tolist()
        for (space, array), base in zip(given.items(), addresses):
            self.arrays[space] = array
            if array is not None and self.executor is not None:
                spots = self._spots.get(space)
                if spots is None:
                    at, spaces, offset = _of(self.plan).fixed
                    spots = self._spots[space] = at[spaces == space].tolist(), offset[spaces == space]
                self.executor.set_words(spots[0], spots[1] + base)
        if 0 in given:
            self.block = self.storage.arena.block = given[0]
        for views in self._views:
            views.clear()
        there = all(self.arrays[p.space] is not None for p in self.plan.outputs if p.space >= 0)
        self.outputs = [self.view(p) for p in self.plan.outputs] if there else []

    def view(self, place: Place) -> Array:
        """The array of a Place."""
        kind = dtypes.numpy_type(place.dtype)
        if place.space < 0:
            return np.zeros(place.shape, kind)
        raw = cast(Array, self.arrays[place.space]).reshape(-1).view(np.uint8)
        size = dtypes.itemsize(place.dtype) * int(np.prod(place.shape, dtype=np.int64))
        found: Array = raw[place.offset : place.offset + size].view(kind).reshape(place.shape)
        return found

    def _host(self, call: HostCall) -> Callable[[], None]:
        views: list[list[Array | None]] = []
        self._views.append(views)
        me, attrs = weakref.ref(self), dict(call.attrs)

        def run() -> None:
            if not views:
                tape = cast(Tape, me())  # it lives while its executor runs
                views.append([None if p is None else tape.view(p) for p in call.inputs])
                views.append([tape.view(p) for p in call.outputs])
            call.op.host(views[0], views[1], attrs)

        return run


def bind(
    plan: Plan,
    storage: Storage,
    target: Target | None = None,
    most: int | None = None,
    executor: str | None = None,
    device: Device | None = None,
) -> Tape | DeviceTape:
    """The Tape of a plan.

    storage: what it is bound to.  target: as the plan was made for.  most: threads at most; None: as fastnn.config, the
    environment or the cores say.  executor: "cython" or "python" instead of the configured one.  device: for a plan of
    another target than "cpu".
    """
    if device is not None and plan.code:
        from fastnn.runtime.device_tape import DeviceTape

        return DeviceTape(plan, storage, device)
    if most is None:
        most = threads.planned()[0]
    return Tape(plan, storage, most, executor or config.executor())
