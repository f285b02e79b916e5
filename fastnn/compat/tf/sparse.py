"""tf.sparse: sparse tensors, which are dense here: what is not named is 0."""

import functools
from typing import NamedTuple

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import Tensor
from fastnn.compat.tf.math import _segment_mean, _segment_root
from fastnn.compat.tf.values import axes, dtype_of, host, ints, only, operand
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol


class SparseTensorValue(NamedTuple):
    """A sparse tensor as runs of graphs of TensorFlow 1 take and give it."""

    indices: object
    values: object
    dense_shape: object


class Sparse(Tensor):
    """A dense tensor that knows which of its places were named; what is computed with it is a dense tensor."""

    def __array_finalize__(self, other):
        self._places = None

    def __str__(self):
        return f"SparseTensor(indices={self.indices!s}, values={self.values!s}, dense_shape={self.dense_shape!s})"

    __repr__ = __str__

    @property
    def indices(self):
        """The places that are named, int64 (n, rank); those that are not 0 where nobody named any."""
        places = np.argwhere(np.asarray(self) != ("" if self.dtype.kind == "O" else 0))
        return host((places if self._places is None else self._places).astype(np.int64))

    @property
    def values(self):
        """What is there, (n,)."""
        return host(np.asarray(self)[tuple(np.asarray(self.indices).T)])

    @property
    def dense_shape(self):
        """The shape, int64."""
        return host(np.array(self.shape, np.int64))

    def of_a_run(self):
        """What Session.run gives: a SparseTensorValue of arrays."""
        return SparseTensorValue(*(np.array(part) for part in (self.indices, self.values, self.dense_shape)))


def keeping_places(function):
    """A function of each value, which gives a sparse tensor of one.

    Args:
        function: it.
    """

    @functools.wraps(function)
    def call(x, *args, **kwargs):
        found = function(x, *args, **kwargs)
        if type(x) is not Sparse:
            return found
        found = np.asarray(found).view(Sparse)
        found._places = np.asarray(x.indices)
        return found

    return call


class _AnySparse(type):
    def __instancecheck__(cls, instance):
        return type(instance) is Sparse


class SparseTensor(metaclass=_AnySparse):
    """The tensor with these values at these places and 0 elsewhere, dense.

    Args:
        indices: places, ints (n, rank).
        values: (n,).
        dense_shape: the shape, `rank` ints.

    Raises ArgumentError for a place outside of the shape.

    >>> x = SparseTensor([[0, 1], [1, 0]], [3, 4], (2, 2))
    >>> x.tolist(), x.values.tolist(), isinstance(x, SparseTensor)
    ([[0, 3], [4, 0]], [3, 4], True)
    """

    def __new__(cls, indices, values, dense_shape):
        places = np.asarray(indices).reshape(-1, len(dense_shape))
        given = values if isinstance(values, Symbol) else np.asarray(operand(values))
        if places.size and ((places < 0).any() or (places >= np.asarray(dense_shape)).any()):
            raise ArgumentError(
                f"SparseTensor: received indices {places.tolist()}, expected them inside {dense_shape}."
            )
        if isinstance(given, Symbol):  # as what a model computes: gradients go to the values
            return ops.scatter(places.astype("int32"), given, ints(dense_shape))
        out = np.full(tuple(int(n) for n in dense_shape), "" if given.dtype.kind in "OSU" else 0, given.dtype)
        out[tuple(places.T)] = given
        found = out.view(Sparse)
        found._places = places.astype(np.int64)
        return found


def _to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    if not isinstance(sp_input, (Symbol, np.ndarray)) and hasattr(sp_input, "dense_shape"):  # of K.ctc_label_...
        sp_input = SparseTensor(sp_input.indices, sp_input.values, np.asarray(sp_input.dense_shape))
    x = operand(sp_input)
    if type(x) is Sparse:  # what is named and 0 stays 0
        named = np.zeros(x.shape, bool)
        named[tuple(np.asarray(x.indices).T)] = True
        x = host(np.asarray(x))
        return x if default_value in (None, 0, "") else host(np.where(named, x, default_value).astype(x.dtype))
    return x if default_value in (None, 0, "") else host(np.where(np.asarray(x) == 0, default_value, x).astype(x.dtype))


