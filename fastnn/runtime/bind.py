"""Binding: a Plan gets memory, addresses, threads and an executor, in some tens of microseconds, and compiles nothing."""
import weakref

import numpy as np

from fastnn.core import config
from fastnn.core.jit import MODE
from fastnn.core.memory import aligned, register_memory
from fastnn.runtime import abi, extension, pack, threads

LOCAL, SCRATCH = -1, -2                         # as in Plan.relocations


def new_state():
    """A fresh state block."""
    return register_memory(aligned(abi.STATE_WORDS * 8).view(np.int64) * 0)


class Arena:
    """Memory that several plans take turns in (the full batch and the ragged last one, training and evaluation)."""

    def __init__(self):
        self.block = None

    def reserve(self, nbytes):
        """A block of at least nbytes; a larger need gets a new block, which earlier plans move to when they run."""
        if self.block is None or self.block.nbytes < nbytes:
            self.block = register_memory(aligned(max(nbytes, 64)))
        return self.block


class Storage:
    """What a plan is bound to: an arena, a state block, variables, input arrays, data slots, random keys, in its order.

    A variable is anything with `_array`, which may have moved when it is bound again.
    """

    def __init__(self, arena=None, state=None, variables=(), arrays=(), slots=(), keys=()):
        self.arena = Arena() if arena is None else arena
        self.state = new_state() if state is None else state
        self.variables, self.arrays, self.slots, self.keys = variables, arrays, slots, keys

    def array(self, space, block, constants):
        """The array behind a Space."""
        kind, k = space.kind, space.number
        if kind == "variable":
            return self.variables[k]._array
        if kind in ("rows", "order"):
            return self.slots[k].io if kind == "rows" else self.slots[k].index
        if kind == "array":
            return self.arrays[k]
        return {"arena": block, "state": self.state, "constants": constants}[kind]


class Tape:
    """A Plan bound to memory: `executor`, `outputs` (arrays), `block` of the arena, `threads` that it can use."""

    def __init__(self, plan, storage, most, which):
        self.plan, self.storage = plan, storage
        self.block = storage.arena.reserve(plan.arena_bytes)
        constants = np.frombuffer(plan.constants, np.uint8)
        self.arrays = [None if s.kind == "key" else storage.array(s, self.block, constants) for s in plan.spaces]
        if MODE == "python":                    # the checked pointers must know variables and constants too
            for a in self.arrays:
                if a is not None:
                    register_memory(a)
        self.outputs = [self.view(p) for p in plan.outputs]
        code = plan.table("code")
        control = code[:, abi.FLAGS] & abi.CONTROL != 0
        grids = -(-code[:, abi.N] // np.maximum(code[:, abi.CHUNK], 1))[~control]
        self.threads = max(1, min(most, int(grids.max(initial=1))))
        self.executor = self._executor(code, control, which) if len(code) else None

    def _executor(self, code, control, which):
        plan, storage = self.plan, self.storage
        bases = np.array([storage.keys[s.number] if a is None else a.ctypes.data
                          for s, a in zip(plan.spaces, self.arrays)], np.int64)
        code, words, relocations = code.copy(), plan.table("words").copy(), plan.table("relocations")
        space = relocations[:, 1]
        fixed = relocations[space >= 0]
        words[fixed[:, 0]] = bases[fixed[:, 1]] + fixed[:, 2]
        scratch = relocations[space == SCRATCH]
        tmps = np.column_stack([scratch[:, 0], scratch[:, 2:]])
        host = code[:, abi.FLAGS] & abi.HOST != 0
        tmps[:, 0] -= np.repeat(code[:, abi.ARGS], np.where(control, 0, code[:, abi.NTMP]))
        kernels = np.array([pack.address(name) for name in plan.kernels] or [0], np.int64)
        calls = ~(control | host)
        code[calls, abi.FN] = kernels[code[calls, abi.FN]]
        python = which == "python" or MODE == "python"
        from fastnn.runtime import pyexec
        kind = pyexec.Executor if python else extension("executor").Executor
        moves = {"moves": plan.table("moves").copy()} if plan.moves else {}
        return kind(code, words if len(words) else np.zeros(1, np.int64), tmps,
                    np.ascontiguousarray(relocations[space == LOCAL][:, [0, 2]]), plan.local_bytes, plan.scratch_bytes,
                    storage.state, [self._host(h) for h in plan.hosts], self.arrays, **moves)

    def view(self, place):
        """The array of a Place."""
        if place.space < 0:
            return np.zeros(place.shape, place.dtype)
        raw = self.arrays[place.space].reshape(-1).view(np.uint8)
        size = np.dtype(place.dtype).itemsize * int(np.prod(place.shape, dtype=np.int64))
        return raw[place.offset:place.offset + size].view(place.dtype).reshape(place.shape)

    def _host(self, call):
        views, me, attrs = [], weakref.ref(self), dict(call.attrs)

        def run():
            if not views:
                tape = me()
                views.append([None if p is None else tape.view(p) for p in call.inputs])
                views.append([tape.view(p) for p in call.outputs])
            call.op.host(views[0], views[1], attrs)
        return run


def bind(plan, storage, target=None, most=None, executor=None):
    """The Tape of a plan.

    storage: what it is bound to.  target: as the plan was made for (only "cpu" has executors).  most: threads at most;
    None: as fastnn.config, the environment or the cores say.  executor: "cython" or "python" instead of the configured
    one.
    """
    if most is None:
        most = threads.planned()[0]
    return Tape(plan, storage, most, executor or config.executor())
