"""TensorFlow's functions that take tensors apart and put them together, count and compare; see tf_math for tables."""

import collections

import numpy as np

from fastnn import ops
from fastnn.compat.shapes import Sizes, TensorShape
from fastnn.compat.tf.values import beside, dtype_of, host, ints, is_float, operand, operands, values_of
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol
from fastnn.graph.tensor import Tensor as Lazy


# ---- parts by number ---------------------------------------------------------------------------------------------
def _partition(data, partitions, num_partitions, name=None):
    numbers = values_of(operand(partitions), "dynamic_partition")
    data, axes = operand(data), numbers.ndim
    if tuple(data.shape[:axes]) != numbers.shape:
        raise ArgumentError(
            f"tf.dynamic_partition: received partitions of shape {numbers.shape} for data of shape {data.shape}, "
            "expected its first sizes."
        )
    rows = ops.reshape(data, (numbers.size, *data.shape[axes:]))
    places = [np.flatnonzero(numbers.reshape(-1) == k).astype("int32") for k in range(int(num_partitions))]
    return [ops.take(rows, place, axis=0) for place in places]


def _stitch(indices, data, name=None):
    places = [values_of(operand(i), "dynamic_stitch") for i in indices]
    rows = [ops.reshape(operand(d), (i.size, *operand(d).shape[i.ndim :])) for i, d in zip(places, data)]
    flat = np.concatenate([i.reshape(-1) for i in places])
    last = np.full(int(flat.max(initial=-1)) + 1, -1, "int64")
    for place, k in enumerate(flat):  # of several for one place the last one
        last[k] = place
    found = ops.take(ops.concatenate(rows, axis=0), np.maximum(last, 0).astype("int32"), axis=0)
    empty = last < 0
    if not empty.any():
        return found
    return ops.where(empty.reshape(-1, *(1,) * (len(found.shape) - 1)), beside(0, found), found)


def _strided_slice(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0,
                   shrink_axis_mask=0, var=None, name=None):  # fmt: skip
    begin, end = ints(begin), ints(end)
    key = []
    for k, (a, b, step) in enumerate(zip(begin, end, ints(strides) if strides is not None else (1,) * len(begin))):
        bit = 1 << k
        whole = slice(None if begin_mask & bit else a, None if end_mask & bit else b, step)
        marks = ((ellipsis_mask, ...), (new_axis_mask, None), (shrink_axis_mask, a))
        key.append(next((what for mask, what in marks if mask & bit), whole))
    return operand(input_)[tuple(key)]


def _reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None):
    x, lengths = operand(input), operand(seq_lengths)
    axis, batch, rank = int(seq_axis or 0), int(batch_axis or 0), len(x.shape)
    if axis == batch:
        raise ArgumentError(f"tf.reverse_sequence: received seq_axis={axis} and batch_axis={batch}, expected two axes.")
    n = x.shape[axis]
    steps = np.arange(n, dtype="int32").reshape([-1 if k == axis else 1 for k in range(rank)])
    lengths = ops.reshape(ops.cast(lengths, "int32"), [-1 if k == batch else 1 for k in range(rank)])
    places = ops.where(ops.less(steps, lengths), lengths - 1 - steps, steps + ops.zeros_like(lengths))
    return ops.take_along_axis(x, ops.broadcast_to(places, ops.shape(x)), axis=axis)


def _unravel(indices, dims, name=None):
    found = np.unravel_index(values_of(operand(indices), "unravel_index"), ints(dims))
    return host(np.stack(found).astype(dtypes.numpy_type(dtype_of(operand(indices)))))


UniqueWithCounts = collections.namedtuple("UniqueWithCounts", ["y", "idx", "count"])


def _unique_with_counts(x, out_idx="int32", name=None):
    x = values_of(operand(x), "unique_with_counts")
    found, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)  # in the order of first appearance
    rank = np.argsort(order)
    places = rank[inverse.reshape(-1)].astype(out_idx)
    return UniqueWithCounts(host(found[order]), host(places), host(counts[order].astype(out_idx)))


