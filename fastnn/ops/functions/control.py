"""Loops, choices, statistics by order, and comparisons of whole values, written with other operations."""
import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError
from fastnn.core.shapes import normalize_axis, product
from fastnn.ops.common import cast_to, dtype_of, float_dtype, floating, is_symbol, is_whole, operand, reserve
from fastnn.ops.functions.binary import add, divide, maximum, multiply, power, subtract
from fastnn.ops.functions.compare import equal, less_equal, logical_and, logical_or, not_equal, where
from fastnn.ops.functions.elementwise import abs, isfinite
from fastnn.ops.functions.layout import expand_dims, ravel, reshape, stack
from fastnn.ops.functions.order import sort
from fastnn.ops.functions.reduction import all, max, sum
from fastnn.ops.records.indexing import _take_grad, index_operand, take

__all__ = ["cond", "fori_loop", "while_loop", "scan", "map", "vectorized_map", "switch", "segment_sum", "segment_max",
           "scatter", "quantile", "percentile", "median", "isclose", "allclose", "array_equal", "float_power", "conj",
           "conjugate", "real", "angle", "heaviside", "signbit", "copysign", "interp", "unravel_index"]


# ------------------------------------------------------------------ choices and loops
def _tree(f, *values):
    """f over the leaves of equal structures of lists, tuples and dicts."""
    first = values[0]
    if isinstance(first, dict):
        return {k: _tree(f, *(v[k] for v in values)) for k in first}
    if isinstance(first, (list, tuple)):
        items = [_tree(f, *v) for v in zip(*values)]
        return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
    return None if first is None else f(*values)


def cond(pred, true_fn, false_fn):
    """true_fn() if pred, else false_fn(); in a graph both are calculated and the condition chooses the values.

    >>> cond(True, lambda: 1, lambda: 2)
    1
    """
    if not is_symbol(pred):
        return true_fn() if bool(np.asarray(operand(pred))) else false_fn()
    return _tree(lambda a, b: where(pred, a, b), true_fn(), false_fn())


def switch(index, branches, *operands):
    """branches[index](*operands), the index kept within range; in a graph all branches are calculated.

    >>> switch(1, [lambda x: x, lambda x: -x], 3)
    -3
    """
    if not is_symbol(index):
        return branches[int(np.clip(np.asarray(index), 0, len(branches) - 1))](*operands)
    out = branches[0](*operands)
    for i, branch in enumerate(branches[1:], 1):
        out = _tree(lambda a, b, i=i: where(less_equal(i, index), b, a), out, branch(*operands))
    return out


def fori_loop(lower, upper, body_fun, init_val):
    """val = body_fun(i, val) for i from lower up to upper (ints): the loop is written out in the graph.

    >>> fori_loop(0, 3, lambda i, v: v + i, 0)
    3
    """
    val = init_val
    for i in range(int(lower), int(upper)):
        val = body_fun(i, val)
    return val


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """loop_vars = body(*loop_vars) while cond(*loop_vars); on arrays, since a graph has a fixed length.

    >>> while_loop(lambda i: i < 3, lambda i: (i + 1,), (0,))
    (3,)
    """
    tuples = isinstance(loop_vars, (tuple, list))
    values, n = tuple(loop_vars) if tuples else (loop_vars,), 0
    while maximum_iterations is None or n < maximum_iterations:
        go = cond(*values)
        if is_symbol(go):
            raise ArgumentError("while_loop: its condition is a symbol, but a graph has a fixed length; use "
                                "fori_loop, or call it on arrays.")
        if not bool(np.asarray(go)):
            break
        new = body(*values)
        values, n = tuple(new) if isinstance(new, (tuple, list)) else (new,), n + 1
    return values if tuples else values[0]


def _first(tree):
    while isinstance(tree, (list, tuple, dict)):
        tree = next(iter(tree.values() if isinstance(tree, dict) else tree))
    return tree


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """(carry, ys) of carry, y = f(carry, x) for each slice x of xs along the first axis, written out in the graph.

    >>> scan(lambda c, x: (c + x, c), 0, np.array([1, 2], "int32"))[0]
    np.int32(3)
    """
    n = int(length if xs is None else _first(xs).shape[0])
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, None if xs is None else _tree(lambda v, i=i: v[i], xs))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, None if not ys or ys[0] is None else _tree(lambda *v: stack(v), *ys)


def map(f, xs):
    """f of each slice of xs along the first axis, stacked.

    >>> map(lambda v: v * 2, np.array([1.0, 2.0], "float32"))
    array([2., 4.], dtype=float32)
    """
    n = _first(xs).shape[0]
    return _tree(lambda *v: stack(v), *[f(_tree(lambda v, i=i: v[i], xs)) for i in range(n)])


