"""Compiling: a traced graph becomes a Plan; graphs of equal structure get the same one."""

import collections
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastnn.compiler import assemble, barriers, lower, memory, passes, schedule
from fastnn.compiler.graph import Graph
from fastnn.compiler.plan import Plan
from fastnn.compiler.structure import Structure
from fastnn.compiler.target import DEFAULT, Options
from fastnn.core import config
from fastnn.core.locks import lock
from fastnn.core.memory import affordable
from fastnn.graph import Symbol, Trace

KEPT_BYTES = 8 << 20  # of plans that nobody may be using


class Compiled(NamedTuple):
    """A plan, and the structure of the graph that it was asked for: what the plan is bound to."""

    plan: Plan
    structure: Structure


class Plans:
    """Plans by structure: those that somebody has, and beyond them the most recently used ones, `most` bytes of them.

    made: how many plans were compiled, found: how many were there already.
    """

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most, self.bytes, self.made, self.found = most, 0, 0, 0
        self._kept: collections.OrderedDict[Any, Plan] = collections.OrderedDict()
        self._all: weakref.WeakValueDictionary[Any, Plan] = weakref.WeakValueDictionary()
        self._lock = lock()

    def get(self, key: Any) -> Plan | None:
        """The plan kept under `key`, or None."""
        with self._lock:
            plan = self._all.get(key)
            if plan is not None:
                self.found += 1
                self._keep(key, plan)
            return plan

    def put(self, key: Any, plan: Plan) -> None:
        """Keep a plan."""
        with self._lock:
            self.made += 1
            if key is not None:
                self._all[key] = plan
                self._keep(key, plan)

    def _keep(self, key: Any, plan: Plan) -> None:
        if key not in self._kept:
            self._kept[key] = plan
            self.bytes += plan.nbytes
        self._kept.move_to_end(key)
        while self.bytes > self.most:
            self.bytes -= self._kept.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._all.clear()
            self.bytes = 0


PLANS = Plans()


def compile_graph(
    trace: Trace,
    outputs: Sequence[Symbol],
    bindings: Mapping[Symbol, Any],
    options: Options | None = None,
    plans: Plans = PLANS,
) -> Compiled:
    """The Plan for a finished trace.

    outputs: symbols whose values are wanted.  bindings: {input symbol: array or DataSlot}.  plans: where plans are
    kept.
    """
    options = options or DEFAULT
    graph = Graph.of(trace, outputs)
    structure = Structure(graph, bindings)
    key = structure.key((options.compiling(), config.matmul_precision()))
    plan = None if key is None else plans.get(key)
    if plan is None:
        plan = _compile(graph, structure, options)
        plans.put(key, plan)
    return Compiled(plan, structure)


def _compile(graph: Graph, structure: Structure, options: Options) -> Plan:
    graph = passes.run(graph, options.off, options.unroll, options.verify)
    lowered = lower.lower(graph, structure, options)
    groups = schedule.fusion_groups(lowered.items, options.target, options.fuse)
    blocks, _ = memory.lifetimes(groups)
    arena_bytes = memory.plan(blocks, options.reuse, options.guard)
    affordable(arena_bytes, "The plan")
    return assemble.assemble(groups, lowered, blocks, arena_bytes, barriers.barriers(groups), options)
