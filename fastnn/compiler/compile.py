"""Compiling: a traced graph becomes a Plan; graphs of equal structure get the same one."""
import collections
from typing import NamedTuple

from fastnn.compiler import assemble, barriers, lower, memory, passes, schedule
from fastnn.compiler.graph import Graph
from fastnn.compiler.plan import Plan
from fastnn.compiler.structure import Structure
from fastnn.compiler.target import DEFAULT
from fastnn.core import config
from fastnn.core.locks import lock
from fastnn.core.memory import affordable

KEPT_BYTES = 64 << 20                           # of plans that nobody may be using


class Compiled(NamedTuple):
    """A plan, and the structure of the graph that it was asked for: what the plan is bound to."""

    plan: Plan
    structure: Structure


class Plans:
    """Plans by structure, the least recently used ones dropped beyond `most` bytes.

    made: how many plans were compiled, found: how many were there already.
    """

    def __init__(self, most=KEPT_BYTES):
        self.most, self.bytes, self.made, self.found = most, 0, 0, 0
        self._kept, self._lock = collections.OrderedDict(), lock()

    def get(self, key):
        """The plan kept under `key`, or None."""
        with self._lock:
            plan = self._kept.get(key)
            if plan is not None:
                self._kept.move_to_end(key)
                self.found += 1
            return plan

    def put(self, key, plan):
        """Keep a plan."""
        with self._lock:
            self.made += 1
            if key is None or key in self._kept:
                return
            self._kept[key] = plan
            self.bytes += plan.nbytes
            while self.bytes > self.most and self._kept:
                self.bytes -= self._kept.popitem(last=False)[1].nbytes

    def clear(self):
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0


PLANS = Plans()


def compile_graph(trace, outputs, bindings, options=None, plans=PLANS):
    """The Plan for a finished trace.

    outputs: symbols whose values are wanted.  bindings: {input symbol: array or DataSlot}.  plans: where plans are kept.
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


def _compile(graph, structure, options):
    graph = passes.run(graph, options.off, options.unroll)
    lowered = lower.lower(graph, structure, options)
    units = schedule.group(lowered.items, options.target, options.fuse)
    blocks, _ = memory.lifetimes(units)
    arena_bytes = memory.plan(blocks, options.reuse, options.guard)
    affordable(arena_bytes, "The plan")
    return assemble.assemble(units, lowered, blocks, arena_bytes, barriers.barriers(units), options)