vectorized_map = lambda function, elements: map(function, elements)
vectorized_map.__doc__ = (map.__doc__ or "").replace(">>> map(", ">>> vectorized_map(")


# ------------------------------------------------------------------ scattering
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """Sums of the slices of data that share an id, one per id from 0 to num_segments - 1.

    >>> segment_sum([1.0, 2.0, 3.0], [0, 0, 1], 2)
    array([3., 3.], dtype=float32)
    """
    x, ids = operand(data), index_operand(segment_ids)
    if num_segments is None:
        num_segments = int(np.max(np.asarray(ids))) + 1
    name = dtype_of(x)
    y = _take_grad(x if name in ("float32", "float64") else cast_to(x, "float64"), ids, axis=0, size=int(num_segments))
    return y if name in ("float32", "float64") else cast_to(y, name)


def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest of the slices of data that share an id; -inf (the smallest integer) for an id without one.

    >>> segment_max([1.0, 5.0, 3.0], [0, 0, 1], 2)
    array([5., 3.], dtype=float32)
    """
    kind = np.dtype(dtypes.numpy_type(dtype_of(operand(data))))
    low = -np.inf if kind.kind == "f" else 0 if kind.kind == "b" else np.iinfo(kind).min
    return segments(max, data, segment_ids, num_segments, low)


def segments(fold, data, segment_ids, num_segments, empty):
    """fold(x, axis=1) of the slices of data that share an id, with `empty` in the place of the others."""
    x, ids = operand(data), index_operand(segment_ids)
    n = int(np.max(np.asarray(ids))) + 1 if num_segments is None else int(num_segments)
    rank = len(x.shape)
    reserve(n)
    mine = equal(reshape(ids, (1, -1, *(1,) * (rank - 1))), np.arange(n, dtype=np.int32).reshape(-1, *(1,) * rank))
    return fold(where(mine, expand_dims(x, 0), np.array(empty, dtypes.numpy_type(dtype_of(x)))), axis=1)


def scatter(indices, values, shape):
    """Zeros of a shape with each value added at its index (the last dimension of indices).

    >>> scatter([[1], [3]], [5.0, 7.0], (4,))
    array([0., 5., 0., 7.], dtype=float32)
    """
    index, values, shape = index_operand(indices), operand(values), tuple(int(d) for d in shape)
    k = index.shape[-1]
    steps = np.array([product(shape[i + 1:k]) for i in range(k)], np.int32)
    flat = ravel(sum(multiply(index, cast_to(steps, dtype_of(index))), axis=-1))
    rows = reshape(values, (product(index.shape[:-1]), *shape[k:]))
    return reshape(segment_sum(rows, flat, product(shape[:k])), shape)


# ------------------------------------------------------------------ order statistics
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The values below which the fractions q of x lie, interpolated between neighbours by `method`; NaN if one is.

    >>> quantile([1.0, 2.0, 4.0], 0.5)
    array(2., dtype=float32)
    """
    if method not in ("linear", "lower", "higher", "nearest", "midpoint"):
        raise ArgumentError(f"quantile: received method={method!r}, expected 'linear', 'lower', 'higher', "
                            "'nearest' or 'midpoint'.")
    x = floating(x)
    rank = len(x.shape)
    axes = tuple(range(rank)) if axis is None else tuple(normalize_axis(a, rank)
        for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    rest = [i for i in range(rank) if i not in axes]
    from fastnn.ops.functions.layout import transpose
    rows = reshape(transpose(x, rest + list(axes)), (*(x.shape[i] for i in rest), product(x.shape[i] for i in axes)))
    rows, n = sort(rows, -1), product(x.shape[i] for i in axes)
    q = np.asarray(q, np.float64)
    place = q * (n - 1)
    low, high = np.floor(place).astype(np.int32), np.ceil(place).astype(np.int32)
    weight = {"linear": place - low, "lower": low * 0.0, "higher": (high > low) * 1.0, "midpoint": (high > low) * 0.5,
              "nearest": np.round(place) - low}[method]
    a, b = (take(rows, v, axis=len(rest)) for v in (low, high))
    y = add(a, multiply(subtract(b, a), np.asarray(weight, dtypes.numpy_type(dtype_of(x)))))
    y = where(equal(a, b), a, y)                # of two infinities too
    last = take(rows, np.full(q.shape, n - 1, np.int32), axis=len(rest))
    y = where(equal(last, last), y, last)       # NaN is sorted behind everything
    if keepdims:
        y = reshape(y, (*(1 if i in axes else d for i, d in enumerate(x.shape)), *q.shape))
    if q.ndim:                                  # the fractions come first
        r = len(y.shape)
        y = transpose(y, [*range(r - q.ndim, r), *range(r - q.ndim)])
    return y


def percentile(x, q, axis=None, method="linear", keepdims=False):
    """quantile with q in percent.

    >>> percentile([1.0, 2.0, 4.0], 50)
    array(2., dtype=float32)
    """
    return quantile(x, np.asarray(q, np.float64) / 100, axis, method, keepdims)


def median(x, axis=None, keepdims=False):
    """The middle value, or the mean of the two middle ones.

    >>> median([1.0, 2.0, 4.0, 5.0])
    array(3., dtype=float32)
    """
    return quantile(x, 0.5, axis, "midpoint", keepdims)


# ------------------------------------------------------------------ comparisons
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """|x1 - x2| <= atol + rtol |x2|, element by element.

    >>> isclose([1.0, 2.0], [1.0, 2.1])
    array([ True, False])
    """
    a, b = floating(x1), floating(x2)
    near = less_equal(abs(subtract(a, b)), add(multiply(abs(b), rtol), atol))
    near = logical_or(logical_and(near, isfinite(b)), equal(a, b))
    return logical_or(near, logical_and(not_equal(a, a), not_equal(b, b))) if equal_nan else near


def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close.

    >>> bool(allclose([1.0], [1.0]))
    True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def array_equal(x1, x2):
    """Whether shapes and all elements are equal.

    >>> bool(array_equal([1, 2], [1, 2]))
    True
    """
    a, b = operand(x1), operand(x2)
    return all(equal(a, b)) if tuple(a.shape) == tuple(b.shape) else np.asarray(False)


# ------------------------------------------------------------------ small ones
def float_power(x1, x2):
    """x1 to the power x2, as floats.

    >>> float_power([2], 3)
    array([8.], dtype=float32)
    """
    return power(floating(x1), x2)


def real(x):
    """x itself: there are no complex values.

    >>> real([1.0])
    array([1.], dtype=float32)
    """
    return operand(x)


conj = conjugate = real


def angle(x):
    """0 for x >= 0, pi below (and for -0), NaN for NaN.

    >>> angle([1.0])
    array([0.], dtype=float32)
    """
    x = floating(x)
    kind = dtypes.numpy_type(dtype_of(x))           # of two Python numbers `where` makes float32
    return where(equal(x, x), where(signbit(x), np.asarray(np.pi, kind), np.asarray(0, kind)), x)


def signbit(x):
    """Whether x is below 0, or -0.

    >>> signbit([1.0, -1.0])
    array([False,  True])
    """
    from fastnn.ops.functions.compare import less
    from fastnn.ops.functions.elementwise import reciprocal
    x = operand(x)
    if is_whole(x):
        return less(x, 0)
    return less(where(equal(x, 0), reciprocal(x), x), 0)


def copysign(x1, x2):
    """|x1| with x2's sign.

    >>> copysign([1.0], [-2.0])
    array([-1.], dtype=float32)
    """
    a = abs(floating(x1))
    return where(signbit(x2), multiply(a, -1.0), a)


def heaviside(x1, x2):
    """0 below 0, 1 above, x2 at 0; NaN for NaN.

    >>> heaviside([-1.0, 0.0, 2.0], 0.5)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = cast_to(x1, float_dtype(x1, x2))
    step = cast_to(less_equal(0, x), dtype_of(x))
    return where(equal(x, 0), cast_to(x2, dtype_of(x)), where(equal(x, x), step, x))


def interp(x, xp, fp):
    """The values at x of the line through the points (xp, fp), xp rising; constant outside.

    >>> interp([1.5], [1.0, 2.0], [10.0, 20.0])
    array([15.], dtype=float32)
    """
    from fastnn.ops.functions.order import searchsorted
    x, xp, fp = floating(x), floating(xp), floating(fp)
    i = searchsorted(xp, x, "right")
    i = maximum(where(less_equal(xp.shape[0], i), xp.shape[0] - 1, i), 1)
    j = subtract(i, 1)
    x0, x1, f0, f1 = take(xp, j), take(xp, i), take(fp, j), take(fp, i)
    t = divide(subtract(x, x0), subtract(x1, x0))
    t = where(less_equal(t, 0), 0.0, where(less_equal(1, t), 1.0, t))
    return add(f0, multiply(subtract(f1, f0), t))


def unravel_index(indices, shape):
    """The indices in each dimension of a row-major position.

    >>> [int(v) for v in unravel_index(5, (2, 3))]
    [1, 2]
    """
    from fastnn.ops.functions.binary import floor_divide, mod
    x, out = operand(indices), []
    for d in reversed(shape):
        out.append(mod(x, int(d)))
        x = floor_divide(x, int(d))
    return tuple(reversed(out))


