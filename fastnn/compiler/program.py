"""Program: a graph made ready to run; the memory, the tape and the executor of one plan."""
import struct
import time
import weakref

import numpy as np

from fastnn.compiler import memory, passes, schedule
from fastnn.compiler.emit import ARENA, PART, Access, Local, Table
from fastnn.compiler.graph import Graph
from fastnn.compiler.lower import lower
from fastnn.compiler.spans import WORTH
from fastnn.compiler.trial import Trial
from fastnn.core import config
from fastnn.core.dtypes import numpy_type
from fastnn.core.errors import KernelError
from fastnn.core.locks import lock
from fastnn.core.memory import affordable, aligned, register_memory
from fastnn.graph.node import VARIABLE
from fastnn.runtime.threads import allowed, planned

STATE_WORDS = 16
STEP, ROW0, BATCH, STOP, EPOCH, SEED = range(6)
SYNC, HOST = 1, 2
GUARD_BYTE = 0xA5


class Options:
    """How plans are made; the tests switch parts off and on.

    off: names of passes to leave out ("all" = every optional one).  reuse: share memory between values.
    fuse: run element-wise neighbours tile by tile.  spans: run whole-image neighbours span by span where they touch so
    many bytes (None: never).  threads: None = fastnn.config / environment / cores.
    guard: bytes of a known pattern round every buffer, checked after each run.  fill: fill the arena with NaN before
    each run, so that a value read before it is written shows.
    """

    def __init__(self, off=(), reuse=True, fuse=True, spans=WORTH, threads=None, guard=0, fill=False, executor=None):
        self.off, self.reuse, self.fuse, self.threads = frozenset(off), reuse, fuse, threads
        self.spans = spans
        self.guard, self.fill, self.executor = guard, fill, executor


DEFAULT = Options()


def new_state():
    """A fresh state block."""
    return register_memory(aligned(STATE_WORDS * 8).view(np.int64) * 0)


class Arena:
    """Memory that several plans take turns in (the full batch and the ragged last one, training and evaluation)."""

    def __init__(self):
        self.block = None

    def reserve(self, nbytes):
        """A block of at least nbytes; a larger need gets a new block, earlier plans keep theirs."""
        if self.block is None or self.block.nbytes < nbytes:
            self.block = register_memory(aligned(max(nbytes, 64)))
        return self.block


def _cut_circles(trace, graph):
    """Nodes and symbols refer to each other; cut them off from the weights, so that these go when their model goes."""
    for node in (*trace.nodes, *graph.nodes):
        if node.op is VARIABLE:
            node.payload = None
    trace.values.clear()
    trace.assigns.clear()
    trace.extra.clear()
    graph.updates.clear()


