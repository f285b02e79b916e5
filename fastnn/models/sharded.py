"""Steps on batches that are cut into shards, by one process or several: see fastnn.distribution.

A shard of this process runs like a batch of its own, of a program that leaves values instead of changing anything
(shard_trace.py).  When all of them have run, sums are made over all processes (distribution/exchange.py), and the
updates run with them, the same everywhere: every process has the whole state of the model at any time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import time
import weakref
from typing import Any, NamedTuple

import numpy as np

from fastnn.compiler.program import Program
from fastnn.core.dtypes import numpy_type
from fastnn.core.errors import NotSupportedError, ProcessesDifferError
from fastnn.core.locks import lock
from fastnn.core.turns import Touched, whole
from fastnn.core.types import Array
from fastnn.distribution.exchange import HEAD, Exchange
from fastnn.distribution.strategies import Share
from fastnn.distribution.transport import gather_objects
from fastnn.graph import Symbol, Variable
from fastnn.graph.shard import Shard
from fastnn.models.meeting import Meeting
from fastnn.models.shard_trace import ShardTrace, update_trace
from fastnn.models.shared import FIRST_STEP
from fastnn.ops.records.shards import shard_sum
from fastnn.runtime.abi import BATCH, ROW0, STEP, STOP
from fastnn.runtime.bind import Arena, new_state


def _graph_of(trace: Any) -> str:
    """A digest of the operations of a trace and what they are told, but for what depends on the rows."""
    told = [
        (node.op.name, [(k, v) for k, v in sorted(node.attrs.items()) if isinstance(v, (bool, str))])
        for node in trace.nodes
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _compare(share: Share, facts: dict[str, Any]) -> None:
    """Every process is about to run the same step."""
    for rank, other in enumerate(gather_objects(share.transport, facts)):
        if other != facts:
            text = "; ".join(f"{k}: {facts[k]} here, {other.get(k)} there" for k in facts if other.get(k) != facts[k])
            raise ProcessesDifferError(
                f"Processes {share.transport.rank} and {rank} of {share.transport.size} are not about to do the same: "
                f"{text}. Run the same script, with the same model and batches, in every process."
            )


def _onto(parts: list[Array], symbols: list[Symbol]) -> dict[Variable, Symbol]:
    """What a shard's program assigns: symbols to the arrays that have elements."""
    return {Variable.over(a, "sums"): s for a, s in zip([a for a in parts if a.size], symbols, strict=True)}


class _Traced(NamedTuple):
    """A trace, its inputs and outputs, and (result, logs, losses) of the step."""

    trace: ShardTrace
    symbols: list[Symbol]
    outputs: list[Symbol]
    found: tuple[Any, Any, Any]


