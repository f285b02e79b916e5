"""TensorFlow's arithmetic: `tf.*` and `tf.math.*` with TensorFlow's arguments and defaults, on fastnn.ops.

A row: the names of a function, the function.  `fastnn.compat.tf.names` joins the tables.
"""

import collections

import numpy as np

from fastnn import ops
from fastnn.compat.tf.values import (
    axes,
    beside,
    dtype_of,
    host,
    is_float,
    kept,
    only,
    operand,
    operands,
    part,
    values_of,
)
from fastnn.compat.tf.values import axes as several
from fastnn.core import dtypes


def _unary(function):
    return lambda x, name=None: function(operand(x))


def _features(function):
    return lambda features, name=None: function(operand(features))


def _binary(function):
    return lambda x, y, name=None: function(*operands(x, y))


def _reduction(function, keeps=True):
    def reduce(input_tensor, axis=None, keepdims=False, name=None):
        x = operand(input_tensor)
        result = function(x, axis=axes(axis), keepdims=bool(keepdims))
        return kept(result, x) if keeps else result

    return reduce


def _mean(x, axis=None, keepdims=False):
    """Means of integers are integers, cut off towards zero."""
    return ops.mean(x if is_float(x) else ops.cast(x, "float64"), axis=axis, keepdims=keepdims)


def euclidean(x, axis=None, keepdims=False):
    return ops.sqrt(ops.sum(ops.square(x), axis=axis, keepdims=keepdims))


def _quotient(x, y):
    """Integers divided are floats: of 64 bits, where integers have 32 or more."""
    x, y = operands(x, y)
    if is_float(x) or is_float(y):
        return ops.divide(x, y)
    wide = "float32" if dtype_of(x) in ("int8", "uint8", "int16", "uint16") else "float64"
    return ops.divide(ops.cast(x, wide), ops.cast(y, wide))


def _position(function):
    def position(input, axis=None, output_type="int64", name=None):
        return ops.cast(function(operand(input), axis=0 if axis is None else int(axis)), output_type)

    return position


def _cumulative(function, first):
    def cumulative(x, axis=0, exclusive=False, reverse=False, name=None):
        x, axis = operand(x), int(axis)
        x = ops.flip(x, axis=axis) if reverse else x
        if exclusive:
            start = ops.full_like(part(x, axis, 0, 1), first)
            x = ops.concatenate([start, part(x, axis, 0, -1)], axis=axis)
        result = kept(function(x, axis=axis), x)
        return ops.flip(result, axis=axis) if reverse else result

    return cumulative


TopK = collections.namedtuple("TopK", ["values", "indices"])  # what top_k gives, by name too


def _top_k(input, k=1, sorted=True, index_type="int32", name=None):
    values, indices = ops.top_k(operand(input), k, sorted=sorted)
    return TopK(values, ops.cast(indices, index_type))


def _where_zero(of, x, y, function):
    """function(x, y), and 0 where `of` is 0, without a NaN in the gradient."""
    zero = ops.equal(of, beside(0, of))
    return ops.where(zero, beside(0, x), function(x, ops.where(zero, beside(1, y), y)))


def _divide_no_nan(x, y):
    return _where_zero(y, x, y, ops.divide)


def _xlogy(x, y):
    return _where_zero(x, x, y, lambda a, b: ops.multiply(a, ops.log(b)))


def _xdivy(x, y):
    return _where_zero(x, x, y, ops.divide)


def _multiply_no_nan(x, y, name=None):
    x, y = operands(x, y)
    zero = ops.equal(y, beside(0, y))
    return ops.where(zero, beside(0, x), ops.multiply(ops.where(zero, beside(0, x), x), y))


def _add_n(inputs, name=None):
    total, *rest = (operand(x) for x in inputs)
    for x in rest:
        total = ops.add(total, x)
    return total


def _l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    x = operand(x)
    squares = ops.sum(ops.square(x), axis=axes(axis if dim is None else dim), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, beside(epsilon, x))))


def _bincount(
    arr, weights=None, minlength=None, maxlength=None, dtype="int32", name=None, axis=None, binary_output=False
):
    only("math.bincount", "axis", axis, None)
    only("math.bincount", "binary_output", binary_output, False)
    x = values_of(arr, "math.bincount").reshape(-1)
    w = None if weights is None else values_of(operand(weights), "math.bincount").reshape(-1)
    counts = np.bincount(x, w, minlength or 0)
    counts = counts if maxlength is None else counts[:maxlength]
    return host(counts.astype(dtype if w is None else w.dtype))


