"""Loops of layers over the steps of sequences: of the graph, or Python's own on arrays."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.graph import current, loop


class Memory:
    """Values that go from step to step and begin as zeros of a shape that the first step decides; one object per step.

    past: {key: the value after the step before}.
    """

    def __init__(self, past: Any = None) -> None:
        self.past, self.next, self.heads = past, {}, {}

    def before(self, key, like):
        """The value that the step before remembered under `key`: zeros in the first step, like this value."""
        if self.past is not None:
            return self.past[key] if key in self.past else ops.zeros_like(like)
        if key not in self.heads:
            self.heads[key] = current().input(like.shape, like.dtype)
        return self.heads[key]

    def remember(self, key, value):
        """Keep a value for the next step, and for whoever comes after the last one."""
        self.next[key] = value

    def pairs(self):
        """[(input of the body, next value)], by key."""
        return [(self.before(key, self.next[key]), self.next[key]) for key in sorted(self.next)]


def over_steps(step, carried, sliced, count, reverse=False, name="loop"):
    """(carried at the end, stacked, {key: last value remembered}).

    step: (carried, slices, memory) -> (next carried, values to stack), lists.  sliced: arrays with the steps first.
    """
    if current() is None or count == 1:
        return _written_out(step, carried, sliced, count, reverse)
    keys = []

    def body(heads, slices):
        memory = Memory()
        new, stacked = step(heads, slices, memory)
        pairs = memory.pairs()
        keys.extend(sorted(memory.next))
        return new, stacked, pairs

    final, stacked, _ = loop(body, carried, sliced, count, reverse, name=name)
    return final[: len(carried)], stacked, dict(zip(keys, final[len(carried) :]))


def _written_out(step, carried, sliced, count, reverse):
    rows, past = [None] * count, {}
    for t in reversed(range(count)) if reverse else range(count):
        memory = Memory(past)
        carried, rows[t] = step(list(carried), [s[t] for s in sliced], memory)
        past = memory.next
    return list(carried), [ops.stack(values) for values in zip(*rows)], past


def steps_first(x):
    """(batch, steps, ...) as (steps, batch, ...)."""
    return ops.swapaxes(x if hasattr(x, "shape") else np.asarray(x), 0, 1)
