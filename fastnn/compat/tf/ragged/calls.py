"""`tf.ragged`, and what TensorFlow's functions give for a RaggedTensor."""

import numpy as np

from fastnn import ops
from fastnn.compat.tensorflow import constant as tensor
from fastnn.compat.tf.ragged.makers import end_to_end
from fastnn.compat.tf.ragged.tensor import RaggedTensor, concatenate, flat, spread
from fastnn.compat.tf.values import host, operand, values_of
from fastnn.core.errors import ArgumentError, NotSupportedError

__all__ = ["boolean_mask", "constant", "map_flat_values", "range", "stack"]
_RANGE = range  # `range` is TensorFlow's below

# Functions of each value, of numbers and of text; of the values of a row.
OWN = frozenset(("strings.unicode_encode",))  # which take ragged rows themselves
EACH = frozenset(f"{prefix}{name}" for prefix in ("", "math.", "nn.", "strings.") for name in (
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "cast", "ceil", "clip_by_value", "cos",
    "cosh", "divide", "divide_no_nan", "elu", "equal", "erf", "erfc", "exp", "expm1", "floor", "floordiv", "floormod",
    "gelu", "greater", "greater_equal", "identity", "is_finite", "is_inf", "is_nan", "leaky_relu", "less",
    "less_equal", "log", "log1p", "log_sigmoid", "logical_and", "logical_not", "logical_or", "logical_xor", "maximum",
    "minimum", "mod", "multiply", "multiply_no_nan", "negative", "not_equal", "ones_like", "pow", "reciprocal",
    "relu", "relu6", "rint", "round", "rsqrt", "saturate_cast", "selu", "sigmoid", "sign", "silu", "sin", "sinh",
    "softplus", "softsign", "sqrt", "square", "squared_difference", "stop_gradient", "subtract", "swish", "tan",
    "tanh", "truediv", "where", "xdivy", "xlogy", "zeros_like", "length", "lower", "upper", "strip", "regex_replace",
    "to_number", "substr", "as_string", "regex_full_match", "to_hash_bucket_fast", "to_hash_bucket_strong", "lgamma",
    "digamma", "erfinv", "unicode_transcode"))  # fmt: skip
ALONG = frozenset(f"{prefix}reduce_{name}" for prefix in ("", "math.", "strings.") for name in (
    "sum", "mean", "max", "min", "prod", "any", "all", "join", "std", "variance", "logsumexp"))  # fmt: skip


def boolean_mask(data, mask, name=None):
    """The values where a mask is True, as rows with as many as there are: of a mask of one axis, an array.

    >>> boolean_mask([[1, 2], [3, 4]], [[True, False], [True, True]])
    <tf.RaggedTensor [[1], [3, 4]]>
    """
    x, chosen = operand(data), values_of(operand(mask), "ragged.boolean_mask").astype(bool)
    if chosen.ndim not in (1, 2) or tuple(x.shape[: chosen.ndim]) != chosen.shape:
        raise ArgumentError(
            f"tf.ragged.boolean_mask: received a mask of shape {chosen.shape} for data of shape {tuple(x.shape)}; "
            "expected the sizes of its first axis, or of its first two."
        )
    rows = ops.reshape(x, (chosen.size, *x.shape[chosen.ndim :]))
    values = ops.take(rows, np.flatnonzero(chosen).astype("int32"), axis=0)
    return values if chosen.ndim == 1 else RaggedTensor.from_row_lengths(values, chosen.sum(axis=1))


def apply(name, function, args, kwargs):
    """What a function under a name of TensorFlow's gives where an argument is a RaggedTensor."""
    if name in EACH:
        return flat(function, args, kwargs, spread)
    if name in ALONG:
        return _along(name, function, *args, **kwargs)
    if name in ("gather", "size"):
        x, *rest = args
        return x.rows(*rest) if name == "gather" else function(x.flat_values)
    if name == "concat":
        return _concat(*args, **kwargs)
    if name == "strings.join":
        return flat(lambda *parts: function(parts, *args[1:], **kwargs), tuple(args[0]), {}, spread)
    if name == "nn.embedding_lookup":
        table, ids = args[:2]
        return ids.with_flat_values(function(table, ids.flat_values))
    raise NotSupportedError(
        f"tf.{name}: received a RaggedTensor. Use x.to_tensor(), or x.with_flat_values(tf.{name}(x.flat_values, ...)) "
        "for what is a function of each value."
    )


