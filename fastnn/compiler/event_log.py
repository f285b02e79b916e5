"""The log of calls that gather: their trace, the plans that run it, gradients along it; see compiler/gather.py."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from fastnn.compiler.events import Entry, Event, Ready, Slot, roots, serial, variables_of
from fastnn.compiler.log_trace import LogTrace
from fastnn.compiler.program import Program
from fastnn.compiler.target import placed
from fastnn.core import dtypes, hooks, random, tree, turns
from fastnn.core.errors import GraphError
from fastnn.core.memory import register_memory
from fastnn.core.results import ARRAYS
from fastnn.core.types import Array
from fastnn.graph.autodiff import gradients
from fastnn.graph.calls import Unhashed
from fastnn.graph.dtype import dtype_of
from fastnn.graph.node import Node
from fastnn.graph.tensor import Tensor, here
from fastnn.graph.variable import Variable
from fastnn.runtime.abi import STEP


class Leaf:
    """Stands for the array that came from outside as number `number`, whatever its owner has made of it since."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


def unchanged(array: Array, then: Array) -> bool:
    """Whether an array has the bits that it had then."""
    if array.shape != then.shape or array.dtype != then.dtype:
        return False
    if array.dtype.itemsize not in (2, 4, 8) or array.size < 4096:
        return array.tobytes() == then.tobytes()
    bits = f"u{array.dtype.itemsize}"
    return bool((array.view(bits) == then.view(bits)).all())