# ---- blocks of space as batches ----------------------------------------------------------------------------------
def _to_batch(input, block_shape, paddings, name=None):
    x, sizes = operand(input), ints(block_shape)
    m = len(sizes)
    widths = [
        (0, 0),
        *(tuple(int(n) for n in pair) for pair in np.asarray(paddings)),
        *[(0, 0)] * (len(x.shape) - m - 1),
    ]
    x = ops.pad(x, widths)
    n, space, rest = x.shape[0], x.shape[1 : m + 1], tuple(x.shape[m + 1 :])
    apart = [size for pair in zip((s // b for s, b in zip(space, sizes)), sizes) for size in pair]
    x = ops.reshape(x, (-1 if n is None else n, *apart, *rest))
    order = [*range(2, 2 * m + 1, 2), 0, *range(1, 2 * m, 2), *range(2 * m + 1, len(x.shape))]
    return ops.reshape(ops.transpose(x, order), (-1, *apart[::2], *rest))


def _to_space(input, block_shape, crops, name=None):
    x, sizes = operand(input), ints(block_shape)
    m = len(sizes)
    space, rest = x.shape[1 : m + 1], tuple(x.shape[m + 1 :])
    x = ops.reshape(x, (*sizes, -1, *space, *rest))
    order = [m, *(k for i in range(m) for k in (m + 1 + i, i)), *range(2 * m + 1, len(x.shape))]
    x = ops.reshape(ops.transpose(x, order), (-1, *(s * b for s, b in zip(space, sizes)), *rest))
    cut = [tuple(int(n) for n in pair) for pair in np.asarray(crops)]
    return x[(slice(None), *(slice(a, s * b - z) for (a, z), s, b in zip(cut, space, sizes)))]


# ---- counts and comparisons --------------------------------------------------------------------------------------
def _bins(values, value_range, nbins=100, dtype="int32", name=None):
    values, limits = operand(values), operand(value_range)
    low, high = limits[0], limits[1]
    scaled = ops.floor(ops.divide(ops.subtract(values, low), ops.subtract(high, low)) * float(nbins))
    return ops.cast(ops.clip(scaled, 0, int(nbins) - 1), dtype)


def _histogram(values, value_range, nbins=100, dtype="int32", name=None):
    places = ops.reshape(_bins(values, value_range, nbins), (-1,))
    return ops.cast(ops.segment_sum(ops.ones_like(places), places, int(nbins)), dtype)


def _ordered(compare):
    def ordered(x, name=None):
        flat = ops.reshape(operand(x), (-1,))
        return ops.all(compare(flat[1:], flat[:-1]))

    return ordered


def _logsumexps(x, axis=0, exclusive=False, reverse=False, name=None):
    x, axis = operand(x), int(axis)
    x = ops.flip(x, axis=axis) if reverse else x
    if exclusive:  # the logarithm of no sum
        widths = [(1, 0) if k == axis % len(x.shape) else (0, 0) for k in range(len(x.shape))]
        front = (slice(None),) * (axis % len(x.shape))
        x = ops.pad(x, widths, constant_values=-np.inf)[(*front, slice(0, -1))]
    found = ops.associative_scan(ops.logaddexp, x, axis=axis)
    return ops.flip(found, axis=axis) if reverse else found


def _polyval(coeffs, x, name=None):
    """Horner's rule, from the first coefficient, which belongs to the highest power."""
    x = operand(x)
    if not isinstance(coeffs, list):
        raise ArgumentError(f"tf.math.polyval: Argument coeffs must be list type. Received type {type(coeffs)}.")
    if not coeffs:
        return ops.zeros_like(x)
    total = ops.add(ops.zeros_like(x), beside(coeffs[0], x) if np.isscalar(coeffs[0]) else operand(coeffs[0]))
    for c in coeffs[1:]:
        total = ops.add(ops.multiply(total, x), beside(c, x) if np.isscalar(c) else operand(c))
    return total


def _truncated(x, y):
    quotient = ops.divide(ops.cast(x, "float64"), ops.cast(y, "float64")) if not is_float(x) else ops.divide(x, y)
    return ops.cast(ops.trunc(quotient), dtype_of(x))


def _truncatediv(x, y, name=None):
    return _truncated(*operands(x, y))


def _truncatemod(x, y, name=None):
    x, y = operands(x, y)
    return ops.subtract(x, ops.multiply(_truncated(x, y), y))


def _bitcast(input, type, name=None):
    x = np.ascontiguousarray(values_of(operand(input), "bitcast"))
    kind = np.dtype(dtypes.numpy_type(dtypes.standardize(type)))
    if kind.itemsize > x.itemsize:  # several numbers along the last axis make one
        return host(x.view(kind)[..., 0])
    apart = x[..., None].view(kind)
    return host(apart if kind.itemsize < x.itemsize else apart[..., 0])


# ---- shapes and constants ----------------------------------------------------------------------------------------
def _static(tensor, partial=False):
    """The values, or None of a symbol."""
    x = operand(tensor)
    return None if isinstance(x, Symbol) and type(x) is not Lazy else np.asarray(x)


def _static_shape(shape_x, shape_y):
    x, y = (TensorShape(s) for s in (shape_x, shape_y))
    return TensorShape(ops.broadcast_shapes(tuple(x), tuple(y)))


def _dynamic_shape(shape_x, shape_y):
    return host(np.array(np.broadcast_shapes(ints(shape_x), ints(shape_y)), "int32"))


def _shapes(input, out_type="int32", name=None):
    return [
        Sizes(ops.shape(x)) if isinstance(x, Symbol) and type(x) is not Lazy else host(np.array(x.shape, str(out_type)))
        for x in map(operand, input)
    ]


def _bits(function):
    return lambda x, y, name=None: function(*operands(x, y))


TABLE = {
    "dynamic_partition": _partition, "dynamic_stitch": _stitch, "strided_slice": _strided_slice,
    "reverse_sequence": _reverse_sequence, "unravel_index": _unravel, "unique_with_counts": _unique_with_counts,
    "space_to_batch_nd": _to_batch,
    "space_to_batch nn.space_to_batch": lambda input, block_shape, paddings, name=None: _to_batch(
        input, block_shape, paddings),
    "batch_to_space": _to_space, "histogram_fixed_width": _histogram, "histogram_fixed_width_bins": _bins,
    "math.is_non_decreasing": _ordered(ops.greater_equal), "math.is_strictly_increasing": _ordered(ops.greater),
    "math.cumulative_logsumexp": _logsumexps, "math.polyval": _polyval,
    "math.accumulate_n": lambda inputs, shape=None, tensor_dtype=None, name=None: ops.sum(
        ops.stack([operand(x) for x in inputs]), axis=0),
    "math.nextafter": lambda x1, x2, name=None: ops.nextafter(*operands(x1, x2)),
    "math.invert_permutation": lambda x, name=None: ops.cast(ops.argsort(operand(x)), dtype_of(operand(x))),
    "truncatediv": _truncatediv, "truncatemod": _truncatemod,
    "realdiv": lambda x, y, name=None: ops.divide(*operands(x, y)), "bitcast": _bitcast,
    **{f"bitwise.{n}": _bits(f) for n, f in {
        "bitwise_and": ops.bitwise_and, "bitwise_or": ops.bitwise_or, "bitwise_xor": ops.bitwise_xor,
        "left_shift": ops.left_shift, "right_shift": ops.right_shift}.items()},
    "bitwise.invert": lambda x, name=None: ops.bitwise_not(operand(x)),
    "identity_n": lambda input, name=None: [ops.copy(operand(x)) for x in input], "shape_n": _shapes,
    "get_static_value": _static, "broadcast_static_shape": _static_shape, "broadcast_dynamic_shape": _dynamic_shape,
    "tensor_scatter_nd_sub": lambda tensor, indices, updates, bad_indices_policy="", name=None: ops.scatter_update(
        operand(tensor), operand(indices), ops.negative(operand(updates)), "add"),
}  # fmt: skip