def _along(name, function, x, axis=None, keepdims=False, separator="", **kwargs):
    """A reduction of all values, or of each row."""
    more = {"separator": separator} if name == "strings.reduce_join" else {}
    if name.endswith("_mean") and np.dtype(str(x.dtype)).kind in "iu":
        x = x.with_flat_values(ops.cast(x.flat_values, "float64"))
    if axis is None and not keepdims:
        return function(x.flat_values, **more)
    axis = axis if axis is None else int(np.asarray(axis)) % len(x.shape)
    if not axis or keepdims:
        raise NotSupportedError(
            f"tf.{name}: received axis={axis} and keepdims={keepdims} with a RaggedTensor; expected an axis inside the "
            "rows. Use x.to_tensor()."
        )
    if axis > 1:
        inner = x.values
        found = _along(name, function, inner, axis - 1, **more) if isinstance(inner, RaggedTensor) else function(
            inner, axis - 1, **more)  # fmt: skip
        return x.with_values(found)
    if isinstance(x.values, RaggedTensor):
        raise NotSupportedError(f"tf.{name}: received axis=1 of rows that are ragged themselves; use x.to_tensor().")
    rows = [function(row, 0, **more) if row.shape[0] else _of_nothing(name, function, row, more) for row in x]
    return host(np.array([np.asarray(r).item() for r in rows], object)) if more else ops.stack(rows)


def _of_nothing(name, function, row, more):
    """A reduction of a row without values: of maxima the least number there is, as TensorFlow has it."""
    kind = np.dtype(str(row.dtype))
    if name.endswith(("_max", "_min")):
        least = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
        bound = least.min if name.endswith("_max") else least.max
        if kind.kind == "f":
            bound = -np.inf if name.endswith("_max") else np.inf
        return np.full(row.shape[1:], bound, kind)
    if name.endswith("_mean") and kind.kind == "f":
        return np.full(row.shape[1:], np.nan, kind)
    return function(row, 0, **more)


def _as_ragged(value):
    """Nested lists, or an array (n, m, ...), as rows."""
    return constant(value) if isinstance(value, (list, tuple)) else RaggedTensor.from_tensor(value)


def _concat(values, axis=0, name=None):
    """RaggedTensors one after the other, or row by row."""
    values = [v if isinstance(v, RaggedTensor) else _as_ragged(v) for v in values]
    if axis not in (0, 1):
        raise NotSupportedError("tf.concat: expected axis 0 or 1 of RaggedTensors; use x.to_tensor().")
    if len({v.ragged_rank for v in values}) > 1 or values[0].ragged_rank > 1:
        raise NotSupportedError("tf.concat: expected RaggedTensors of one ragged axis; use x.to_tensor().")
    whole = concatenate([v.values for v in values])
    lengths = np.concatenate([np.asarray(v.row_lengths()) for v in values])
    found = RaggedTensor.from_row_lengths(whole, lengths)
    if axis == 0:
        return found
    n = int(values[0].nrows())
    if any(int(v.nrows()) != n for v in values):
        raise ArgumentError(f"tf.concat: received {[int(v.nrows()) for v in values]} rows; expected as many in each.")
    order = np.arange(len(values) * n).reshape(len(values), n).T.reshape(-1)
    merged = lengths.reshape(len(values), n).sum(axis=0)
    return RaggedTensor.from_row_lengths(found.rows(order).values, merged)


def row_splits_to_segment_ids(splits, name=None, out_type=None):
    """The row of each value.

    >>> row_splits_to_segment_ids([0, 3, 3, 5]).tolist()
    [0, 0, 0, 2, 2]
    """
    return host(np.repeat(np.arange(len(splits) - 1), np.diff(np.asarray(splits))).astype(np.int64))


