"""Order and counts, by NumPy on the host: sorting, ranks, bins, places."""
import numpy as np

from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.shapes import normalize_axis
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import host as reference
from fastnn.ops.common import cast_to, check_dtype, dtype_of, is_symbol, number, operand, result_dtype, unary_cost
from fastnn.ops.functions.binary import subtract
from fastnn.ops.functions.layout import ravel
from fastnn.ops.op import REQUIRED, Array, Case, Op, register
from fastnn.ops.records.indexing import INTS, take_along_axis

__all__ = ["argsort", "sort", "top_k", "searchsorted", "digitize", "bincount", "scatter_update", "nonzero",
           "argwhere", "unique", "histogram", "argpartition"]


def _arrays(name):
    raise ArgumentError(f"{name}: the size of the result depends on the values, so it takes arrays, not symbols of a "
                        "graph; use fastnn.ops.where to choose by a condition.")


# ------------------------------------------------------------------ order
def _argsort_infer(specs, attrs):
    normalize_axis(attrs["axis"], len(specs[0].shape))
    return Spec(specs[0].shape, "int32")


def _argsort_host(ins, outs, attrs):
    outs[0][...] = np.argsort(ins[0], axis=attrs["axis"], kind="stable")


_argsort = register(Op(
    name="argsort", inputs=("x",), attrs={"axis": -1}, infer=_argsort_infer, host=_argsort_host, nondiff="indices",
    reference=reference.argsort, cases=lambda draw: Case([Array((3, 5), distinct=True)],
                                                         {"axis": draw.choice((-1, 0))}),
    cost=unary_cost(20), invalid=[([Spec((2,), "float32")], {"axis": 1}, ShapeError)],
    doc="the order in which values rise"))


def _top_infer(specs, attrs):
    shape = specs[0].shape
    if not shape or not 0 < attrs["k"] <= (shape[-1] or attrs["k"]):
        raise ShapeError(f"top_k: received k={attrs['k']} for a value of shape {shape}, expected 1 <= k <= the "
                         "last size.")
    return Spec((*shape[:-1], attrs["k"]), "int32")


def _top_host(ins, outs, attrs):
    # NaN counts as the largest; of equal values the first comes first
    x = ins[0] if ins[0].dtype.kind == "f" else ins[0].astype(np.int64)
    outs[0][...] = np.argsort(np.where(x != x, -np.inf, -x) if x.dtype.kind == "f" else -x, axis=-1,
                              kind="stable")[..., :attrs["k"]]


_top = register(Op(
    name="top_k_indices", inputs=("x",), attrs={"k": REQUIRED}, infer=_top_infer, host=_top_host, nondiff="indices",
    reference=reference.top_k_indices, cases=lambda draw: Case([Array((3, 6), distinct=True)],
                                                               {"k": draw.integer(1, 6)}),
    cost=unary_cost(20), invalid=[([Spec((2,), "float32")], {"k": 3}, ShapeError)],
    doc="places of the k largest values, in falling order"))


def argsort(x, axis=-1):
    """The indices (int32) that would sort x along an axis; equal values keep their order.

    >>> argsort([3, 1, 2])
    array([1, 2, 0], dtype=int32)
    """
    return _argsort(ravel(x), axis=-1) if axis is None else _argsort(operand(x), axis=int(axis))


def sort(x, axis=-1):
    """x in rising order along an axis.

    >>> sort([3, 1, 2])
    array([1, 2, 3], dtype=int32)
    """
    x = ravel(x) if axis is None else operand(x)
    axis = -1 if axis is None else int(axis)
    return take_along_axis(x, _argsort(x, axis=axis), axis)


def top_k(x, k, sorted=True):
    """(values, int32 indices) of the k largest values along the last axis, the largest first.

    >>> top_k([3, 1, 2], 2)
    (array([3, 2], dtype=int32), array([0, 2], dtype=int32))
    """
    x = operand(x)
    indices = _top(x, k=int(k))
    return take_along_axis(x, indices, -1), indices


