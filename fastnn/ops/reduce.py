"""Reductions over any axes: each is a chain of folds of (outer, red, inner), whose sums have one fixed shape."""
import builtins

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import DTypeError, ShapeError
from fastnn.core.shapes import normalize_axes, normalize_axis, product
from fastnn.graph.spec import Spec
from fastnn.kernels.reference import reduce as reference
from fastnn.ops.common import (
    FLOATS,
    NUMBERS,
    WIDE,
    calculate,
    cast_to,
    check_dtype,
    composite,
    dtype_of,
    floating,
    is_number,
    operand,
)
from fastnn.ops.elementwise import _exp, _log, abs, affine, isfinite, sqrt, square, stop_gradient
from fastnn.ops.layout import broadcast_to, ravel, reshape
from fastnn.ops.movement import emit_fill
from fastnn.ops.op import REQUIRED, Array, Case, Op, register

__all__ = ["sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all", "var", "std", "argmax", "argmin",
           "count_nonzero",
           "logsumexp", "norm", "cumsum", "average", "ptp", "moments"]

ROW, COLUMNS, STRIPE = 4096, 512, 2048          # elements of a block of a row; rows, and columns, of a block of columns


def _ops():
    from fastnn import ops
    return ops


# ------------------------------------------------------------------ lowering
def emit_fold(e, x, y, shape, axes, kernel, divisor=1.0):
    """Fold the axes of x (row-major, of `shape`) into y, then divide."""
    runs = []                                   # [is reduced, size], neighbours alike joined
    for i, d in enumerate(shape):
        if d == 1:
            continue
        if runs and runs[-1][0] == (i in axes):
            runs[-1][1] *= d
        else:
            runs.append([i in axes, d])
    if not builtins.any(r for r, _ in runs):
        e.copy(x, y)
        return
    while True:
        k = builtins.max(i for i, (r, _) in enumerate(runs) if r)
        outer, red, inner = product(d for _, d in runs[:k]), runs[k][1], product(d for _, d in runs[k + 1:])
        del runs[k]
        last = not builtins.any(r for r, _ in runs)
        target = y if last else _scratch(e, outer * inner, y)
        _fold(e, x, target, outer, red, inner, kernel, divisor if last else 1.0)
        if last:
            return
        x = target


def _scratch(e, n, like):
    return e.scratch(n * like.itemsize).part(0, n * like.itemsize, like.dtype)


