"""tf.sets: what the last axes of two tensors have in common, as sets, or not; on arrays."""

import numpy as np

from fastnn.compat.tf.sparse import Sparse, SparseTensor
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core.errors import ArgumentError


def _rows(x, name):
    """(the dtype, the sizes before the last axis, the sets of values along it)."""
    array = x if type(x) is Sparse else values_of(operand(x), f"sets.{name}")
    if array.ndim < 2:
        raise ArgumentError(f"tf.sets.{name}: received shape {array.shape}, expected two axes or more.")
    if type(array) is not Sparse:
        return (
            array.dtype,
            array.shape[:-1],
            [set(row) for row in np.asarray(array).reshape(-1, array.shape[-1]).tolist()],
        )
    sets = {place: set() for place in np.ndindex(array.shape[:-1])}
    for place, value in zip(np.asarray(array.indices).tolist(), np.asarray(array.values).tolist()):
        sets[tuple(place[:-1])].add(value)
    return array.dtype, array.shape[:-1], list(sets.values())


def _of_both(name, function):
    """A function of two sets, row by row: a sparse tensor with the values of each in order."""

    def both(a, b, aminusb=True, validate_indices=True):
        (kind, first, xs), (_, second, ys) = _rows(a, name), _rows(b, name)
        if first != second:
            raise ArgumentError(f"tf.sets.{name}: received rows {first} and {second}, expected as many of both.")
        found = [sorted(function(x, y) if aminusb else function(y, x)) for x, y in zip(xs, ys)]
        places = [(*at, k) for at, row in zip(np.ndindex(first), found) for k in range(len(row))]
        widest = max(map(len, found), default=0)
        values = np.array([v for row in found for v in row], kind)
        return SparseTensor(np.array(places, np.int64).reshape(-1, len(first) + 1), values, (*first, widest))

    return both


def _size(a, validate_indices=True):
    _, sizes, sets = _rows(a, "size")
    return host(np.array([len(s) for s in sets], np.int32).reshape(sizes))


_INTERSECTION, _UNION = _of_both("intersection", set.intersection), _of_both("union", set.union)
# fmt: off
TABLE = {
    "sets.intersection": lambda a, b, validate_indices=True: _INTERSECTION(a, b),
    "sets.union": lambda a, b, validate_indices=True: _UNION(a, b),
    "sets.difference": _of_both("difference", set.difference), "sets.size": _size,
}
# fmt: on