def _search_infer(specs, attrs):
    if len(specs[0].shape) != 1 or attrs["side"] not in ("left", "right"):
        raise ShapeError(f"searchsorted: received a sequence of shape {specs[0].shape} and side={attrs['side']!r}; "
                         "expected one dimension, and 'left' or 'right'.")
    return Spec(specs[1].shape, "int32")


def _search_host(ins, outs, attrs):
    outs[0][...] = np.searchsorted(ins[0], ins[1], side=attrs["side"])


_search = register(Op(
    name="searchsorted", inputs=("sorted_sequence", "values"), attrs={"side": "left"}, infer=_search_infer,
    host=_search_host,
    nondiff="indices", reference=reference.searchsorted, cost=unary_cost(20),
    doc="where values would be inserted to keep the order",
    cases=lambda draw: Case([Array((1,)), Array((4,))], {"side": draw.choice(("left", "right"))}),
    invalid=[([Spec((2, 2), "float32"), Spec((2,), "float32")], {}, ShapeError)]))


def searchsorted(sorted_sequence, values, side="left"):
    """The index (int32) at which each value would have to be inserted to keep the sequence in order.

    >>> searchsorted([1, 3, 5], [2, 5])
    array([1, 2], dtype=int32)
    """
    dtype = result_dtype(sorted_sequence, values)
    return _search(cast_to(sorted_sequence, dtype), cast_to(values, dtype), side=side)


def digitize(x, bins):
    """The number of bins (boundaries, rising) at or below each value; of falling ones, how many lie above it.

    >>> digitize([0.5, 2.5], [1.0, 2.0])
    array([0, 2], dtype=int32)
    """
    bins = operand(bins)
    if isinstance(bins, np.ndarray) and bins.size > 1 and bins[0] > bins[-1]:
        return subtract(bins.size, searchsorted(bins[::-1], x, "right"))
    return searchsorted(bins, x, "right")


def _bincount_infer(specs, attrs):
    check_dtype("bincount", specs[0], INTS)
    if specs[1] is not None and specs[1].shape != specs[0].shape:
        raise ShapeError(f"bincount: received weights of shape {specs[1].shape} for values of shape {specs[0].shape}.")
    return Spec((*specs[0].shape[:-1], attrs["minlength"]), "int32" if specs[1] is None else specs[1].dtype)


def _bincount_host(ins, outs, attrs):
    x, weights = (*ins, None)[:2]
    n = attrs["minlength"]
    for k in np.ndindex(*x.shape[:-1]):
        inside = (x[k] >= 0) & (x[k] < n)
        outs[0][k] = np.bincount(x[k][inside], None if weights is None else weights[k][inside], n)


_bincount = register(Op(
    name="bincount", inputs=("x", "weights?"), attrs={"minlength": REQUIRED}, infer=_bincount_infer,
    host=_bincount_host,
    nondiff="counts", reference=reference.bincount, cost=unary_cost(2),
    doc="how often each number below minlength occurs",
    cases=lambda draw: Case([Array((6,), "int32", 0, 3), None], {"minlength": 4}),
    invalid=[([Spec((2,), "float32"), None], {"minlength": 2}, DTypeError)]))


def bincount(x, weights=None, minlength=0, sparse=False):
    """How often (with which total weight) each number from 0 up occurs along the last axis; at least minlength numbers.

    >>> bincount([1, 1, 3])
    array([0, 2, 0, 1], dtype=int32)
    """
    x = operand(x)
    n = int(minlength)
    if isinstance(x, np.ndarray) and x.size:
        n = max(n, int(x.max()) + 1)
    if n < 1:
        _arrays("bincount without minlength")
    x = cast_to(x, "int64" if dtype_of(x) == "int64" else "int32")
    return _bincount(x, None if weights is None else number(weights), minlength=n)


