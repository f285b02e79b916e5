"""All trainable variables of a model side by side, optimizer slots in buffers of the same layout."""

from fastnn.graph import Variable
from fastnn.graph.flat import FlatBuffer


class Run:
    """Variables that lie one behind the other in a flat buffer: one update kernel serves them all.

    variables: in address order.  variable: a one-dimensional pseudo-variable over all of them.
    """

    def __init__(self, variables):
        self.variables = variables
        first = variables[0]
        self.offsets, at = [], 0
        for v in variables:
            self.offsets.append(at)
            at += v.size
        self.size, self.dtype = at, first.dtype
        start = first.owner.offset[id(first)]
        self.variable = Variable.over(first.owner.array[start : start + at], "weights")


def runs_of(variables):
    """The fewest runs that cover `variables`; those not in a flat buffer yet are moved into a new one, by dtype."""
    fresh = [v for v in variables if v.owner is None]
    for dtype in dict.fromkeys(v.dtype for v in fresh):
        FlatBuffer.of([v for v in fresh if v.dtype == dtype])
    order = sorted(
        range(len(variables)),
        key=lambda i: (variables[i].owner.array.ctypes.data, variables[i].owner.offset[id(variables[i])]),
    )
    groups = []
    for v in (variables[i] for i in order):
        last = groups[-1][-1] if groups else None
        if last is not None and last.owner is v.owner and v.owner.offset[id(v)] == v.owner.offset[id(last)] + last.size:
            groups[-1].append(v)
        else:
            groups.append([v])
    return [Run(g) for g in groups]


def slot_run(run, slots):
    """The pseudo-variable over the optimizer slots of a run (one Variable per model variable, in run order).

    Slots that are not side by side yet are moved into a block of their own.
    """
    owner = slots[0].owner
    together = owner is not None and all(
        s.owner is owner and owner.offset[id(s)] == owner.offset[id(slots[0])] + o for s, o in zip(slots, run.offsets)
    )
    if not together:
        owner = FlatBuffer.of(slots)
    start = owner.offset[id(slots[0])]
    return Variable.over(owner.array[start : start + run.size], "slots")
