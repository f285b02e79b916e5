"""TensorFlow's functions on shapes and places: `tf.*`, `tf.linalg.*`, `tf.random.*`, on fastnn.ops; see tf_math."""

import collections

import numpy as np

from fastnn import ops, random
from fastnn.compat.shapes import Sizes
from fastnn.compat.tensorflow import Tensor, constant
from fastnn.compat.tf import tensor_array as tf_tensor_array
from fastnn.compat.tf.values import axes, beside, dtype_of, host, ints, is_float, kept, only, operand, placed, values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol, Variable
from fastnn.graph.tensor import Tensor as Lazy
from fastnn.layers.host import is_text
from fastnn.layers.sizes import Size
from fastnn.layers.sizes import listed as sizes_in


# ---- making ----------------------------------------------------------------------------------------------------
def _range(start, limit=None, delta=1, dtype=None, name="range"):
    start, limit = (0, start) if limit is None else (start, limit)
    kinds = ("int32" if isinstance(v, Size) else constant(v).dtype for v in (start, limit, delta))
    found = np.result_type(*kinds).name if dtype is None else dtype
    return ops.arange(start, limit, delta, dtype=found)


def _linspace(start, stop, num, name=None, axis=0):
    start, stop = operand(start), operand(stop)
    dtype = dtype_of(start) if is_float(start) else "float64"
    return ops.linspace(ops.cast(start, dtype), ops.cast(stop, dtype), int(num), dtype=dtype, axis=axis)


def _eye(num_rows, num_columns=None, batch_shape=None, dtype="float32", name=None):
    out = ops.eye(*ints([num_rows, num_columns]), dtype=dtype)
    return out if batch_shape is None else ops.broadcast_to(out, (*ints(batch_shape), *out.shape))


def _one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    given = [v for v in (on_value, off_value) if v is not None]
    dtype = dtypes.standardize(dtype or (constant(given[0]).dtype if given else "float32"))
    hot = ops.one_hot(operand(indices), *ints(depth), axis=-1 if axis is None else axis, dtype=dtype)
    if not given:
        return hot
    on, off = (
        np.asarray(v, dtypes.numpy_type(dtype))
        for v in (1 if on_value is None else on_value, 0 if off_value is None else off_value)
    )
    return ops.where(ops.cast(hot, "bool"), on, off)


def _sequence_mask(lengths, maxlen=None, dtype="bool", name=None):
    lengths = operand(lengths)
    n = int(values_of(lengths, "sequence_mask without maxlen").max(initial=0)) if maxlen is None else int(maxlen)
    return ops.cast(ops.less(np.arange(n, dtype=dtype_of(lengths)), ops.expand_dims(lengths, -1)), dtype)


def _like(function):
    return lambda input, dtype=None, name=None, layout=None: function(operand(input), dtype=dtype)


def _fill(dims, value, name=None, layout=None):
    if is_text(value):
        return host(np.full(ints(dims), value, object))
    return ops.full(ints(dims), value, dtype_of(operand(value)))


def _filled(function):
    return lambda shape, dtype="float32", name=None, layout=None: function(ints(shape), dtype=dtype)


# ---- places ----------------------------------------------------------------------------------------------------
def _check_indices(indices, size, name):
    """TensorFlow refuses indices out of range, so clipping or wrapping them would be another function."""
    if (not isinstance(indices, Symbol) or type(indices) is Lazy) and size is not None and np.size(indices):
        found = np.asarray(indices)
        if found.min() < 0 or found.max() >= size:
            raise ArgumentError(
                f"tf.{name}: received indices from {found.min()} to {found.max()}, expected 0 to {size - 1}."
            )


def _gather(params, indices, validate_indices=None, axis=None, batch_dims=0, name=None):
    params, indices = operand(params), operand(indices)
    rank, batch = len(params.shape), batch_dims % (len(indices.shape) + 1)
    axis = batch if axis is None else int(axis) % rank
    _check_indices(indices, params.shape[axis], "gather")
    if not batch:
        return ops.take(params, indices, axis=axis)
    size, outer = params.shape[axis], tuple(params.shape[batch:axis])
    lead, inner, places = tuple(params.shape[:batch]), tuple(params.shape[axis + 1 :]), tuple(indices.shape[batch:])
    count = int(np.prod(lead))
    order = (*range(batch), axis, *range(batch, axis), *range(axis + 1, rank))
    rows = ops.reshape(ops.transpose(params, order), (count * size, *outer, *inner))
    first = np.arange(count, dtype=dtype_of(indices)).reshape(*lead, *(1,) * len(places)) * size
    found = ops.take(rows, ops.add(indices, first.astype(dtype_of(indices))), axis=0)
    n, m = batch + len(places), len(outer)
    back = (*range(batch), *range(n, n + m), *range(batch, n), *range(n + m, n + m + len(inner)))
    return ops.transpose(found, back)