def _product(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    a, b = operand(sp_a), operand(b)
    a, b = _dense(a), _dense(b)
    return ops.matmul(ops.swapaxes(a, -1, -2) if adjoint_a else a, ops.swapaxes(b, -1, -2) if adjoint_b else b)


def _from_dense(tensor, name=None):
    x = operand(tensor)
    return np.array(x).view(Sparse) if isinstance(x, np.ndarray) else x


# ---- dense tensors as they are computed with ---------------------------------------------------------------------
def _dense(x):
    return host(np.asarray(x)) if isinstance(x, Sparse) else operand(x)


def _reduction(function):
    def reduce(sp_input, axis=None, keepdims=None, output_is_sparse=False, name=None):
        return function(_dense(sp_input), axis=axes(axis), keepdims=bool(keepdims))

    return reduce


def _named(x):
    """1 at the places that are named, 0 elsewhere; of a dense tensor at those that are not 0."""
    if not isinstance(x, Sparse):
        return ops.cast(ops.not_equal(x, 0), "int32")
    found = np.zeros(x.shape, np.int32)
    found[tuple(np.asarray(x.indices).T)] = 1
    return host(found)


def _greatest(sp_input, axis=None, keepdims=None, output_is_sparse=False, name=None):
    """The largest of what is named; 0 where nothing is."""
    x, named = _dense(sp_input), ops.not_equal(_named(sp_input), 0)
    axis, keepdims = axes(axis), bool(keepdims)
    kind = dtype_of(x)
    least = dtypes.finfo(kind).min if dtypes.is_float(kind) else np.iinfo(kind).min
    found = ops.max(ops.where(named, x, np.asarray(least, kind)), axis, keepdims=keepdims)
    return ops.where(ops.any(named, axis, keepdims=keepdims), found, np.zeros((), dtype_of(x)))


def _like(function, *given, places=None):
    """A result as a sparse tensor, where all it is of are; its places are moved as its values are.

    function: of dense tensors.  places: the function of 0 and 1 that says what is named, if it is another one.
    """
    found = function(*map(_dense, given))
    if not all(isinstance(g, Sparse) for g in given):
        return found
    found = np.asarray(found).view(Sparse)
    found._places = np.argwhere(np.asarray((places or function)(*map(_named, given))))
    return found


def _add(a, b, threshold=0):
    return _like(ops.add, a, b)


def _concat(axis, sp_inputs, expand_nonconcat_dims=False, name=None):
    return _like(lambda *parts: ops.concatenate(parts, axis=int(axis)), *sp_inputs)


def _eye(num_rows, num_columns=None, dtype="float32", name=None):
    return np.asarray(ops.eye(int(num_rows), num_columns, dtype=dtype)).view(Sparse)


def _slice(sp_input, start, size, name=None):
    key = tuple(slice(a, a + n) for a, n in zip(ints(start), ints(size)))
    return _like(lambda x: x[key], sp_input)


def _split(sp_input=None, num_split=None, axis=None, name=None):
    """Parts of which the first ones are larger by one where the size is no multiple."""
    n, count = sp_input.shape[axis], int(num_split)
    ends = np.cumsum([n // count + (k < n % count) for k in range(count)])[:-1]
    parts = lambda x: ops.split(x, [int(e) for e in ends], axis=axis)
    return [_like(lambda x, k=k: parts(x)[k], sp_input) for k in range(count)]


def _softmax(sp_input, name=None):
    """Over what is named of each row."""
    named = ops.not_equal(_named(sp_input), 0)

    def of_rows(x):
        nothing = np.zeros((), dtype_of(x))
        top = ops.max(ops.where(named, x, np.asarray(dtypes.finfo(dtype_of(x)).min, dtype_of(x))), -1, keepdims=True)
        e = ops.where(named, ops.exp(ops.where(named, x - top, nothing)), nothing)
        return e / ops.maximum(ops.sum(e, axis=-1, keepdims=True), np.finfo(dtype_of(x)).tiny)

    return _like(of_rows, sp_input, places=lambda x: x)


def _segments(function):
    """Segments of rows that indices choose."""

    def segments(data, indices, segment_ids, num_segments=None, name=None, sparse_gradient=False):
        rows, numbers = ops.take(operand(data), operand(indices), axis=0), np.asarray(segment_ids)
        count = int(numbers[-1]) + 1 if num_segments is None else int(num_segments)
        return function(rows, numbers, count)

    return segments


def _map_values(op, *args, **kwargs):
    """op of what is named."""
    first = next(a for a in args if isinstance(a, Sparse))
    values = op(*(a.values if isinstance(a, Sparse) else a for a in args), **kwargs)
    return SparseTensor(np.asarray(first.indices), values, first.shape)


def _retain(sp_input, to_retain):
    kept = np.asarray(to_retain, bool)
    return SparseTensor(np.asarray(sp_input.indices)[kept], np.asarray(sp_input.values)[kept], sp_input.shape)


def _fill_empty_rows(sp_input, default_value, name=None):
    """(with the value in front in rows where nothing is named, which rows those were)."""
    places, values = np.asarray(sp_input.indices), np.asarray(sp_input.values)
    empty = np.ones(sp_input.shape[0], bool)
    empty[places[:, 0]] = False
    added = np.zeros((empty.sum(), places.shape[1]), np.int64)
    added[:, 0] = np.flatnonzero(empty)
    places = np.concatenate([places, added])
    values = np.concatenate([values, np.full(len(added), default_value, values.dtype)])
    order = np.argsort(places[:, 0], kind="stable")
    return SparseTensor(places[order], values[order], sp_input.shape), host(empty)


def _ids(sp_ids):
    """(ids, rows, how many rows) of a sparse tensor of ids."""
    places = np.asarray(sp_ids.indices)
    return np.asarray(sp_ids.values), places[:, 0].astype(np.int32), int(np.asarray(sp_ids.dense_shape)[0])


def _embedded(params, sp_ids, sp_weights, combiner=None, max_norm=None, name=None, allow_fast_lookup=False):
    """The vectors of the ids of each row, combined; of a row without ids zeros."""
    only("nn.embedding_lookup_sparse", "max_norm", max_norm, None)
    only("nn.embedding_lookup_sparse", "combiner", combiner, None, "mean", "sum", "sqrtn")
    ids, rows, n = _ids(sp_ids)
    vectors = ops.take(operand(params), ids, axis=0)
    weights = np.ones(len(ids), np.float32) if sp_weights is None else np.asarray(sp_weights.values)
    column = lambda w: ops.expand_dims(ops.cast(w, vectors.dtype), -1)
    total = ops.segment_sum(vectors * column(weights), rows, n)
    if combiner == "sum":
        return total
    size = ops.segment_sum(column(weights if combiner in (None, "mean") else weights * weights), rows, n)
    return ops.divide_no_nan(total, ops.broadcast_to(size if combiner in (None, "mean") else ops.sqrt(size),
                                                     ops.shape(total)))  # fmt: skip


def _embedded_safely(embedding_weights, sparse_ids, sparse_weights=None, combiner="mean", default_id=None,
                     max_norm=None, name=None, allow_fast_lookup=False):  # fmt: skip
    """As `_embedded`; ids below 0 do not count, and default_id stands in rows without ids."""
    ids, rows, n = _ids(sparse_ids)
    weights = np.ones(len(ids), np.float32) if sparse_weights is None else np.asarray(sparse_weights.values)
    counts = (ids >= 0) & (weights > 0 if combiner != "sum" else True)
    ids, rows, weights = ids[counts], rows[counts], weights[counts]
    if default_id is not None:
        empty = np.setdiff1d(np.arange(n, dtype=np.int32), rows)
        ids, rows = np.append(ids, np.full(len(empty), default_id, ids.dtype)), np.append(rows, empty)
        weights = np.append(weights, np.ones(len(empty), weights.dtype))
    order = np.argsort(rows, kind="stable")
    counted = np.stack([rows[order], np.arange(len(order))], axis=1)
    shape = (n, max(1, len(order)))
    values = [SparseTensor(counted, x[order], shape) for x in (ids, weights)]
    return _embedded(embedding_weights, *values, combiner, max_norm)


TABLE = {
    "nn.embedding_lookup_sparse": _embedded, "nn.safe_embedding_lookup_sparse": _embedded_safely,
    "sparse.add": _add, "sparse.concat": _concat, "sparse.eye": _eye, "sparse.slice": _slice, "sparse.split": _split,
    "sparse.softmax": _softmax, "sparse.map_values": _map_values, "sparse.retain": _retain,
    "sparse.expand_dims": lambda sp_input, axis=None, name=None: _like(
        lambda x: ops.expand_dims(x, -1 if axis is None else axis), sp_input),
    "sparse.maximum": lambda sp_a, sp_b, name=None: _like(ops.maximum, sp_a, sp_b),
    "sparse.minimum": lambda sp_a, sp_b, name=None: _like(ops.minimum, sp_a, sp_b, places=ops.maximum),
    "sparse.reduce_sum": _reduction(ops.sum), "sparse.reduce_max": _greatest,
    "sparse.reshape": lambda sp_input, shape, name=None: _like(lambda x: ops.reshape(x, ints(shape)), sp_input),
    "sparse.transpose": lambda sp_input, perm=None, name=None: _like(
        lambda x: ops.transpose(x, None if perm is None else ints(perm)), sp_input),
    "sparse.fill_empty_rows": _fill_empty_rows,
    "sparse.segment_sum": _segments(ops.segment_sum), "sparse.segment_mean": _segments(_segment_mean),
    "sparse.segment_sqrt_n": _segments(_segment_root),
    "sparse.to_dense": _to_dense, "sparse.from_dense": _from_dense,
    "sparse.reorder": lambda sp_input, name=None: _like(lambda x: x, sp_input), "sparse.sparse_dense_matmul": _product,
}  # fmt: skip