class ShardedProgram:
    """In the place of a Program: runs a step shard by shard on each batch of `rows` rows of a feed.

    outputs: what predict gave for the last batch.  result: their structure; logs, losses: see CompiledStep.
    """

    can_walk_together = False

    def __init__(self, step: Any, model: Any, feed: Any, rows: int, share: Share) -> None:
        self.kind, self.shared, self.rows, self.share = step.kind, step.shared, rows, share
        self._model, self.state, self.lock = weakref.ref(model), step.shared.states[step.kind], lock()
        self.sizes, self.starts, total = share.cut(rows)
        self.outputs: list[Array] = []
        self._draws, self._hurried = step.kind == "train", False
        self._head = np.zeros(HEAD, np.int64)
        longest = -(-total // share.shards)  # in all processes: graphs of shards of other lengths may differ
        lengths = [longest, *{*self.sizes} - {0, longest}]
        traces = {n: self._traced(step, model, feed, Shard(n, total, share.shards)) for n in lengths}
        first = traces[longest]
        self.result, self.logs, self.losses = first.found
        runs = step.flat_runs() if self.kind == "train" else []
        sections, cuts = first.trace.layout(runs)
        self.extras = first.trace.extras()
        self.exchange = self._agreed(feed, first.trace, sections)
        self._rows_of = [(o.shape[1:], numpy_type(o.dtype)) for o in first.outputs]
        self.programs: list[Any] = []
        self.apart: list[list[Array]] = []  # of shards that meet: where each leaves its values
        self.meeting: Meeting | None = None
        if any(node.op is shard_sum for node in first.trace.nodes):
            self.meeting = Meeting(share.transport, share.sizes(rows))
        self._compile_shards(model, feed, traces, runs)
        self.update = self._compiled_update(model, cuts, runs) if cuts else None

    # ------------------------------------------------------------------ compiling
    def _agreed(self, feed: Any, trace: Any, sections: Any) -> Exchange:
        """What sums go through, once all processes are known to do the same.

        A process may have to compile a step again that others still have: then nobody is asked for anything.
        """
        known, share = self.shared, self.share
        key = self.kind, feed.key, feed.shapes, self.rows, share
        if key not in known.compared:
            facts = {"step": self.kind, "rows of a batch": self.rows, "graph of the step": _graph_of(trace)}
            _compare(share, facts)
            known.compared.add(key)
        layout = share, tuple(sections), sum(e.variable.size for e in self.extras)
        if layout not in known.exchanges:
            known.exchanges[layout] = Exchange(share.transport, share.shards, sections, layout[2])
        found: Exchange = known.exchanges[layout]
        return found

    def _traced(self, step: Any, model: Any, feed: Any, shard: Shard) -> _Traced:
        with ShardTrace(self.kind == "train", shard) as trace:
            symbols, found = step.traced(trace, feed, shard.rows)
            outputs, left = step.left_behind(trace, found)
            if any(o.shape[:1] != (shard.rows,) for o in outputs):
                raise NotSupportedError(
                    f"DataParallel: predict on {shard.rows} rows gave results of shapes {[o.shape for o in outputs]}; "
                    "with shards a model must give a row for each row. Predict without a distribution."
                )
            self._draws |= any(node.op.draws for node in trace.nodes)
        return _Traced(trace, symbols, outputs, left)

    def _compile_shards(self, model: Any, feed: Any, traces: dict[int, _Traced], runs: Any) -> None:
        """The programs of this process's shards: those of one length that write to one place are the same."""
        left = {}
        for n, traced in traces.items():
            sections, cuts = traced.trace.layout(runs)
            if [(e.added, e.variable.shape) for e in traced.trace.extras()] != [
                (e.added, e.variable.shape) for e in self.extras
            ]:
                raise NotSupportedError("DataParallel: shards of one batch leave other values behind than others do.")
            with traced.trace:
                left[n] = traced.trace.leave(sections, cuts)
        made: dict[tuple[int, int], Any] = {}
        options = model._trainer().options
        for k, (n, place) in enumerate(zip(self.sizes, self.exchange.places, strict=True)):
            parts, state, arena = self.exchange.parts[place], self.state, self.shared.arena
            if self.meeting is not None:
                place, parts, state, arena = k, [a.copy() for a in parts], new_state(), Arena()
                self.apart.append(parts)
            if n and (n, place) not in made:
                traced = traces[n]
                traced.trace.assigns = _onto(parts, left[n])
                slots = dict(zip(traced.symbols, feed.slots))
                made[n, place] = Program(traced.trace, traced.outputs, slots, state, arena, options)
            self.programs.append(made.get((n, place)))
        self._distinct = list(made.values())
        if self.meeting is not None:
            traced = next(iter(traces.values()))
            if not made:
                traced.trace.assigns = _onto([a.copy() for a in self.exchange.parts[0]], next(iter(left.values())))
            one = self._distinct[0] if made else Program(
                traced.trace, traced.outputs, dict(zip(traced.symbols, feed.slots)), new_state(), Arena(), options
            )  # fmt: skip
            self._sums = sum(call.op is shard_sum for call in one.plan.hosts)

    def _compiled_update(self, model: Any, cuts: Any, runs: Any) -> Program:
        totals = [Variable.over(a, "sums") for a in self.exchange.totals[:-1]]

        def through(optimizer: Any) -> Any:
            return optimizer.through(runs) if optimizer is model.optimizer else contextlib.nullcontext()

        trace = update_trace(cuts, totals, self.share.shards, through, self.shared.watch)
        with trace:
            self.shared.count_draws("train", trace)
        self.written = list(trace.assigns)
        return Program(trace, [], {}, state=self.state, arena=self.shared.arena, options=model._trainer().options)

    # ------------------------------------------------------------------ as a Program
    @property
    def arena_bytes(self) -> int:
        """Bytes of the arena."""
        return max([p.arena_bytes for p in self._parts()], default=0)

    @property
    def nbytes(self) -> int:
        """Bytes beside arena, variables and data."""
        sums = sum(a.nbytes for part in (*self.exchange.parts, self.exchange.totals) for a in part)
        return sums + sum(p.nbytes for p in self._parts())

    def _parts(self) -> list[Program]:
        return self._distinct + ([self.update] if self.update is not None else [])

    def touched(self) -> Touched:
        """(what it reads, what it writes) of variables, as identities of memory."""
        found = [p.touched() for p in self._parts()]
        writes = frozenset().union(*(w for _, w in found), [whole(e.variable._array) for e in self.extras])
        return frozenset().union(*(r for r, _ in found)) - writes, writes

    def hurry(self) -> None:
        """Somebody waits for the variables: end the run after the step in progress."""
        self._hurried = True

    # ------------------------------------------------------------------ running
    def run(self, batches: int = 1, rows: int = 0, deadline_ns: int = 0, profile: Any = None) -> int:
        """Run so many batches; returns how many were done.  See Program.run."""
        done, self._hurried = 0, False
        while done < batches:
            stop = self._batch(rows)
            done += 1
            if stop or self._hurried or (deadline_ns and time.monotonic_ns() >= deadline_ns):
                break
        return done

    def _batch(self, rows: int) -> bool:
        """One batch; returns whether somebody waits."""
        state = self.state
        before = state[[ROW0, BATCH, STEP]]
        try:
            stop = self._shards(int(before[0]), int(before[2]))
        finally:
            state[[ROW0, BATCH, STEP]] = before
        model = self._model()
        keeping = None if model is None else model._trainer().keeping
        self._head[:] = before[2], self.rows, 0, keeping is not None and keeping.signalled
        if self.exchange.add_up(self._head)[:, -1].any() and keeping is not None:
            keeping.terminated = True
        if self.update is not None:
            self.update.run(1, rows)
            stop |= bool(state[STOP])
        else:
            state[ROW0] += rows
            state[BATCH] += 1
            state[STEP] += self._draws
        self._take()
        return stop

    def _shards(self, row: int, step: int) -> bool:
        """Run the shards of this process."""
        state, stop = self.state, False
        own: list[list[Array]] = [[] for _ in self._rows_of]
        if self.meeting is not None:
            self._meet(row, step)
        for k, (n, start, program) in enumerate(zip(self.sizes, self.starts, self.programs)):
            if n and self.meeting is not None:
                for part, a in zip(self.exchange.parts[self.exchange.places[k]], self.apart[k], strict=True):
                    part[...] = a
            elif n:
                state[ROW0], state[STEP] = row + start, self._step_of(k, step)
                program.run(1, n)
                stop |= bool(state[STOP])
            else:
                self.exchange.clear(k)
            for found, o in zip(own, program.outputs if n else ()):
                found.append(o.copy())
            self.exchange.shard_is_there(k)
        if own:
            self.outputs = self._together(own)
        return stop

    def _meet(self, row: int, step: int) -> None:
        """Run the shards of this process, which wait for all others in the middle of the step."""
        meeting = self.meeting
        assert meeting is not None
        if not meeting.working:
            meeting.follow(self._sums)
            return
        for k in meeting.working:
            self.programs[k].state[[ROW0, STEP]] = row + self.starts[k], self._step_of(k, step)
        meeting.run([functools.partial(self.programs[k].run, 1, self.sizes[k]) for k in meeting.working])

    def _step_of(self, k: int, step: int) -> int:
        """What random numbers of the k-th shard are a function of, in the place of the step."""
        first = FIRST_STEP[self.kind]
        return first + (step - first) * self.share.shards + self.exchange.own[k]

    def _together(self, own: list[list[Array]]) -> list[Array]:
        """The outputs for all rows of the batch that this process asked for."""
        mine = [
            np.concatenate([np.empty((0, *shape), dtype), *found])
            for found, (shape, dtype) in zip(own, self._rows_of, strict=True)
        ]
        if self.share.transport.size == 1 or not self.share.same_data:
            return mine
        heard = self.share.transport.all_gather([np.ascontiguousarray(a).reshape(-1).view(np.uint8) for a in mine])
        return [
            np.concatenate([pieces[i].view(dtype).reshape(-1, *shape) for pieces in heard])
            for i, (shape, dtype) in enumerate(self._rows_of)
        ]

    def _take(self) -> None:
        """Give the variables that nobody updates what the shards have left."""
        at, totals = 0, self.exchange.totals[-1]
        for variable, added in self.extras:
            array = variable._array
            value = totals[at : at + array.size].reshape(array.shape)
            at += array.size
            if array.dtype.kind in "iub":
                value = np.rint(value)
            if added:
                array += value.astype(array.dtype)
            else:
                array[...] = value