def segment_ids_to_row_splits(segment_ids, num_segments=None, out_type=None, name=None):
    """Where rows begin and end, of the row of each value.

    >>> segment_ids_to_row_splits([0, 0, 2]).tolist()
    [0, 2, 2, 3]
    """
    lengths = np.bincount(np.asarray(segment_ids), minlength=0 if num_segments is None else int(num_segments))
    return host(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def stack_dynamic_partitions(data, partitions, num_partitions, name=None):
    """The values of each partition as a row.

    >>> stack_dynamic_partitions([1, 2, 3], [0, 1, 0], 2)
    <tf.RaggedTensor [[1, 3], [2]]>
    """
    data, numbers = np.asarray(operand(data)), np.asarray(partitions)
    order = np.argsort(numbers, kind="stable")
    return RaggedTensor.from_row_lengths(host(data[order]), np.bincount(numbers, minlength=int(num_partitions)))


def map_flat_values(op, *args, **kwargs):
    """A function applied to the innermost values.

    >>> map_flat_values(np.square, constant([[1, 2], [3]]))
    <tf.RaggedTensor [[1, 4], [9]]>
    """
    return flat(op, args, kwargs)


def constant(pylist, dtype=None, ragged_rank=None, inner_shape=None, name=None, row_splits_dtype="int64"):
    """The RaggedTensor of nested lists.

    >>> constant([["a"], ["b", "c"]]).row_lengths().tolist()
    [1, 2]
    """
    (_, depth), level, splits = _depth(pylist), pylist, []
    inner = 0 if inner_shape is None else len(tuple(inner_shape))
    rank = depth - 1 - inner if ragged_rank is None else int(ragged_rank)
    for _ in _RANGE(max(rank, 0)):
        splits.append([len(row) for row in level])
        level = [item for row in level for item in row]
    flat = np.asarray(level)
    if flat.dtype.kind in "US":
        flat = np.asarray(level, object)
    values = host(flat) if dtype is None and flat.dtype == object else tensor(level if len(level) else flat, dtype)
    if not len(level) and dtype is None:
        values = tensor(flat.astype("float32"))
    for lengths in reversed(splits):
        values = RaggedTensor.from_row_lengths(values, lengths)
    return values


def _depth(x):
    """(how deep numbers lie, None without any; how deep lists are nested); ArgumentError for several depths."""
    if not isinstance(x, (list, tuple, np.ndarray)) or (isinstance(x, np.ndarray) and not x.ndim):
        return 0, 0
    found = [_depth(v) for v in x]
    exact, nested = {e for e, _ in found if e is not None}, max((n for _, n in found), default=0)
    if len(exact) > 1 or (exact and min(exact) < nested):
        raise ArgumentError("tf.ragged.constant: all scalar values must have the same nesting depth.")
    return 1 + min(exact) if exact else None, 1 + nested


def stack(values, axis=0, name=None):
    """The rows of a RaggedTensor, from a list of arrays, or of RaggedTensors.

    >>> stack([[1, 2], [3]])
    <tf.RaggedTensor [[1, 2], [3]]>
    """
    if axis != 0:
        raise NotSupportedError(f"tf.ragged.stack: received axis={axis}, expected 0.")
    rows = [v if isinstance(v, RaggedTensor) else operand(v) for v in values]
    return RaggedTensor.from_row_lengths(end_to_end(rows), [row.shape[0] for row in rows])


def range(starts, limits=None, deltas=1, dtype=None, name=None, row_splits_dtype="int64"):
    """A row of numbers for each start, limit and step.

    >>> range([2, 3])
    <tf.RaggedTensor [[0, 1], [0, 1, 2]]>
    """
    starts, limits = (0, starts) if limits is None else (starts, limits)
    given = np.broadcast_arrays(*(tensor(v) for v in (starts, limits, deltas)))
    return stack([host(np.arange(*p, dtype=dtype or given[1].dtype)) for p in zip(*map(np.ravel, given))])
