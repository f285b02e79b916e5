"""Loops of layers over the steps of sequences: of the graph, or Python's own on arrays."""

import math
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.graph import current, loop

SHORTEST = 16  # steps from which a loop that is rematerialized is cut into segments


class Memory:
    """Values that go from step to step and begin as zeros of a shape that the first step decides; one object per step.

    past: {key: the value after the step before}; None in a body of the graph, which gets inputs for them.
    """

    def __init__(self, past: Any = None) -> None:
        self.past, self.next, self.heads, self.trace = past, {}, {}, current()

    def before(self, key, like):
        """The value that the step before remembered under `key`: zeros in the first step, like this value."""
        if self.past is not None:
            return self.past[key] if key in self.past else ops.zeros_like(like)
        if key not in self.heads:
            self.heads[key] = self.trace.input(like.shape, like.dtype)
        return self.heads[key]

    def remember(self, key, value):
        """Keep a value for the next step, and for whoever comes after the last one."""
        self.next[key] = value

    def ends(self):
        """[(key, input of the body, next value)]."""
        return [(key, self.before(key, self.next[key]), self.next[key]) for key in sorted(self.next)]


def over_steps(step, carried, sliced, count, reverse=False, name="loop", prepare=None):
    """(carried at the end, stacked, {key: last value remembered}).

    step: (carried, slices, memory) -> (next carried, values to stack), lists.  sliced: arrays with the steps first.
    prepare: sliced -> what is sliced in their place; work that is done for many steps at once.

    Where the results of a layer are rematerialized (layers.RematScope), the steps run in about sqrt(count) segments of
    as many steps. Of a segment only the values before it are kept; its gradient runs the segment once more.
    """
    trace = current()
    prepare = prepare or list
    if trace is None or count == 1:
        return _written_out(step, carried, prepare(sliced), count, reverse)
    if count >= SHORTEST and trace.again(count * sum(math.prod(c.shape) for c in carried)):
        return _in_segments(step, carried, sliced, count, reverse, name, prepare)
    return _looped(step, carried, prepare(sliced), count, reverse, name)


def _looped(step, carried, sliced, count, reverse, name, remat=False, first=None):
    """A LOOP.  first: (key, input) -> the value that is remembered when it begins; None: zeros."""
    keys = []

    def body(heads, slices):
        memory = Memory()
        new, stacked = step(heads, slices, memory)
        ends = memory.ends()
        keys.extend(key for key, *_ in ends)
        return new, stacked, [(head, value, first and first(key, head)) for key, head, value in ends]

    final, stacked, _ = loop(body, carried, sliced, count, reverse, name=name, remat=remat)
    return final[: len(carried)], stacked, dict(zip(keys, final[len(carried) :]))


def _in_segments(step, carried, sliced, count, reverse, name, prepare):
    """A LOOP over segments, and one over the steps that are left."""
    length = _segment(count)
    segments, left = divmod(count, length)
    whole, rest = (slice(left, None), slice(left)) if reverse else (slice(count - left), slice(count - left, None))

    def segment(heads, slices, memory):
        flat, stacked, after = _looped(step, heads, prepare(slices), length, reverse, name, first=memory.before)
        for key, value in after.items():
            memory.remember(key, value)
        return flat, stacked

    cut = [ops.reshape(s[whole] if left else s, (segments, length, *s.shape[1:])) for s in sliced]
    flat, stacked, after = _looped(segment, carried, cut, segments, reverse, name, remat=True)
    stacked = [ops.reshape(s, (segments * length, *s.shape[2:])) for s in stacked]
    if left:
        tail = prepare([s[rest] for s in sliced])
        flat, more, after = _looped(step, flat, tail, left, reverse, name, first=lambda key, head: after.get(key))
        stacked = [ops.concatenate((b, a) if reverse else (a, b), axis=0) for a, b in zip(stacked, more)]
    return flat, stacked, after


def _segment(count):
    """Steps of a segment: about the root of `count`, a divisor if there is one near."""
    root = math.isqrt(count)
    near = [n for n in range(max(2, root // 2), 2 * root + 1) if count % n == 0]
    return min(near, key=lambda n: abs(n - root)) if near else root


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