def _confusion_matrix(labels, predictions, num_classes=None, weights=None, dtype="int32", name=None):
    name = "math.confusion_matrix"
    rows, columns = (values_of(operand(x), name).reshape(-1).astype(np.int64) for x in (labels, predictions))
    n = int(max(rows.max(initial=-1), columns.max(initial=-1))) + 1 if num_classes is None else int(num_classes)
    out = np.zeros((n, n), dtype)
    np.add.at(out, (rows, columns), 1 if weights is None else values_of(weights, name).astype(dtype))
    return host(out)


def _unsorted(function):
    def segments(data, segment_ids, num_segments, name=None):
        data = operand(data)
        return kept(function(data, operand(segment_ids), int(num_segments)), data)

    return segments


def _sorted(function, label):
    def segments(data, segment_ids, name=None):
        ids = values_of(operand(segment_ids), label)
        data = operand(data)
        return kept(function(data, ids, int(ids[-1]) + 1 if len(ids) else 0), data)

    return segments


def _segment_mean(data, ids, n):
    counts = ops.segment_sum(ops.ones_like(ops.cast(ids, dtype_of(data))), ids, n)
    total = ops.segment_sum(data, ids, n)
    counts = ops.maximum(counts, beside(1, counts))
    return ops.divide(total, ops.reshape(counts, (-1,) + (1,) * (len(total.shape) - 1)))


def _segment_root(data, ids, n):
    counts = ops.segment_sum(ops.ones_like(ops.cast(ids, dtype_of(data))), ids, n)
    total = ops.segment_sum(data, ids, n)
    root = ops.sqrt(ops.maximum(counts, beside(1, counts)))
    return ops.divide(total, ops.reshape(root, (-1,) + (1,) * (len(total.shape) - 1)))


def _segment_most(data, ids, n):
    """The largest; the least number of the dtype for an id without one, as in TensorFlow."""
    found = ops.segment_max(data, ids, n)
    return ops.maximum(found, beside(dtypes.finfo(dtype_of(data)).min, data)) if is_float(data) else found


def _segment_least(data, ids, n):
    if is_float(data):
        return ops.negative(_segment_most(ops.negative(data), ids, n))
    return ops.subtract(beside(-1, data), ops.segment_max(ops.subtract(beside(-1, data), data), ids, n))


def _segment_product(data, ids, n):
    """Of arrays: the product of those with an id, 1 where there is none."""
    x, places = values_of(data, "math.segment_prod"), values_of(ids, "math.segment_prod")
    out = np.ones((n, *x.shape[1:]), x.dtype)
    np.multiply.at(out, places[places >= 0], x[places >= 0])
    return host(out)


def _count_nonzero(input, axis=None, keepdims=None, dtype="int64", name=None):
    x = operand(input)
    found = ops.cast(ops.not_equal(x, beside(0, x)), dtype)
    return ops.cast(ops.sum(found, axis=axes(axis), keepdims=bool(keepdims)), dtype)


def _clip_by_value(t, clip_value_min, clip_value_max, name=None):
    t = operand(t)
    return ops.maximum(ops.minimum(t, beside(clip_value_max, t)), beside(clip_value_min, t))


def _clip_by_norm(t, clip_norm, axes=None, name=None):
    t = operand(t)
    limit, norm = beside(clip_norm, t), euclidean(t, several(axes), True)
    return ops.multiply(t, ops.divide(limit, ops.maximum(norm, limit)))


def _global_norm(t_list, name=None):
    return ops.sqrt(_add_n([ops.sum(ops.square(operand(t))) for t in t_list if t is not None]))


def _clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    norm = _global_norm(t_list) if use_norm is None else operand(use_norm)
    limit, one = beside(clip_norm, norm), beside(1.0, norm)
    scale = ops.multiply(limit, ops.minimum(ops.divide(one, norm), ops.divide(one, limit)))
    given = [None if t is None else operand(t) for t in t_list]
    return [None if t is None else ops.multiply(t, ops.cast(scale, dtype_of(t))) for t in given], norm


def _both(names):
    """Names that are found in `tf` and in `tf.math`."""
    return " ".join(f"{n} math.{n}" for n in names.split())