class Program:
    """A compiled graph.

    trace: the finished Trace.  outputs: symbols whose values are wanted.  bindings: {input symbol: array or
    DataSlot}.  state: a state block shared with other programs, or None for an own one.
    """

    def __init__(self, trace, outputs, bindings, state=None, arena=None, options=None):
        options = options or DEFAULT
        self.options = options
        self.state = new_state() if state is None else state
        self.lock = lock()
        graph = passes.run(Graph.of(trace, outputs), options.off)
        self.graph = graph
        lowered = lower(graph, bindings, self.state, options.reuse)
        self.units = schedule.group(lowered.instructions, options.fuse, options.spans)
        buffers = memory.lifetimes(self.units)
        self.buffers = buffers
        self.arena_bytes = memory.plan(buffers, options.reuse, options.guard)
        affordable(self.arena_bytes, "The plan")
        self.block = (arena or Arena()).reserve(self.arena_bytes)
        self._base = self.block.ctypes.data
        self._keep = [lowered.keep, bindings]
        self.outputs = [self._view(o) for o in lowered.outputs]
        self.syncs = schedule.barriers(self.units, self._address)
        self.threads, self.fixed = planned() if options.threads is None else (options.threads, True)
        self._assemble()
        self.trial = Trial(self.threads)
        if options.threads is not None:
            self.trial.settle()
        _cut_circles(trace, graph)

    # ------------------------------------------------------------------ addresses
    def _address(self, a):
        b = a.buffer
        if b.kind == ARENA:
            return self._base + (b.offset or 0) + a.offset
        return b.array.ctypes.data + a.offset

    def _view(self, o):
        """The NumPy view of an operand."""
        if o.buffer.kind == ARENA:
            if o.buffer.offset is None:         # an empty value that no instruction touches
                return np.zeros(o.shape, numpy_type(o.dtype))
            at = o.buffer.offset + o.offset
            raw = self.block[at:at + o.nbytes]
        else:
            raw = o.buffer.array.reshape(-1).view(np.uint8)[o.offset:o.offset + o.nbytes]
        return raw.view(numpy_type(o.dtype)).reshape(o.shape)

    # ------------------------------------------------------------------ the tape
    def _assemble(self):
        from fastnn.runtime.pack import address
        code, words, tmps, local_words, hosts, tables = [], [], [], [], [], {}
        self.instructions, local_bytes, scratch_bytes = [], 0, 64
        for unit in self.units:
            places, size = schedule.scratch_places(unit)
            scratch_bytes = max(scratch_bytes, size + 64)
            end = len(code) + len(unit)
            for ins in unit:
                flags = SYNC * ins.sync
                if ins.host is not None:
                    flags |= HOST
                    hosts.append(self._host(*ins.host))
                    fn = len(hosts) - 1
                else:
                    fn = address(ins.kernel)
                row = [fn, len(words), ins.n, ins.chunk, ins.tile, end, flags, len(tmps), 0,
                       len(code) + len(ins.cell) - ins.cell.index(ins), 0, ins.span]
                at = 0
                for slot, a in enumerate(ins.args):
                    if isinstance(a, Access):
                        if a.buffer.tile_only:
                            at_, wide = places[a.buffer]
                            tmps.append((slot, at_, a.buffer.nbytes // ins.n, wide))
                            row[8] += 1
                            words.append(0)
                        else:
                            words.append(self._address(a))
                    elif isinstance(a, Local):
                        local_words.append((len(words), at))
                        at += -(-a.nbytes // 64) * 64 + 64
                        words.append(0)
                    elif isinstance(a, Table):
                        key = a.array.tobytes()
                        table = tables.setdefault(key, a.array)
                        words.append(register_memory(table).ctypes.data if table.size else 0)
                    elif a is PART:
                        words.append(ins.tile or ins.chunk)
                    elif isinstance(a, float):
                        words.append(struct.unpack("<q", struct.pack("<d", a))[0])
                    else:
                        words.append(int(a))
                local_bytes = max(local_bytes, at)
                code.append(row)
                self.instructions.append(ins)
        self._keep.append(tables)
        self.empty, self.plain = not code, False
        self.thread_bytes = local_bytes + scratch_bytes + 8 * len(words)        # that each thread has for itself
        if self.empty:
            return
        longest = max(-(-i.n // i.chunk) for i in self.instructions)
        self.threads = max(1, min(self.threads, longest))
        which = self.options.executor or config.executor()
        from fastnn.core.jit import MODE
        if which == "python" or MODE == "python":
            from fastnn.runtime.pyexec import Executor
        else:
            from fastnn.runtime import extension
            Executor = extension("executor").Executor
            self.plain = not (self.options.guard or self.options.fill)
        self.executor = Executor(
            np.array(code, np.int64), np.array(words or [0], np.int64), np.array(tmps, np.int64).reshape(-1, 4),
            np.array(local_words, np.int64).reshape(-1, 2), local_bytes, scratch_bytes, self.state, hosts, self._keep)

    def _host(self, node, ins, outs):
        views, me = [], weakref.ref(self)

        def call():
            if not views:
                program = me()
                views.append([None if o is None else program._view(o) for o in ins])
                views.append([program._view(o) for o in outs])
            node.op.host(views[0], views[1], node.attrs)
        return call

    # ------------------------------------------------------------------ running
    def _team(self):
        """Threads of the next run: the best of the trial, but no more than are allowed from outside at this moment."""
        most = self.trial.best
        return most if self.fixed or most == 1 else min(most, allowed())

    def _walk(self, batches, rows, deadline_ns, profile):
        """executor.run, which tries numbers of threads first: see `Trial`."""
        done, run = 0, self.executor.run
        while self.trial.pending and profile is None and done < batches and self._team() == self.threads:
            n = self.trial.run(batches - done, lambda k, threads: run(k, rows, threads, deadline_ns, None))
            done += n
            if n == 0 or (deadline_ns and time.monotonic_ns() >= deadline_ns) or self.state[STOP]:
                return done
        return done + run(batches - done, rows, self._team(), deadline_ns, profile) if done < batches else done

    def run(self, batches=1, rows=0, deadline_ns=0, profile=None):
        """Walk the tape `batches` times (ROW0 grows by `rows` each time); returns the batches done.

        deadline_ns: a time of time.monotonic_ns() after which no new batch is begun, 0 = none.

        Raises KernelError, naming the layer and operation, for data that a kernel refuses.
        """
        if self.empty:
            return batches
        guard, fill = self.options.guard, self.options.fill
        if fill or guard:
            self._prepare(guard, fill)
        try:
            done = self._walk(batches, rows, deadline_ns, profile)
        except KernelError as error:
            raise self._explain(error) from None
        if guard:
            self._check(guard)
        return done

    def once(self):
        """One walk over the tape, the short way: no counters, no deadline, no checks of the debugging options."""
        if self.plain:
            try:
                if self.trial.pending and self._team() == self.threads:
                    self.trial.run(1, self._step_once)
                else:
                    self.executor.once(self._team())
            except KernelError as error:
                raise self._explain(error) from None
        else:
            self.run()

    def _step_once(self, _, threads):
        self.executor.once(threads)
        return 1

    def _explain(self, error):
        ins = self.instructions[error.instruction] if 0 <= error.instruction < len(self.instructions) else None
        if ins is None:
            return error
        what = {1: "an index or label is outside its range"}.get(error.status, f"status {error.status}")
        where = f" in layer '{ins.node.scope}'" if ins.node.scope else ""
        name = ins.node.op.name
        spec = ", ".join(str(s.shape) for s in ins.node.inputs if s is not None)
        return KernelError(
            f"{name}{where}: {what}. Inputs: {spec or ins.node.output.shape}; attributes: {ins.node.attrs}. "
            "Check that labels and indices are integers from 0 to the number of classes - 1.",
            error.status,
            error.instruction,
        )

    def _prepare(self, guard, fill):
        self.block[:] = 0xFF if fill else self.block
        for b in self.buffers if guard else ():
            self.block[b.offset - guard:b.offset] = GUARD_BYTE
            self.block[b.offset + b.nbytes:b.offset + b.nbytes + guard] = GUARD_BYTE

    def _check(self, guard):
        for b in self.buffers:
            before = self.block[b.offset - guard:b.offset]
            after = self.block[b.offset + b.nbytes:b.offset + b.nbytes + guard]
            if not ((before == GUARD_BYTE).all() and (after == GUARD_BYTE).all()):
                # shared memory is written again by later buffers; only an unshared plan can tell
                if not self.options.reuse:
                    raise KernelError(f"A kernel wrote outside the buffer '{b.label}' ({b.nbytes} bytes).")