def _gather_nd(params, indices, batch_dims=0, name=None, bad_indices_policy=""):
    only("gather_nd", "batch_dims", batch_dims, 0)
    params, indices = operand(params), operand(indices)
    depth = indices.shape[-1]
    for i in range(depth):
        _check_indices(indices[..., i], params.shape[i], "gather_nd")
    strides = np.cumprod([1, *params.shape[1:depth][::-1]])[::-1].astype(dtype_of(indices))
    flat = ops.sum(ops.multiply(indices, strides), axis=-1)
    rows = ops.reshape(params, (int(np.prod(params.shape[:depth])), *params.shape[depth:]))
    return ops.take(rows, ops.cast(flat, dtype_of(indices)), axis=0)


def _where(condition, x=None, y=None, name=None):
    if (x is None) != (y is None):
        raise ArgumentError("tf.where: received one of x and y, expected both or neither.")
    if x is None:
        return host(np.argwhere(values_of(operand(condition), "where(condition)")).astype(np.int64))
    x, y = (
        (operand(x), operand(y))
        if isinstance(x, (int, float)) == isinstance(y, (int, float))
        else (
            (beside(x, operand(y)), operand(y)) if isinstance(x, (int, float)) else (operand(x), beside(y, operand(x)))
        )
    )
    return ops.where(operand(condition), x, y)


def _boolean_mask(tensor, mask, axis=None, name="boolean_mask"):
    x, m = operand(tensor), values_of(operand(mask), "boolean_mask").astype(bool)
    axis = 0 if axis is None else int(axis) % len(x.shape)
    sizes = tuple(x.shape[axis : axis + m.ndim])
    if None in sizes:
        x = values_of(x, "boolean_mask")
    if m.ndim == 0 or sizes != m.shape:
        raise ArgumentError(
            f"tf.boolean_mask: received a mask of shape {m.shape} for a tensor of shape {x.shape} at "
            f"axis {axis}: expected the sizes of the tensor's axes from there on."
        )
    before, after = x.shape[:axis], x.shape[axis + m.ndim :]
    joined = ops.reshape(x, (*(n or -1 for n in before), m.size, *after))
    return ops.take(joined, np.flatnonzero(m).astype("int32"), axis=axis)


Unique = collections.namedtuple("Unique", ["y", "idx"])


def _unique(x, out_idx="int32", name=None):
    found, first, inverse = np.unique(values_of(operand(x), "unique"), return_index=True, return_inverse=True)
    order = np.argsort(first)  # in the order of first appearance
    rank = np.argsort(order)
    return Unique(host(found[order]), host(rank[inverse.reshape(-1)].astype(out_idx)))


def _argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    x = operand(values)
    if direction == "ASCENDING":
        return ops.argsort(x, axis=axis)
    only("argsort", "direction", direction, "ASCENDING", "DESCENDING")
    back = ops.flip(ops.argsort(ops.flip(x, axis=axis), axis=axis), axis=axis)  # of equals the first comes first
    return ops.subtract(beside(x.shape[axis] - 1, back), back)


def _sort(values, axis=-1, direction="ASCENDING", name=None):
    only("sort", "direction", direction, "ASCENDING", "DESCENDING")
    found = ops.sort(operand(values), axis=axis)
    return found if direction == "ASCENDING" else ops.flip(found, axis=axis)


def _searchsorted(sorted_sequence, values, side="left", out_type="int32", name=None):
    sequence, values = operand(sorted_sequence), operand(values)
    if len(sequence.shape) == 1:
        return ops.cast(ops.searchsorted(sequence, values, side=side), out_type)
    rows = [
        ops.searchsorted(s, v, side=side)
        for s, v in zip(
            ops.unstack(ops.reshape(sequence, (-1, sequence.shape[-1]))),
            ops.unstack(ops.reshape(values, (-1, values.shape[-1]))),
        )
    ]
    return ops.cast(ops.reshape(ops.stack(rows), values.shape), out_type)


def _scatter_nd(indices, updates, shape, bad_indices_policy="", name=None):
    return kept(ops.scatter(operand(indices), operand(updates), ints(shape)), operand(updates))