class Log(LogTrace):
    """The calls of one thread that somebody may still ask about: see the module.

    at: the entry of the last one.  refs: weak references to the Tensors that were given, by number.  leaves: arrays
    that came from outside, as they were then.  before: what variables were when they were first read, by epoch and
    serial, where they have changed; epoch: how often something else than an event has changed some.
    open: numbers of the tapes that record now.  ran: how many events have run.  met: of how many the variables are
    known.
    """

    open: tuple[int, ...] = ()
    step = 0
    counts: dict[Any, int] | None = None

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tapes: list[Any] = []  # weak references
        self.at = roots.root.current()
        self._begin()

    def _begin(self) -> None:
        """Hold nothing."""
        self.events: list[Event] = []
        self.refs: list[Any] = []
        self.leaves: list[tuple[Any, Array]] = []
        self.numbers: dict[int, list[int]] = {}  # of leaves, by id of what was given; the last is what it is now
        self.watched: dict[int, Any] = {}  # by id
        self.variables: dict[int, Variable] = {}  # that its events name, by serial
        self.before: dict[tuple[int, int], Array] = {}
        self.read: dict[Any, int] = {}  # numbers of the Tensors that variables are now
        self.ran = self.met = self.epoch = 0
        self.effects = False
        self.losses: Sequence[Any] = ()  # what layers added to the loss in the last event
        self._forget_trace()

    # ------------------------------------------------------------------ calls
    def wire(self, value: Any) -> Any:
        """What stands for a value in a key: the number of a Tensor of this log, a leaf, a variable."""
        kind = type(value)
        if kind is Tensor:
            if value._log is self:
                return value._at
        elif kind is Leaf:
            return -1 - value.number
        elif kind not in ARRAYS and hasattr(value, "_fastnn_variable"):
            number = serial(value)
            self.variables[number] = value
            return "v", number
        numbers = self.numbers.get(id(value))
        if numbers is not None and (kind is Tensor or unchanged(np.asarray(value), self.leaves[numbers[-1]][1])):
            return -1 - numbers[-1]
        array = value.array if kind is Tensor else np.array(value)  # its owner may change it before it runs
        if array.dtype.kind in "OSU":
            raise Unhashed
        self.numbers.setdefault(id(value), []).append(len(self.leaves))
        self.leaves.append((value, array))
        return array.shape, dtypes.standardize(array.dtype)

    def call(self, key: Any, fn: Callable[..., Any], values: Sequence[Any]) -> Any:
        """fn(*values) as an event; `key`: what it depends on besides the shapes and dtypes of the values."""
        with self.lock:
            leaves = len(self.leaves)
            try:
                wiring = tuple([v._at if type(v) is Tensor and v._log is self else self.wire(v) for v in values])
                event = Event(fn, wiring, self.open)
                full = key, wiring, self.open
                entry = self.at.children.get(full)
                traced = self._traced(event) if entry is None else entry
            except BaseException:
                for value, _ in self.leaves[leaves:]:
                    self.numbers[id(value)].pop()
                    if not self.numbers[id(value)]:
                        del self.numbers[id(value)]
                del self.leaves[leaves:]
                raise
            if entry is None:
                entry = traced
                self.at.children[full] = entry
                roots.root.entries += 1
            elif entry.draws:
                event.keys = [draw() for draw in entry.draws]
            event.entry = entry
            self.events.append(event)
            self.at = entry
            if entry.effects:
                self.effects = True
                self.read.clear()
            return self._given(entry)

    def reading(self, variable: Variable, fn: Callable[..., Any]) -> Any:
        """What a variable is now, which `fn` makes of its symbol: a Tensor, the same one until something changes."""
        dtype = variable.dtype
        with self.lock:
            key = serial(variable), dtype, self.open
            number = self.read.get(key)
            out = None if number is None else self.refs[number]()
            if number is None:
                out = self.call(("read", dtype), fn, [variable])
                self.read[key] = out._at
            elif out is None:  # nobody has it any more
                out = Tensor(variable.shape, dtype_of(dtype), self, number)
                self.refs[number] = weakref.ref(out)
            return out

    def _given(self, entry: Entry) -> Any:
        refs = self.refs
        out = [Tensor(shape, dtype, self, n) for n, (shape, dtype) in enumerate(entry.specs, len(refs))]
        refs += map(weakref.ref, out)
        for i, m in entry.masks:
            out[i]._mask = out[m]
        self.losses = out[len(out) - entry.losses :] if entry.losses else ()
        if entry.single:
            return out[0]
        if entry.flat is not None:
            return [None if i is None else out[i] for i in entry.flat]
        return tree.map_structure(lambda x: out[x.number] if type(x) is Slot else x, entry.result)

    # ------------------------------------------------------------------ running
    def flush(self) -> None:
        """Run what has gathered: every Tensor that is still there has its value afterwards."""
        with self.lock:
            wanted = [t for ref in self.refs if (t := ref()) is not None and t._value is None]
            if not wanted and not self.effects:
                self._end()
                return
            key = self.ran, tuple([t._at for t in wanted]), tuple(self.before)
            ready = self.at.programs.get(key)
            if ready is None:
                ready = self._compiled([t._at for t in wanted])
                roots.root.keep(self.at, key, ready)
            else:
                roots.root.used(self.at, key)
            self._run(ready, wanted)
            self.ran, self.effects = len(self.events), False
            self.read.clear()
            if self.trace is not None:
                self.done = dict(self.trace.assigns)
            self._end()

    def _compiled(self, wanted: Sequence[int]) -> Ready:
        trace = self._tracing(len(self.events))
        inputs = [(n, np.zeros(s.shape, dtypes.numpy_type(s.dtype))) for n, s in enumerate(self.inputs)]
        before = [(n, np.zeros(s.shape, dtypes.numpy_type(s.dtype))) for n, s in trace.old.items()]
        for _, array in (*inputs, *before):
            register_memory(array)
        bindings = {self.inputs[n]: a for n, a in inputs} | {trace.old[n]: a for n, a in before}
        assigns = trace.assigns
        trace.assigns = {v: s for v, s in assigns.items() if self.done.get(v) is not s}
        try:
            program = Program(trace, [self.symbols[k] for k in wanted], bindings, options=placed(None))
        finally:
            trace.assigns = assigns
        drawn = [random.signed(random.fold(k)) for k in trace.drawn]
        return Ready(program, inputs, before, [drawn.index(k) for k in program.storage.keys])

    def _run(self, ready: Ready, wanted: Sequence[Tensor]) -> None:
        program = ready.program
        taken = turns.begin(program)
        busy, here.busy = here.busy, True
        try:
            with program.lock:
                for ref in ready.lent:
                    t = ref()
                    if t is not None and t._lent:
                        t.keep()
                leaves, before = self.leaves, self.before
                for n, mine in ready.inputs:
                    mine[...] = leaves[n][1]
                for n, mine in ready.before:
                    mine[...] = before[n]
                self._keep_old(program)
                program.state[STEP] = self.step
                if ready.keys:
                    drawn = [k for event in self.events for k in event.keys]
                    program.rekey([random.signed(random.fold(drawn[i])) for i in ready.keys])
                program.once()
                refs, ready.lent = self.refs, []
                for t, value, lasting in zip(wanted, program.outputs, ready.lasting):
                    if lasting:
                        t._value, t._lent = value, True
                        ready.lent.append(refs[t._at])
                    else:
                        t._value, t._lent = value.copy(), False
        finally:
            here.busy = busy
            if taken:
                turns.end()

    def _keep_old(self, program: Program) -> None:
        """Keep what the variables are that a program changes, for logs that may ask what they were."""
        for log in [*older(), self] if behind.logs else (self,):
            if log.asked():
                log.keep([v for v, written in zip(program.storage.variables, program.written) if written])

    def keep(self, written: Iterable[Variable]) -> None:
        """Keep what variables are before they change, if events of this log have read them."""
        self._know_variables()
        for v in written:
            number = serial(v)
            missing = [(e, number) for e in range(self.epoch + 1) if (e, number) not in self.before]
            if number in self.variables and missing:
                self.before.update(dict.fromkeys(missing, v._seen.copy()))
                self._forget_trace()

    def _know_variables(self) -> None:
        """Name the variables that known events have read, which no trace has met in this log."""
        for event in self.events[self.met :]:
            for ref in event.entry.reads:
                v = ref()
                if v is not None:
                    self.variables.setdefault(serial(v), v)
        self.met = len(self.events)

    def changed(self, written: Iterable[Variable] | None = None) -> None:
        """Variables are about to be changed by something else than an event (None: all may be)."""
        self.flush()
        if self.asked():
            self._know_variables()
            self.keep(list(self.variables.values()) if written is None else written)
            me = weakref.ref(self)
            self.call("changed", lambda: me().trace.changed(), ())  # type: ignore[union-attr]
            self.ran = len(self.events)
            self.read.clear()
            self.epoch += 1

    # ------------------------------------------------------------------ tapes
    def enter(self, tape: Any) -> int:
        """A tape begins to record here; returns its number."""
        self.tapes.append(weakref.ref(tape))
        return len(self.tapes) - 1

    def watch(self, value: Any, number: int) -> None:
        """Tape number `number` watches an array or a Tensor."""
        self.watched.setdefault(id(value), (value, set()))[1].add(number)

    def watches(self, value: Any, number: int) -> bool:
        """Whether a tape watches a value, or has recorded what gave it."""
        found = self.watched.get(id(value))
        if found is not None:
            return number in found[1]
        return self.has(value) and number in self._event_of(value).tapes

    def has(self, value: Any) -> bool:
        """Whether events of this log gave a value, or some tape watches it."""
        known_here = type(value) is Tensor and value._log is self
        return known_here or id(value) in self.watched or hasattr(value, "_fastnn_variable")

    def _event_of(self, value: Tensor) -> Event:
        n = 0
        for event in self.events:
            n += len(event.entry.specs)
            if value._at < n:
                return event
        raise GraphError(f"{value!r} is none of this log's values.")

    def read_by(self, number: int) -> list[Variable]:
        """The variables that events recorded by a tape have read."""
        return variables_of([e.entry for e in self.events if number in e.tapes])

    def asked(self) -> bool:
        """Whether some tape may still ask for gradients."""
        for ref in self.tapes:
            tape = ref()
            if tape is not None and tape.live:
                return True
        return False

    def _end(self) -> None:
        """Let go of all events if nobody can ask about them any more."""
        if self.asked():
            return
        for ref in self.refs:
            if (t := ref()) is not None:
                t._log = None
        for number, ref in enumerate(self.tapes):
            tape = ref()
            if tape is not None:
                tape.entries = [e.entry for e in self.events if number in e.tapes]
        self._begin()
        if here.log is self and not here.recording:
            here.log = None
        else:
            self.at = roots.root.current()

    def gradient(
        self, tape: Any, targets: Sequence[Any], sources: Sequence[Any], weights: Sequence[Any], ask: Any = gradients
    ) -> list[Any]:
        """What `ask` (gradients, or a function of its arguments) finds along what a tape has recorded.

        targets, weights, sources: Tensors, arrays or variables; weights may be None.  Returns Tensors and None.
        """
        number, n = None if tape is None else tape.number, len(targets)
        given = [w for w in weights if w is not None]
        at = [None if w is None else i for i, w in enumerate(weights)]
        me, count = weakref.ref(self), len(given)  # not the log itself, which holds this function
        serials = [serial(s) if hasattr(s, "_fastnn_variable") else None for s in sources]
        others: list[Any] = []
        counts: list[int] = []  # of values that others had
        if None in serials:
            for s, variable in zip(sources, serials):
                if variable is None:
                    values = [] if type(s) is Tensor else [Leaf(i) for i in self.numbers.get(id(s), ())]
                    counts.append(len(values) or 1)
                    others += values or [s]

        def found(*symbols: Any) -> Any:
            log = me()
            assert log is not None and log.trace is not None
            trace = log.trace
            ys, gys = symbols[:n], iter(symbols[n : n + count])
            marked: set[Node] = set()
            for (first, end), event in zip(log.spans, log.events):
                if number is None or number in event.tapes:
                    marked.update(trace.nodes[first:end])
            xs: list[list[Any]] = []
            rest, many = iter(symbols[n + count :]), iter(counts)
            for s in sources:
                if hasattr(s, "_fastnn_variable"):
                    xs.append(list(trace.versions.get(s, ())))
                else:
                    xs.append([next(rest) for _ in range(next(many))])
            flat = [x for group in xs for x in group]
            if not flat:
                return [None] * len(xs)
            made = iter(ask(ys, flat, [None if i is None else next(gys) for i in at], through=marked.__contains__))
            return [_sum([next(made) for _ in group]) for group in xs]

        key = "gradient", number, n, tuple(at), ask.__qualname__, tuple(serials), tuple(counts)
        out: list[Any] = self.call(key, found, [*targets, *given, *others])
        return out


def _sum(parts: list[Any]) -> Any:
    """The sum of the gradients of the values that a variable had."""
    total = None
    for part in parts:
        if part is not None:
            total = part if total is None else hooks.call("operator", "add", total, part)
    return total


class Behind(threading.local):
    """Weak references to the logs of this thread that calls do not go to any more, though a tape may ask about them."""

    def __init__(self) -> None:
        self.logs: list[Any] = []


behind = Behind()


def older() -> list[Log]:
    """The logs behind that a live tape still has."""
    found = [log for log in (ref() for ref in behind.logs) if log is not None and log.asked()]
    behind.logs = [weakref.ref(log) for log in found]
    return found
