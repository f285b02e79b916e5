"""A step traced for one shard of a batch: what it would change becomes values that are added up over all shards.

Of the shard's trace come, in arrays of a few sections, the gradients that it gave to optimizers, in the order of the
flat weights, and one array of float64 with all else that it would assign: increments of what is counted (metrics), and
of other variables (moving averages, logs) its part of their mean.  The updates of the optimizers are a second trace,
which begins with the sums of the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.errors import NotSupportedError
from fastnn.graph import Symbol, Trace, Variable
from fastnn.graph.shard import Shard
from fastnn.ops.records import state as records
from fastnn.optimizers.applying import Applying


class Extra(NamedTuple):
    """What a shard leaves behind for a variable.  added: whether it is added to the variable, or takes its place."""

    variable: Variable
    added: bool


class Cut(NamedTuple):
    """A call of `optimizer.apply` in a step: the update that is made once, with the sums.

    places: for each gradient (section, offset) of it, or None where there is none.
    """

    optimizer: Any
    variables: list[Variable]
    places: list[tuple[int, int] | None]


class ShardTrace(Trace):
    """The trace of a step on one shard.

    shard: which part of what it is.  runs: [(run, slots)] of the flat weights, whose order the gradients have.

    What is counted (`aggregation="sum"`) is read as zeros, so what is assigned is the increment, to the bit.
    """

    def __init__(self, training: bool, shard: Shard) -> None:
        super().__init__(training)
        self.extra["shard"] = self.shard = shard
        self.asked: list[tuple[Any, list[Any], list[Variable]]] = []

    def read(self, variable: Variable) -> Symbol:
        if variable.aggregation == "sum" and variable not in self.values:
            zeros = np.zeros(variable.shape, dtypes.numpy_type(variable.stored_dtype))
            self.values[variable] = self.constant(zeros)
        return super().read(variable)

    def cut(self, optimizer: Any, grads: Sequence[Any], variables: Sequence[Variable]) -> None:
        """Take gradients in the place of an update."""
        self.asked.append((optimizer, list(grads), list(variables)))
        for v in variables:
            self.values[v] = _after_update(v)

    # ------------------------------------------------------------------ what comes of it
    def layout(self, runs: Sequence[Any]) -> tuple[list[tuple[str, int]], list[Cut]]:
        """([(dtype, elements)] of the sections of gradients, the cuts)."""
        order = {id(v): i for i, v in enumerate(v for run, _ in runs for v in run.variables)}
        ends: dict[str, int] = {}
        names: list[str] = []
        cuts = []
        for optimizer, grads, variables in self.asked:
            places: list[tuple[int, int] | None] = [None] * len(grads)
            for i in sorted(range(len(grads)), key=lambda i: order.get(id(variables[i]), len(order))):
                v, dtype = variables[i], variables[i].stored_dtype
                if grads[i] is not None:
                    if dtype not in ends:
                        names.append(dtype)
                    places[i] = names.index(dtype), ends.get(dtype, 0)
                    ends[dtype] = ends.get(dtype, 0) + v.size
            cuts.append(Cut(optimizer, variables, places))
        return [(name, ends[name]) for name in names], cuts

    def extras(self) -> list[Extra]:
        """What is assigned beside weights, in order."""
        return [Extra(v, v.aggregation == "sum") for v in self.assigns]

    def leave(self, sections: Sequence[tuple[str, int]], cuts: Sequence[Cut]) -> list[Symbol]:
        """The values of the sections and the extras, as symbols; then nothing is assigned any more."""
        parts: list[list[tuple[int, Symbol]]] = [[] for _ in sections]
        for (_, grads, variables), cut in zip(self.asked, cuts, strict=True):
            for g, v, place in zip(grads, variables, cut.places, strict=True):
                if place is not None:
                    parts[place[0]].append((place[1], _as(self.symbol(g), v.stored_dtype)))
        out = []
        for (dtype, size), found in zip(sections, parts, strict=True):
            found.sort(key=lambda entry: entry[0])
            flat = records.flat_concat(*(g for _, g in found), offsets=tuple(o for o, _ in found), size=size)
            weight = self.shard.weight
            out.append(flat if weight == 1 else ops.multiply(flat, np.asarray(weight, dtypes.numpy_type(dtype))))
        values, at, starts = [], 0, []
        for v, symbol in self.assigns.items():
            value = ops.reshape(_as(symbol, "float64"), (-1,))
            values.append(value if v.aggregation == "sum" else ops.multiply(value, np.float64(self.shard.part)))
            starts.append(at)
            at += v.size
        if values:
            out.append(records.flat_concat(*values, offsets=tuple(starts), size=at))
        self.assigns.clear()
        return out


def _as(symbol: Symbol, dtype: str) -> Symbol:
    return symbol if symbol.dtype == dtype else ops.cast(symbol, dtype)


def _after_update(variable: Variable) -> Callable[[], Symbol]:
    def refuse() -> Symbol:
        raise NotSupportedError(
            f"DataParallel: the step reads '{variable.path}' after the optimizer has updated it. With several shards "
            "updates are made once, at the end of the step, with the gradients of all of them. Compute before "
            "`optimizer.apply`, or train without shards."
        )

    return refuse


def update_trace(
    cuts: Sequence[Cut], totals: Sequence[Variable], shards: int, through: Callable[[Any], Any], watch: Variable
) -> Trace:
    """The trace of the updates, an entered one: who asked for it adds to it and closes it.

    totals: variables over the sums of the sections.  through: an optimizer's context of flat weights.
    """
    trace = Trace(training=True)
    with trace:
        trace.watch = watch
        means = []
        for total in totals:
            factor = np.asarray(1.0 / shards, dtypes.numpy_type(total.stored_dtype))
            means.append(ops.multiply(trace.read(total), factor))
        for optimizer, variables, places in cuts:
            grads = []
            for v, place in zip(variables, places, strict=True):
                if place is None:
                    grads.append(None)
                    continue
                flat, first = means[place[0]], place[1]
                g = ops.reshape(flat[first : first + v.size], v.shape)
                trace.extra.setdefault("flat parts", {})[g] = flat, first
                grads.append(g)
            with through(optimizer):  # what a subclass makes of gradients it has made of the shards'
                Applying.apply(optimizer, grads, variables)
    return trace