def _scatter_into(reduction):
    def scatter(tensor, indices, updates, bad_indices_policy="", name=None):
        return ops.scatter_update(operand(tensor), operand(indices), operand(updates), reduction)

    return scatter


# ---- shapes ----------------------------------------------------------------------------------------------------
def _shape(input, out_type=None, name=None):
    """An array; of a symbol, the tuple of its sizes."""
    x = operand(input)
    return (
        Sizes(ops.shape(x))
        if isinstance(x, Symbol) and type(x) is not Lazy
        else host(np.array(x.shape, out_type or "int32"))
    )


def _split(value, num_or_size_splits, axis=0, num=None, name="split"):
    x = operand(value)
    if np.ndim(num_or_size_splits) == 0:
        return list(ops.split(x, int(num_or_size_splits), axis=axis))
    sizes = list(ints(num_or_size_splits))
    if -1 in sizes:
        sizes[sizes.index(-1)] = x.shape[axis] - sum(sizes) - 1
    if sum(sizes) != x.shape[axis]:
        raise ArgumentError(f"tf.split: received sizes {sizes}, expected a sum of {x.shape[axis]}.")
    return list(ops.split(x, [int(n) for n in np.cumsum(sizes)[:-1]], axis=axis))


def _pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    x, mode = operand(tensor), mode.upper()
    only("pad", "mode", mode, "CONSTANT", "REFLECT", "SYMMETRIC")
    widths = tuple(tuple(int(n) for n in pair) for pair in paddings)
    fill = {"constant_values": beside(constant_values, x)} if mode == "CONSTANT" else {}
    return ops.pad(x, widths, mode.lower(), **fill)


def _slice(input_, begin, size, name=None):
    x = operand(input_)
    parts = [p for given in (begin, size) if isinstance(given, (list, tuple)) for p in given]
    if any(isinstance(p, Symbol) for p in parts):  # places that are calculated
        return ops.slice(x, begin, size)
    begin, size = ints(begin), ints(size)
    return x[tuple(slice(b, None if n == -1 else b + n) for b, n in zip(begin, size))]


def _transpose(a, perm=None, conjugate=False, name="transpose"):
    only("transpose", "conjugate", conjugate, False)
    return ops.transpose(operand(a), None if perm is None else ints(perm))


def _meshgrid(*args, **kwargs):
    return list(ops.meshgrid(*(operand(x) for x in args), indexing=kwargs.get("indexing", "xy")))


def _einsum(equation, *inputs, **kwargs):
    return ops.einsum(equation, *(operand(x) for x in inputs))


def _convert(value, dtype=None, dtype_hint=None, name=None):
    x = operand(value)
    return x if dtype is None else ops.cast(x, dtype)


def _concat(values, axis, name="concat"):
    if isinstance(values, (list, tuple)) and any(isinstance(v, Size) for part in values if isinstance(part, tuple)
                                                 for v in part):  # fmt: skip
        parts = list(map(sizes_in, values))
        if None not in parts:
            return Sizes(v if isinstance(v, Size) else int(v) for part in parts for v in part)
    return placed("concatenate", values, int(axis))


def _while_loop(
    cond,
    body,
    loop_vars,
    shape_invariants=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    maximum_iterations=None,
    name=None,
):
    return tf_tensor_array.loop(cond, body, loop_vars, maximum_iterations, shape_invariants is not None)


# ---- random numbers --------------------------------------------------------------------------------------------
def _uniform(shape, minval=0, maxval=None, dtype="float32", seed=None, name=None):
    if dtypes.is_float(dtypes.standardize(dtype)):
        maxval = 1 if maxval is None else maxval
        if np.ndim(minval) or np.ndim(maxval) or isinstance(minval, Symbol) or isinstance(maxval, Symbol):
            low, high = (ops.cast(operand(v), dtype) for v in (minval, maxval))  # bounds of their own for each number
            drawn = random.uniform(ints(shape), 0.0, 1.0, dtype, seed)
            return ops.add(ops.multiply(drawn, ops.subtract(high, low)), low)
        return random.uniform(ints(shape), minval, maxval, dtype, seed)
    if maxval is None:
        raise ArgumentError(f"tf.random.uniform: maxval is needed for the dtype {dtype}.")
    return random.randint(ints(shape), minval, maxval, dtype, seed)


def _normal(function):
    return lambda shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None: function(
        ints(shape), mean, stddev, dtype, seed
    )


def _categorical(logits, num_samples, dtype=None, seed=None, name=None):
    return ops.cast(random.categorical(operand(logits), int(num_samples), seed=seed), dtype or "int64")