def _fold(e, x, y, outer, red, inner, kernel, divisor):
    block = ROW if inner == 1 else COLUMNS
    blocks = -(-red // block) if red > 2 * block else 1
    block = red if blocks == 1 else block
    target = y if blocks == 1 else _scratch(e, outer * blocks * inner, y)
    d = divisor if blocks == 1 else 1.0
    if inner == 1:
        e.emit(f"{kernel}_rows_{x.t}", x.rd if blocks == 1 else x.rd_all, target.wr, red, block, blocks, d,
               n=outer * blocks)
    else:
        stripes = -(-inner // STRIPE)
        e.emit(f"{kernel}_cols_{x.t}", x.rd_all, target.wr if stripes == 1 else target.wr_all, red, inner, block,
               blocks, STRIPE, d,
               n=outer * blocks * stripes)
    if blocks > 1:
        _fold(e, target, y, outer, blocks, inner, kernel, divisor)


# ------------------------------------------------------------------ records
def _shape(shape, attrs):
    axes = normalize_axes(attrs["axis"], len(shape))
    if attrs["keepdims"]:
        return tuple(1 if i in axes else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in axes)


def _kept(node):
    """The shape of the result as if keepdims had been given."""
    return _shape(node.inputs[0].shape, {**node.attrs, "keepdims": True})


def _cases(kinds, distinct):
    def cases(draw):
        shape = tuple(draw.integer(1, 5) for _ in range(draw.integer(1, 4)))
        shape = (draw.integer(100, 300),) if draw.integer(0, 5) == 5 else shape
        axis = draw.choice((None, 0, -1, "some"))
        if axis == "some":
            axis = tuple(i for i in range(len(shape)) if draw.boolean()) or (0,)
        kind = "float" if kinds[0] in FLOATS and draw.integer(0, 3) else draw.choice(kinds)
        kind = "float" if kind in FLOATS else kind
        return Case([Array(shape, kind, distinct=distinct)], {"axis": axis, "keepdims": draw.boolean()})
    return cases


def _reduction(name, kernel, empty, vjp=None, allowed=NUMBERS, mean=False, distinct=False, **rest):
    def infer(specs, attrs):
        check_dtype(name, specs[0], allowed)
        return Spec(_shape(specs[0].shape, attrs), specs[0].dtype)

    def lower(e):
        x, y = e.ins[0], e.outs[0]
        axes = normalize_axes(e.attrs["axis"], len(x.shape))
        if x.size == 0:
            emit_fill(e, y, empty)
            return
        emit_fold(e, x, y, x.shape, axes, kernel, float(product(x.shape[a] for a in axes)) if mean else 1.0)
    return register(Op(
        name=name, inputs=("x",), attrs={"axis": None, "keepdims": False}, infer=infer, lower=lower, vjp=vjp,
        reference=getattr(reference, name), cases=rest.pop("cases", None) or _cases(allowed, distinct),
        cost=lambda specs, outs, attrs: (specs[0].size, specs[0].nbytes + outs[0].nbytes),
        invalid=[([Spec((2, 3), allowed[0])], {"axis": 2}, ShapeError), ([Spec((2, 3), "int8")], {}, DTypeError)],
        **rest))


def _sum_vjp(node, gys):
    return [broadcast_to(reshape(gys[0], _kept(node)), node.inputs[0].shape)]


def _mean_vjp(node, gys):
    x = node.inputs[0]
    n = product(x.shape[a] for a in normalize_axes(node.attrs["axis"], len(x.shape)))
    return [broadcast_to(affine(reshape(gys[0], _kept(node)), 1.0 / builtins.max(n, 1)), x.shape)]


def _extreme_vjp(node, gys):
    """Shared evenly by the values that are equal to the extreme one."""
    ops, x, kept = _ops(), node.inputs[0], _kept(node)
    hits = ops.cast(ops.equal(x, reshape(node.output, kept)), x.dtype)
    share = ops.divide(reshape(gys[0], kept), sum(hits, axis=node.attrs["axis"], keepdims=True))
    return [ops.multiply(hits, share)]


_sum = _reduction("sum", "sum", 0, _sum_vjp, doc="the sum along axes (all, if axis is None)")
_mean = _reduction("mean", "sum", np.nan, _mean_vjp, FLOATS, mean=True,
                   doc="the sum along axes, divided by the number of values")
_max = _reduction("max", "max", -np.inf, _extreme_vjp, distinct=True, doc="the largest value; NaN where there is one")
_min = _reduction("min", "min", np.inf, _extreme_vjp, distinct=True, doc="the smallest value; NaN where there is one")
_prod = _reduction("prod", "prod", 1, lambda n, g: [_prod_grad(n.inputs[0], reshape(g[0], _kept(n)),
                                                               axis=n.attrs["axis"])],
                   doc="the product along axes")
_any = _reduction("any", "max", 0, allowed=("bool",), nondiff="a truth value", doc="whether one is true")
_all = _reduction("all", "min", 1, allowed=("bool",), nondiff="a truth value", doc="whether all are true")


def _prod_grad_host(ins, outs, attrs):
    """gy times the products of what comes before and after each value."""
    x, gy = ins
    axes = normalize_axes(attrs["axis"], x.ndim)
    order = [i for i in range(x.ndim) if i not in axes] + list(axes)
    rows = np.transpose(x, order).reshape(-1, product(x.shape[a] for a in axes))
    ones = np.ones((rows.shape[0], 1), x.dtype)
    before = np.cumprod(np.hstack([ones, rows[:, :-1]]), axis=1)
    after = np.cumprod(np.hstack([ones, rows[:, :0:-1]]), axis=1)[:, ::-1]
    product_ = (before * after).reshape([x.shape[i] for i in order])
    np.multiply(np.transpose(product_, np.argsort(order)), gy, out=outs[0])


_prod_grad = register(Op(
    name="prod_grad", inputs=("x", "gy"), attrs={"axis": REQUIRED}, infer=lambda specs, attrs: _check_gy(specs, attrs),
    host=_prod_grad_host, nondiff="second derivatives of products are not offered",
    reference=lambda x, gy, axis: reference.prod_grad(x, gy, normalize_axes(axis, x.ndim)),
    cases=lambda draw: Case([Array((3, 4), low=0.2), Array((3, 1))], {"axis": 1}),
    cost=lambda specs, outs, attrs: (4 * specs[0].size, 4 * specs[0].nbytes),
    doc="gx = gy times the product of the other values",
    invalid=[([Spec((2, 3), "float32"), Spec((2,), "float32")], {"axis": 1}, ShapeError)]))


def _check_gy(specs, attrs):
    wanted = _shape(specs[0].shape, {"axis": attrs["axis"], "keepdims": True})
    if specs[1].shape != wanted:
        raise ShapeError(f"prod_grad: received a gradient of shape {specs[1].shape}, expected {wanted}.")
    return specs[0]


def _place(name):
    def infer(specs, attrs):
        check_dtype(name, specs[0], NUMBERS)
        axis = normalize_axis(attrs["axis"], len(specs[0].shape))
        if specs[0].shape[axis] == 0:
            raise ShapeError(f"{name}: axis {attrs['axis']} of the shape {specs[0].shape} is empty.")
        return Spec(_shape(specs[0].shape, attrs), "int32")

    def lower(e):
        x, y = e.ins[0], e.outs[0]
        axis = e.attrs["axis"] % len(x.shape)
        outer, inner = product(x.shape[:axis]), product(x.shape[axis + 1:])
        e.emit(f"{name}_{x.t}", x.rd_all, y.wr, x.shape[axis], inner, n=outer * inner)

    def cases(draw):
        shape = tuple(draw.integer(1, 5) for _ in range(draw.integer(1, 3)))
        return Case([Array(shape, distinct=True)], {"axis": draw.integer(-len(shape), len(shape) - 1),
                                                    "keepdims": draw.boolean()})
    return register(Op(
        name=name, inputs=("x",), attrs={"axis": REQUIRED, "keepdims": False}, infer=infer, lower=lower,
        nondiff="an index",
        reference=getattr(reference, name), cases=cases, cost=lambda specs, outs,
        attrs: (specs[0].size, specs[0].nbytes + outs[0].nbytes),
        invalid=[([Spec((2, 3), "float32")], {"axis": 2}, ShapeError)],
        doc="the index of the first " + name[3:] + "imum along axis"))


_argmax, _argmin = _place("argmax"), _place("argmin")


def _cumsum_infer(specs, attrs):
    check_dtype("cumsum", specs[0], NUMBERS)
    normalize_axis(attrs["axis"], len(specs[0].shape))
    return specs[0]


def _cumsum_lower(e):
    x, y = e.ins[0], e.outs[0]
    axis = e.attrs["axis"] % len(x.shape)
    outer, inner = product(x.shape[:axis]), product(x.shape[axis + 1:])
    e.emit(f"cumsum_{x.t}", x.rd_all, y.wr_all, x.shape[axis], inner, int(e.attrs["reverse"]), STRIPE,
           n=outer * -(-inner // STRIPE))


def _cumsum_cases(draw):
    shape = tuple(draw.integer(1, 6) for _ in range(draw.integer(1, 3)))
    return Case([Array(shape)], {"axis": draw.integer(-len(shape), len(shape) - 1), "reverse": draw.boolean()},
                tolerance=4.0)


_cumsum = register(Op(
    name="cumsum", inputs=("x",), attrs={"axis": REQUIRED, "reverse": False}, infer=_cumsum_infer, lower=_cumsum_lower,
    vjp=lambda n, g: [_cumsum(g[0], axis=n.attrs["axis"], reverse=not n.attrs["reverse"])], reference=reference.cumsum,
    cases=_cumsum_cases, cost=lambda specs, outs, attrs: (specs[0].size, 2 * specs[0].nbytes),
    doc="running sums along axis",
    invalid=[([Spec((2, 3), "float32")], {"axis": 2}, ShapeError)]))


# ------------------------------------------------------------------ public functions
def _axis(axis):
    return tuple(int(a) for a in axis) if isinstance(axis, (tuple, list)) else None if axis is None else int(axis)


def _call(op, x, axis, keepdims):
    """op in x's own dtype."""
    x = operand(x)
    return calculate(lambda v: op(v, axis=_axis(axis), keepdims=bool(keepdims)), [x], dtype_of(x))


def sum(x, axis=None, keepdims=False):
    """The sum along axes; truth values and small integers are counted in int32.

    >>> sum([[1, 2], [3, 4]], axis=0)
    array([4, 6], dtype=int32)
    """
    x = operand(x)
    name = dtype_of(x)
    return _call(_sum, x if dtypes.is_float(name) else cast_to(x, WIDE.get(name, name)), axis, keepdims)


def mean(x, axis=None, keepdims=False):
    """The mean along axes, as a float.

    >>> mean([[1, 2], [3, 4]], axis=0)
    array([2., 3.], dtype=float32)
    """
    return _call(_mean, floating(x), axis, keepdims)


def max(x, axis=None, keepdims=False, initial=None):
    """The largest value along axes (and of `initial`); NaN where there is one.

    >>> max([[1, 2], [3, 4]], axis=0)
    array([3, 4], dtype=int32)
    """
    y = _call(_max, x, axis, keepdims)
    return y if initial is None else _ops().maximum(y, initial)


def min(x, axis=None, keepdims=False, initial=None):
    """The smallest value along axes (and of `initial`); NaN where there is one.

    >>> min([[1, 2], [3, 4]], axis=0)
    array([1, 2], dtype=int32)
    """
    y = _call(_min, x, axis, keepdims)
    return y if initial is None else _ops().minimum(y, initial)


amax, amin = max, min


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product along axes.

    >>> prod([[1, 2], [3, 4]], axis=1)
    array([ 2, 12], dtype=int32)
    """
    x = operand(x) if dtype is None else cast_to(x, dtypes.standardize(dtype))
    name = dtype_of(x)
    return _call(_prod, x if dtypes.is_float(name) else cast_to(x, WIDE.get(name, name)), axis, keepdims)


def any(x, axis=None, keepdims=False):
    """Whether one value along axes is true (not 0).

    >>> any([[True, False], [False, False]], axis=1)
    array([ True, False])
    """
    return _any(cast_to(x, "bool"), axis=_axis(axis), keepdims=bool(keepdims))


def all(x, axis=None, keepdims=False):
    """Whether all values along axes are true (not 0).

    >>> all([[True, False], [True, True]], axis=1)
    array([False,  True])
    """
    return _all(cast_to(x, "bool"), axis=_axis(axis), keepdims=bool(keepdims))


def var(x, axis=None, keepdims=False):
    """The variance (divided by n) along axes: the mean squared distance from the mean.

    >>> var([1.0, 3.0])
    array(1., dtype=float32)
    """
    x = floating(x)
    return mean(square(_ops().subtract(x, mean(x, axis, True))), axis, keepdims)


def std(x, axis=None, keepdims=False):
    """The standard deviation along axes.

    >>> std([1.0, 3.0])
    array(1., dtype=float32)
    """
    return sqrt(var(x, axis, keepdims))


def moments(x, axes, keepdims=False, synchronized=False):
    """(mean, variance) along axes.

    >>> [float(v) for v in moments([1.0, 3.0], axes=0)]
    [2.0, 1.0]
    """
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def ptp(x, axis=None, keepdims=False):
    """The largest minus the smallest value along axes.

    >>> ptp([1, 4])
    array(3, dtype=int32)
    """
    return _ops().subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def argmax(x, axis=None, keepdims=False):
    """The index (int32) of the first largest value along an axis; of the flattened value if axis is None.

    >>> argmax([[1, 9], [8, 3]], axis=1)
    array([1, 0], dtype=int32)
    """
    return _index(_argmax, x, axis, keepdims)


def argmin(x, axis=None, keepdims=False):
    """The index (int32) of the first smallest value along an axis; of the flattened value if axis is None.

    >>> argmin([[1, 9], [8, 3]], axis=1)
    array([0, 1], dtype=int32)
    """
    return _index(_argmin, x, axis, keepdims)


def _index(op, x, axis, keepdims):
    x = operand(x)
    rank = len(x.shape)
    if axis is None:
        x, axis = ravel(x), 0
        y = calculate(lambda v: op(v, axis=0), [x], dtype_of(x), back=False)
        return reshape(y, (1,) * rank) if keepdims else y
    return calculate(lambda v: op(v, axis=int(axis), keepdims=bool(keepdims)), [x], dtype_of(x), back=False)


def count_nonzero(x, axis=None):
    """How many values along axes are not 0 (int32).

    >>> count_nonzero([1, 0, 2])
    array(2, dtype=int32)
    """
    return sum(cast_to(x, "bool"), axis)


def logsumexp(x, axis=None, keepdims=False):
    """log(sum(e^x)) along axes, without overflow.

    >>> logsumexp([0.0, 0.0])
    array(0.6931472, dtype=float32)
    """
    ops, x = _ops(), floating(x)
    top = stop_gradient(max(x, axis, True))
    top = ops.where(isfinite(top), top, 0.0)
    y = ops.add(_log(sum(_exp(ops.subtract(x, top)), axis, True)), top)
    return y if keepdims else reshape(y, _shape_without(y.shape, axis))


def _shape_without(shape, axis):
    """A reduced shape without the reduced axes; unknown rows as -1."""
    axes = normalize_axes(axis, len(shape))
    return tuple(-1 if d is None else d for i, d in enumerate(shape) if i not in axes)


def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors along `axis` (of all values, if None): ord 2 (None), 1, 0, inf, -inf or another power.

    >>> norm([3.0, 4.0])
    array(5., dtype=float32)
    """
    ops, x = _ops(), floating(x)
    if ord in (None, 2, "fro", "euclidean"):
        return sqrt(sum(square(x), axis, keepdims))
    if ord == 1:
        return sum(abs(x), axis, keepdims)
    if ord == 0:
        return sum(ops.cast(ops.not_equal(x, 0), dtype_of(x)), axis, keepdims)
    if ord in (np.inf, -np.inf):
        return (max if ord > 0 else min)(abs(x), axis, keepdims)
    return ops.power(sum(ops.power(abs(x), float(ord)), axis, keepdims), 1.0 / float(ord))


def cumsum(x, axis=None, dtype=None):
    """Running sums along an axis (of the flattened value, if None).

    >>> cumsum([1, 2, 3])
    array([1, 3, 6], dtype=int32)
    """
    x = operand(x) if dtype is None else cast_to(x, dtypes.standardize(dtype))
    if dtype_of(x) == "bool":
        x = cast_to(x, "int32")
    if axis is None:
        x, axis = ravel(x), 0
    return calculate(lambda v: _cumsum(v, axis=int(axis)), [x], dtype_of(x))


def average(x, axis=None, weights=None):
    """The mean along an axis, each value with its weight.

    >>> average([1.0, 3.0], weights=[3.0, 1.0])
    array(1.5, dtype=float32)
    """
    ops, x = _ops(), floating(x)
    if weights is None:
        return mean(x, axis)
    w = cast_to(weights, dtype_of(x)) if is_number(weights) else operand(weights)
    if tuple(w.shape) != tuple(x.shape):
        rank, a = len(x.shape), normalize_axis(axis, len(x.shape))
        w = reshape(w, tuple(-1 if i == a else 1 for i in range(rank)))
    w = broadcast_to(cast_to(w, dtype_of(x)), x.shape)
    return ops.divide(sum(ops.multiply(x, w), axis), sum(w, axis))


for _name, _f, _flops in (("var", var, 4), ("std", std, 5), ("logsumexp", logsumexp, 45)):
    composite(_name, _f, attrs={"axis": None, "keepdims": False}, reference=getattr(reference, _name), flops=_flops,
              cases=lambda draw: Case([Array((draw.integer(2, 4), draw.integer(3, 9)))],
                                      {"axis": draw.choice((1, -1, (0, 1))), "keepdims": draw.boolean()}),
              doc=getattr(reference, _name).__doc__)
