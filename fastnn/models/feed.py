"""Feeds: the arrays that a step takes its rows from.

A feed is for one structure of x, y and sample_weight, with the ranks and dtypes of its arrays: not for their shapes, so
batches of all lengths come through one.  Programs read the slots of a feed; which arrays these point to may change
between two runs.
"""

import itertools

from fastnn import ops
from fastnn.compiler.lower import DataSlot
from fastnn.core import dtypes
from fastnn.core.jit import MODE
from fastnn.core.memory import register_memory
from fastnn.models.data import batch_dtype, flatten, like
from fastnn.ops.records.cast import converted
from fastnn.runtime import extension

addresses = extension("executor").addresses
_stamps = itertools.count(1)
LEAF = object()  # stands for an array


def signature(*structures):
    """All that a feed depends on: the structures of x, y and weights, ranks and dtypes.

    >>> import numpy as np
    >>> signature(np.ones((2, 3)), None) == signature(np.ones((5, 9)), None) != signature(np.ones(2), None)
    True
    """
    return tuple(map(_signature, structures))


def _signature(s):  # no function inside the other: one that names itself is a circle, which only the collector frees
    if isinstance(s, dict):
        return ("d", *((k, _signature(v)) for k, v in s.items()))
    if isinstance(s, (list, tuple)):
        return ("l", *map(_signature, s))
    return None if s is None else (s.dtype.str, s.ndim)


def wanted_dtypes(model, x, n):
    """The dtypes that a model wants its n inputs in, None where it takes what comes."""
    known = model.input_dtypes(x) if hasattr(model, "input_dtypes") else None
    return [None] * n if known is None or len(known) != n else known


class Feed:
    """Where the batches of one kind of data come from.

    key: its signature.  wanted: see wanted_dtypes.  structure: of x, y and weights, without the arrays.  slots: one for
    each array; shapes: of their rows.  order: the int64 order of the rows, or None.
    whole: the arrays have rows of different number and are one row each, which a step of one's own gets as it is.
    """

    def __init__(self, key, wanted, x, y=None, weight=None, whole=False):
        self.whole = whole
        leaves = [flatten(s) for s in (x, y, weight)]
        self.key = key
        # without the arrays, which would stay alive with the programs
        self.structure = [None if s is None else like(s, [LEAF] * len(part)) for s, part in zip((x, y, weight), leaves)]
        self.counts = [len(part) for part in leaves]
        self.slots = [DataSlot(a.dtype.name) for part in leaves for a in part]
        self.dtypes = [batch_dtype(a, w) for a, w in zip(leaves[0], wanted)]
        self.dtypes += [batch_dtype(a) for part in leaves[1:] for a in part]
        self.arrays, self.shapes, self.order = [], (), None

    def point(self, arrays, order=None):
        """Take the rows of these arrays from now on, one for each slot, in `order`."""
        self.arrays, self.shapes = arrays, tuple([a.shape[1:] for a in arrays])
        for slot, a in zip(self.slots, arrays):
            io = slot.io
            if a.flags.c_contiguous:
                io[0] = addresses((_known(a),))[0]
            else:
                io[0] = a.ctypes.data
            io[1], io[2] = a.strides[0] if a.ndim else 0, len(a)
            slot.array, slot.stamp = a, slot.stamp + 1
        self.reorder(order)

    def release(self):
        """Let the arrays go; a program must not run before others are there."""
        self.arrays, self.order = [], None
        for slot in self.slots:
            slot.array = slot.order = None
            if slot.place is not None:
                slot.place.release()

    def reorder(self, order):
        """Change the row order only."""
        self.order = order
        address = 0 if order is None else _known(order).ctypes.data
        for slot in self.slots:
            slot.index[0], slot.order = address, order
        self.mixed()

    def mixed(self):
        """The order has been written anew."""
        stamp = next(_stamps)
        for slot in self.slots:
            slot.mixed = stamp

    def parts(self, leaves):
        """(x, y, weight) with these in the place of the arrays."""
        leaves, out = iter(leaves), []
        for structure, count in zip(self.structure, self.counts):
            part = [next(leaves) for _ in range(count)]
            out.append(None if structure is None else like(structure, part))
        return out

    def symbols(self, trace, rows):
        """(input symbols of a trace for a batch of so many rows, what the model takes them as), one for each slot.

        Rows are fetched as numbers that kernels calculate with; half precision is rounded to afterwards.
        """
        names = [n for n, count in zip(("x", "y", "sample_weight"), self.counts) for _ in range(count)]
        inputs = [
            trace.input((rows, *shape), "float32" if dtype in dtypes.HALVES else dtype, f"{name}_{i}")
            for i, (shape, dtype, name) in enumerate(zip(self.shapes, self.dtypes, names))
        ]
        values = [converted(x, dtype) for x, dtype in zip(inputs, self.dtypes)]
        return inputs, [ops.reshape(v, shape) for v, shape in zip(values, self.shapes)] if self.whole else values


def _known(array):
    """An array that kernels may read, where their pointers are checked."""
    return register_memory(array) if MODE == "python" else array
