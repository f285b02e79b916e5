"""The trace of a log's events: made as they come, or once more when somebody asks about what has run."""

from __future__ import annotations

import weakref
from typing import Any

from fastnn.compiler.events import Entry, Event, Replay, Slot, serial
from fastnn.core import tree
from fastnn.core.types import Array
from fastnn.graph.active import enter, leave
from fastnn.graph.autodiff import flows
from fastnn.graph.dtype import dtype_of
from fastnn.graph.lifetime import made
from fastnn.graph.node import Node, Symbol
from fastnn.graph.tensor import Tensor, here
from fastnn.graph.variable import Variable


class LogTrace:
    """The part of a Log that traces: see event_log.Log for what it has."""

    events: list[Event]
    before: dict[tuple[int, int], Array]
    variables: dict[int, Variable]
    ran: int
    open: tuple[int, ...]
    watched: dict[int, Any]
    tapes: list[Any]
    numbers: dict[int, list[int]]
    trace: Replay | None = None

    # ------------------------------------------------------------------ tracing
    def _forget_trace(self) -> None:
        if self.trace is not None:
            for node in self.nodes:
                node.let_go()
            self.trace = None

    def _new_trace(self) -> Replay:
        self.trace = Replay(self.before)
        self.nodes: list[Node] = []
        self.symbols: list[Symbol] = []  # of Tensors, by number
        self.inputs: list[Symbol] = []  # of leaves, by number
        self.spans: list[tuple[int, int]] = []  # nodes of each event
        self.done: dict[Variable, Symbol] = {}  # assignments of what has run
        return self.trace

    def _traced(self, event: Event) -> Entry:
        """Trace a call that is new here: what will be known of it."""
        trace = self._tracing(len(self.events))
        trace.given = iter(event.keys) if event.keys else None
        try:
            found = self._trace_one(trace, event)
        except BaseException:
            self._forget_trace()
            raise
        event.keys = trace.drawn[len(trace.drawn) - len(trace.draws) :]
        return found

    def _tracing(self, upto: int) -> Replay:
        """The trace of the first `upto` events."""
        trace = self.trace
        if trace is None:
            trace = self._new_trace()
        for number in range(len(self.spans), upto):
            event = self.events[number]
            trace.given = iter(event.keys)
            self._trace_one(trace, event)
            if number + 1 == self.ran:
                self.done = dict(trace.assigns)
        return trace

    def _trace_one(self, trace: Replay, event: Event) -> Entry:
        first, added, assigned = len(trace.nodes), len(trace.losses), dict(trace.assigns)
        trace.draws, trace.recorded, trace.reads_now = [], bool(event.tapes), []
        outer, made.nodes, busy = made.nodes, self.nodes, here.busy
        here.busy = True
        enter(trace)
        try:
            result = event.fn(*[self._symbol(trace, w) for w in event.wiring])
            specs: list[Symbol] = []

            def place(x: Any) -> Any:
                if hasattr(x, "_fastnn_variable"):
                    x = trace.read(x)
                if not isinstance(x, Symbol) or type(x) is Tensor:
                    return x
                specs.append(trace.symbol(x))
                return Slot(len(specs) - 1)

            structure = tree.map_structure(place, result)
            noted, masks = trace.extra.get("masks", {}), []
            for i, symbol in enumerate(list(specs)):
                mask = noted.get(id(symbol), (None, None))[1]
                if isinstance(mask, Symbol):
                    masks.append((i, len(specs)))
                    specs.append(mask)
            losses = [trace.symbol(x) for x in trace.losses[added:]]
            specs += losses
        finally:
            leave()
            made.nodes, here.busy = outer, busy
        self.symbols += specs
        self.spans.append((first, len(trace.nodes)))
        for variable in trace.versions:
            self.variables.setdefault(serial(variable), variable)
        changes = any(s is not assigned.get(v) for v, s in trace.assigns.items())
        return Entry(
            [(s.shape, dtype_of(s.dtype)) for s in specs],
            structure,
            masks,
            len(losses),
            trace.draws,
            changes,
            [weakref.ref(v) for v in trace.reads_now],
        )

    def depends(self, value: Any) -> bool:
        """Whether a gradient along what a tape that records now watches may flow through a value."""
        numbers = set(self.open)
        found = self.watched.get(id(value))
        if found is not None and not numbers.isdisjoint(found[1]):
            return True
        tapes = [t for t in [self.tapes[n]() for n in numbers] if t is not None]
        if hasattr(value, "_fastnn_variable"):
            return any(t.watches(value) for t in tapes)
        if type(value) is not Tensor or value._log is not self:
            return False
        trace = self._tracing(len(self.events))
        watched = [self.inputs[n] for i in self.watched for n in self.numbers.get(i, ())]
        watched += [s for v, read in trace.versions.items() if any(t.watches(v) for t in tapes) for s in read]
        recorded: list[Node] = []
        for (first, end), event in zip(self.spans, self.events):
            if not numbers.isdisjoint(event.tapes):
                recorded += trace.nodes[first:end]
        return flows(self.symbols[value._at], watched, recorded)

    def _symbol(self, trace: Replay, wire: Any) -> Any:
        if type(wire) is int:
            return self.symbols[wire] if wire >= 0 else self.inputs[-1 - wire]
        if wire[0] == "v":
            return trace.symbol(self.variables[wire[1]])
        symbol = trace.input(*wire)
        self.inputs.append(symbol)
        return symbol
