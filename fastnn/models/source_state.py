"""What a source of batches knows besides their number: where a generator is, the order that a data set has mixed.

A source with the methods state() and restore(state) says it itself.  Of a data set by number that has none, attributes
are looked at that change while it gives batches: counters, generators of random numbers, orders of rows.
"""

import random

import numpy as np

from fastnn.models.identity import content


class SourceState:
    """Takes and puts back the state of a source.  own: whether the source says it itself.  indexed: by number."""

    def __init__(self, source, indexed):
        self.source, self.indexed = source, indexed
        self.own = hasattr(source, "state") and hasattr(source, "restore")
        self.first = {} if self.own or not indexed else {n: _hash(v) for n, v in _orders(source)}

    def take(self):
        """The state as plain data, or None where there is none."""
        if self.own:
            return self.source.state()
        if not self.indexed:
            return None
        found = {name: kept for name, value in _attributes(self.source) if (kept := _kept(value)) is not None}
        changed = {n: ["order", np.asarray(v), type(v).__name__] for n, v in _orders(self.source)
                   if self.first.get(n) != _hash(v)}  # fmt: skip
        return {**found, **changed} or None

    def put(self, state):
        """Put back what take() returned."""
        if self.own:
            self.source.restore(state)
            return
        for name, (kind, *value) in state.items():
            if kind == "order":
                order = value[0]
                setattr(self.source, name, order if value[1] == "ndarray" else order.tolist())
            elif kind == "plain":
                setattr(self.source, name, value[0])
            else:
                _go_on(getattr(self.source, name), kind, value)


def _attributes(source):
    return list(getattr(source, "__dict__", {}).items())


def _orders(source):
    """Lists and arrays of whole numbers: orders of rows, and what never changes."""
    for name, value in _attributes(source):
        if (isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iu") or (
            isinstance(value, list) and value and isinstance(value[0], int)
        ):
            yield name, value


def _hash(value):
    array = np.asarray(value)
    return content([array]) if array.dtype.kind in "iu" else None


def _kept(value):
    """[kind, its state ...] of a counter or a generator of random numbers; None for other things."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return ["plain", value]
    if isinstance(value, np.random.Generator):
        return ["generator", value.bit_generator.state]
    if isinstance(value, np.random.RandomState):
        name, keys, *rest = value.get_state()
        return ["legacy", name, keys, *rest]
    if isinstance(value, random.Random):
        version, words, after = value.getstate()
        return ["python", version, np.array(words, np.uint64), after]
    return None


def _go_on(generator, kind, value):
    if kind == "generator":
        generator.bit_generator.state = value[0]
    elif kind == "legacy":
        generator.set_state((value[0], value[1].astype(np.uint32), *value[2:]))
    elif kind == "python":
        generator.setstate((value[0], tuple(value[1].tolist()), value[2]))
