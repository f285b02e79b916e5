"""What an update works on: a parameter, its gradient and its slots."""

import functools

from fastnn import ops
from fastnn.graph import Symbol, current
from fastnn.ops.records import state as state_records


class Unit:
    """What one update works on.

    param: a Variable.  grad: symbol or array of its shape.  slots: {name: Variable}.  variables: the model variables
    in it; offsets: where each begins in a flat param, None where param is the variable itself.
    """

    def __init__(self, param, grad, slots, variables, offsets=None):
        self.param, self.grad, self.slots, self.variables, self.offsets = param, grad, slots, variables, offsets

    def part(self, flat, i):
        """The entries of a flat value that belong to variable number i, in its shape."""
        if self.offsets is None:
            return flat
        v, o = self.variables[i], self.offsets[i]
        return ops.reshape(flat[o : o + v.size], v.shape)

    def begin(self):
        """The value of param, with what was assigned to single variables since."""
        trace = current()
        if self.offsets is not None and any(v in trace.assigns for v in self.variables):
            trace.assign(self.param, self.joined([trace.read(v) for v in self.variables]))
            for v in self.variables:
                trace.assigns.pop(v, None)
        return self.param.value

    def end(self, new):
        """Assign to param, and let who reads its variables from now on see it."""
        self.param.assign(new)
        if self.offsets is not None:
            trace = current()
            for i, v in enumerate(self.variables):
                trace.put(v, functools.partial(self.part, trace.read(self.param), i))

    def joined(self, parts):
        """One flat value from one value for each variable."""
        if self.offsets is None:
            return parts[0]
        flat = self._flat(parts)
        if flat is not None:
            return flat
        return state_records.flat_concat(*parts, offsets=tuple(self.offsets), size=self.param.size)

    def _flat(self, parts):
        """The flat value that these were cut out of in this order (models/shard_trace.py), or None."""
        trace = current()
        known = None if trace is None else trace.extra.get("flat parts")
        found = known and [known.get(p) if isinstance(p, Symbol) else None for p in parts]
        if not found or None in found:
            return None
        flat, first = found[0]
        if any(f is not flat or at != first + o for (f, at), o in zip(found, self.offsets)):
            return None
        return flat if flat.shape == (self.param.size,) else flat[first : first + self.param.size]