def _two(seed):
    first, second = (int(s) for s in np.asarray(seed).reshape(2))
    return (first * 1_000_003 + second) % 2**31


def _stateless_normal(shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"):
    return random.normal(ints(shape), mean, stddev, dtype, _two(seed))


def _stateless_uniform(shape, seed, minval=0, maxval=None, dtype="float32", name=None, alg="auto_select"):
    return _uniform(shape, minval, maxval, dtype, _two(seed))


def dynamic_update_slice(x, updates, start):
    """x with updates from a place on, which is moved so far that they fit: XLA's.

    Args:
        x: the array that is changed.
        updates: what comes in, of as many axes.
        start: the first place along each axis, ints or scalars.
    """
    x, updates = operand(x), operand(updates)
    places = [ops.clip(ops.cast(operand(v), "int32"), 0, n - m) for v, n, m in zip(start, x.shape, updates.shape)]
    return ops.slice_update(x, places, ops.cast(updates, dtype_of(x)))


TABLE = {
    "range": _range, "linspace": _linspace, "eye linalg.eye": _eye, "one_hot": _one_hot,
    "sequence_mask": _sequence_mask, "zeros": _filled(ops.zeros), "ones": _filled(ops.ones),
    "zeros_like": _like(ops.zeros_like), "ones_like": _like(ops.ones_like),
    "fill": _fill,
    "convert_to_tensor": _convert, "cast dtypes.cast": lambda x, dtype, name=None: ops.cast(operand(x), dtype),
    "saturate_cast dtypes.saturate_cast": lambda value, dtype, name=None: ops.saturate_cast(operand(value), dtype),
    "gather": _gather,
    "gather_nd": _gather_nd, "where": _where, "boolean_mask": _boolean_mask, "unique": _unique,
    "nn.embedding_lookup": lambda params, ids, max_norm=None, name=None: (
        only("nn.embedding_lookup", "max_norm", max_norm, None), _gather(params, ids))[1],
    "argsort": _argsort, "sort": _sort, "searchsorted": _searchsorted, "scatter_nd": _scatter_nd,
    "tensor_scatter_nd_update": lambda tensor, indices, updates, name=None: _scatter_into(None)(
        tensor, indices, updates),
    "tensor_scatter_nd_add": _scatter_into("add"), "tensor_scatter_nd_max": _scatter_into("max"),
    "tensor_scatter_nd_min": _scatter_into("min"), "shape": _shape,
    "rank": lambda input, name=None: host(np.int32(len(operand(input).shape))),
    "size": lambda input, out_type=None, name=None: host(np.array(np.prod(operand(input).shape), out_type or "int32")),
    "reshape": lambda tensor, shape, name=None: placed("reshape", tensor, ints(shape)),
    "broadcast_to": lambda input, shape, name=None: ops.broadcast_to(operand(input), ints(shape)),
    "expand_dims": lambda input, axis, name=None: placed("expand_dims", input, axes(axis)),
    "squeeze": lambda input, axis=None, name=None: placed("squeeze", input, axes(axis)), "transpose": _transpose,
    "reverse": lambda tensor, axis, name=None: ops.flip(operand(tensor), axis=axes(axis)),
    "roll": lambda input, shift, axis, name=None: ops.roll(operand(input), axes(shift), axes(axis)),
    "repeat": lambda input, repeats, axis=None, name=None: ops.repeat(operand(input), axes(repeats), axis=axis),
    "tile": lambda input, multiples, name=None: ops.tile(operand(input), ints(multiples)),
    "concat": _concat,
    "stack": lambda values, axis=0, name="stack": placed("stack", values, axis),
    "unstack": lambda value, num=None, axis=0, name="unstack": list(ops.unstack(operand(value), num, axis)),
    "split": _split, "pad": _pad, "slice": _slice, "meshgrid": _meshgrid, "einsum linalg.einsum": _einsum,
    "identity": lambda input, name=None: ops.copy(operand(input)),
    "stop_gradient": lambda input, name=None: ops.stop_gradient(operand(input)),
    "is_tensor": lambda x: isinstance(x, (Tensor, Symbol, Variable)), "while_loop": _while_loop,
    "random.uniform": _uniform,
    "random.normal": _normal(random.normal), "random.categorical": _categorical,
    "random.truncated_normal": _normal(random.truncated_normal),
    "random.shuffle": lambda value, seed=None, name=None: random.shuffle(operand(value), axis=0, seed=seed),
    "random.stateless_normal": _stateless_normal, "random.stateless_uniform": _stateless_uniform,
}  # fmt: skip