_REDUCE = {"add": np.add, "sum": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def _scatter_infer(specs, attrs):
    if attrs["reduction"] not in (None, *_REDUCE):
        raise ArgumentError(f"scatter_update: received reduction={attrs['reduction']!r}, expected None, 'add', 'max', "
                            "'min' or 'mul'.")
    x, indices, updates = specs
    if indices.shape[-1:] != (len(x.shape),) or updates.shape != indices.shape[:-1] or updates.dtype != x.dtype:
        raise ShapeError(f"scatter_update: received indices {indices.shape} and updates {updates.shape} "
                         f"({updates.dtype}) for a value of "
                         f"shape {x.shape} ({x.dtype}); expected (..., {len(x.shape)}) and one update for each.")
    return x


def _scatter_host(ins, outs, attrs):
    outs[0][...] = ins[0]
    places = tuple(np.moveaxis(ins[1], -1, 0))
    if attrs["reduction"] is None:
        outs[0][places] = ins[2]
    else:
        _REDUCE[attrs["reduction"]].at(outs[0], places, ins[2])


_scatter = register(Op(
    name="scatter_update", inputs=("x", "indices", "updates"), attrs={"reduction": None}, infer=_scatter_infer,
    host=_scatter_host,
    nondiff="use fastnn.ops.where with a mask for a replacement with a gradient", reference=reference.scatter_update,
    cost=unary_cost(1),
    cases=lambda draw: Case([Array((5,)), Array((1, 1), "int32", 0, 4), Array((1,))]),
    doc="x with some places replaced",
    invalid=[([Spec((5,), "float32"), Spec((2, 2), "int32"), Spec((2,), "float32")], {}, ShapeError)]))


def scatter_update(inputs, indices, updates, reduction=None):
    """inputs with the values at `indices` (..., rank) replaced by updates, or combined: "add", "max", "min", "mul".

    >>> scatter_update([1, 2, 3], [[1]], [9])
    array([1, 9, 3], dtype=int32)
    """
    x = operand(inputs)
    return _scatter(x, cast_to(indices, "int32"), cast_to(updates, dtype_of(x)), reduction=reduction)


# ------------------------------------------------------------------ results whose size depends on the values
def nonzero(x):
    """The indices of the values that are not 0: one array per dimension. Takes arrays only.

    >>> nonzero([0, 5, 6])
    (array([1, 2], dtype=int32),)
    """
    x = operand(x)
    return _arrays("nonzero") if is_symbol(x) else tuple(i.astype(np.int32) for i in np.nonzero(np.asarray(x)))


def argwhere(x):
    """The indices of the values that are not 0, one row each. Takes arrays only.

    >>> argwhere([0, 5, 6])
    array([[1],
           [2]], dtype=int32)
    """
    return np.stack(nonzero(x), axis=-1)


def unique(x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, size=None,
           fill_value=None):
    """The different values in rising order; if wanted first places, inverse indices, counts. Takes arrays only.

    size: cut or filled (with fill_value, by default the smallest value) to so many.

    >>> unique([3, 1, 3])
    array([1, 3], dtype=int32)
    """
    x = operand(x)
    if is_symbol(x):
        _arrays("unique")
    found = np.unique(np.asarray(x), return_index, return_inverse, return_counts, axis=axis, equal_nan=False)
    if size is None:
        return found
    values, *rest = found if isinstance(found, tuple) else (found,)
    along = 0 if axis is None else axis
    values = np.take(values, range(min(size, values.shape[along])), axis=along)
    missing = size - values.shape[along]
    if missing > 0:
        shape = [missing if i == along else d for i, d in enumerate(values.shape)]
        fill = np.full(shape, values.min() if fill_value is None else fill_value, values.dtype)
        values = np.concatenate([values, fill], axis=along)
    return (values, *rest) if rest else values


def histogram(x, bins=10, range=None):
    """(counts, boundaries) of `bins` bins of equal width. Takes arrays only.

    >>> histogram([1.0, 1.0, 3.0], bins=2)
    (array([2, 1], dtype=int32), array([1., 2., 3.], dtype=float32))
    """
    x = operand(x)
    if is_symbol(x):
        _arrays("histogram")
    counts, edges = np.histogram(np.asarray(x), bins=bins, range=range)
    return counts.astype(np.int32), edges.astype(np.float32)


def argpartition(x, kth, axis=-1):
    """Indices that put the kth value in its sorted place, smaller ones before it.

    >>> argpartition([3, 1, 2], 1)
    array([1, 2, 0], dtype=int32)
    """
    return argsort(x, axis)