_UNARY = {
    "abs": ops.abs, "acos": ops.arccos, "acosh": ops.arccosh, "asin": ops.arcsin, "asinh": ops.arcsinh,
    "atan": ops.arctan, "atanh": ops.arctanh, "cos": ops.cos, "cosh": ops.cosh, "exp": ops.exp, "floor": ops.floor,
    "negative": ops.negative, "round": ops.round, "sigmoid": ops.sigmoid, "sign": ops.sign, "sin": ops.sin,
    "sinh": ops.sinh, "sqrt": ops.sqrt, "square": ops.square, "tan": ops.tan, "tanh": ops.tanh,
    "logical_not": ops.logical_not,
}  # fmt: skip
_UNARY_OF_MATH = {
    "ceil": ops.ceil, "erf": ops.erf, "erfc": ops.erfc, "erfinv": ops.erfinv, "expm1": ops.expm1, "log": ops.log,
    "log1p": ops.log1p, "log_sigmoid": ops.log_sigmoid, "is_finite": ops.isfinite, "is_inf": ops.isinf,
    "is_nan": ops.isnan, "reciprocal": ops.reciprocal, "rint": ops.round, "rsqrt": ops.rsqrt,
    "reciprocal_no_nan": lambda x: _divide_no_nan(ops.ones_like(x), x),
}  # fmt: skip
_BINARY = {
    "add": ops.add, "subtract": ops.subtract, "multiply": ops.multiply, "pow": ops.power, "maximum": ops.maximum,
    "minimum": ops.minimum, "equal": ops.equal, "not_equal": ops.not_equal, "greater": ops.greater,
    "greater_equal": ops.greater_equal, "less": ops.less, "less_equal": ops.less_equal,
    "logical_and": ops.logical_and, "logical_or": ops.logical_or,
}  # fmt: skip
_BINARY_OF_MATH = {
    "floordiv": ops.floor_divide,
    "floormod": ops.mod,
    "mod": ops.mod,
    "squared_difference": ops.squared_difference,
    "divide_no_nan": _divide_no_nan,
}
_REDUCTIONS = {
    "reduce_all": ops.all, "reduce_any": ops.any, "reduce_logsumexp": ops.logsumexp, "reduce_max": ops.max,
    "reduce_mean": _mean, "reduce_min": ops.min, "reduce_prod": ops.prod, "reduce_sum": ops.sum,
}  # fmt: skip
_REDUCTIONS_OF_MATH = {"reduce_std": ops.std, "reduce_variance": ops.var, "reduce_euclidean_norm": euclidean}

TABLE = {
    **{_both(n): _unary(f) for n, f in _UNARY.items()},
    **{f"math.{n}": _unary(f) for n, f in _UNARY_OF_MATH.items()},
    **{_both(n): _binary(f) for n, f in _BINARY.items()},
    **{f"math.{n}": _binary(f) for n, f in _BINARY_OF_MATH.items()},
    **{_both(n): _reduction(f) for n, f in _REDUCTIONS.items()},
    **{f"math.{n}": _reduction(f) for n, f in _REDUCTIONS_OF_MATH.items()},
    "math.logical_xor": lambda x, y, name="LogicalXor": ops.logical_xor(*operands(x, y)),
    _both("divide truediv"): lambda x, y, name=None: _quotient(x, y),
    _both("atan2"): lambda y, x, name=None: ops.arctan2(*operands(y, x)),
    "math.softplus nn.softplus": _features(ops.softplus), "math.softsign nn.softsign": _features(ops.softsign),
    _both("argmax"): _position(ops.argmax), _both("argmin"): _position(ops.argmin),
    _both("cumsum"): _cumulative(ops.cumsum, 0), "math.cumprod": _cumulative(ops.cumprod, 1),
    "math.top_k nn.top_k": _top_k, "math.xlogy": _binary(_xlogy), "math.xdivy": _binary(_xdivy),
    "math.multiply_no_nan": _multiply_no_nan,
    _both("add_n"): _add_n, _both("scalar_mul"): lambda scalar, x, name=None: ops.multiply(*operands(scalar, x)),
    "math.l2_normalize nn.l2_normalize linalg.l2_normalize": _l2_normalize,
    "math.bincount": _bincount, "math.confusion_matrix": _confusion_matrix, "math.count_nonzero": _count_nonzero,
    "math.in_top_k nn.in_top_k": lambda targets, predictions, k, name=None: ops.in_top_k(
        operand(targets), operand(predictions), k),
    "math.unsorted_segment_sum": _unsorted(ops.segment_sum), "math.unsorted_segment_mean": _unsorted(_segment_mean),
    "math.unsorted_segment_max": _unsorted(_segment_most), "math.unsorted_segment_min": _unsorted(_segment_least),
    "math.unsorted_segment_prod": _unsorted(_segment_product),
    "math.unsorted_segment_sqrt_n": _unsorted(_segment_root),
    "math.segment_max": _sorted(_segment_most, "math.segment_max"),
    "math.segment_min": _sorted(_segment_least, "math.segment_min"),
    "math.segment_prod": _sorted(_segment_product, "math.segment_prod"),
    "math.segment_sum": _sorted(ops.segment_sum, "math.segment_sum"),
    "math.segment_mean": _sorted(_segment_mean, "math.segment_mean"),
    "math.zero_fraction nn.zero_fraction": lambda value, name=None: ops.mean(ops.cast(
        ops.equal(operand(value), beside(0, operand(value))), "float32")),
    "clip_by_value": _clip_by_value, "clip_by_norm": _clip_by_norm, "clip_by_global_norm": _clip_by_global_norm,
    "linalg.global_norm": _global_norm,
}  # fmt: skip
