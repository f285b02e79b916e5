"""Functions without a record of their own; broadcasting, promotion, indexing and sizes that records cannot say."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

from fastnn import KerasTensor, ops
from fastnn.core.errors import ArgumentError, KernelError, ShapeError

RNG = np.random.default_rng(11)
X = RNG.standard_normal((4, 5)).astype("f4")
POSITIVE = np.abs(X) + 0.5
CUBE = RNG.standard_normal((3, 4, 5)).astype("f4")

# function, arguments: ops.<name>(*args) is held against np.<name>(*args)
AS_NUMPY = [
    ("swapaxes", (CUBE, 0, 2)),
    ("moveaxis", (CUBE, 0, -1)),
    ("moveaxis", (CUBE, (0, 1), (2, 0))),
    ("flip", (CUBE, 1)),
    ("flip", (CUBE,)),
    ("roll", (CUBE, 2, 1)),
    ("roll", (CUBE, 7)),
    ("roll", (CUBE, (1, 2), (0, 2))),
    ("rot90", (X,)),
    ("rot90", (X, 3)),
    ("rot90", (CUBE, 2, (1, 2))),
    ("tile", (X, 2)),
    ("tile", (X, (2, 1, 3))),
    ("repeat", (X, 3)),
    ("repeat", (X, 2, 1)),
    ("repeat", (X, [1, 0, 2, 1], 0)),
    ("stack", ([X, X],)),
    ("vstack", ([X, X],)),
    ("hstack", ([X, X],)),
    ("append", (X, X, 0)),
    ("append", (X, X)),
    ("ravel", (X,)),
    ("squeeze", (X[None],)),
    ("diff", (X,)),
    ("diff", (X, 2, 0)),
    ("cumsum", (X, 0)),
    ("cumsum", (X,)),
    ("cumprod", (X, 1)),
    ("median", (X,)),
    ("median", (X, 0)),
    ("quantile", (X, 0.3, 1)),
    ("quantile", (X, [0.1, 0.9])),
    ("percentile", (X, 25, 0)),
    ("sort", (X, 0)),
    ("sort", (X,)),
    ("argsort", (X, 1)),
    ("nanmean", (np.where(X > 1, np.nan, X), 0)),
    ("nansum", (np.where(X > 1, np.nan, X),)),
    ("nanmax", (np.where(X > 1, np.nan, X), 1)),
    ("trace", (X,)),
    ("diagonal", (CUBE, 1, 1, 2)),
    ("diagonal", (X, -2)),
    ("diag", (X[0],)),
    ("diag", (X[0], 2)),
    ("diag", (X[0], -1)),
    ("tril", (X, -1)),
    ("triu", (CUBE, 1)),
    ("outer", (X[0], X[1])),
    ("inner", (X, X)),
    ("dot", (X, X.T)),
    ("dot", (CUBE, X.T)),
    ("vdot", (X, X)),
    ("tensordot", (CUBE, CUBE.T, 1)),
    ("tensordot", (CUBE, CUBE, ([0, 2], [0, 2]))),
    ("cross", (X[:, :3], X[:, 1:4])),
    ("kron", (X, X[:2])),
    ("cov", (X,)),
    ("corrcoef", (X,)),
    ("ptp", (X, 0)),
    ("sinh", (X,)),
    ("cosh", (X,)),
    ("tan", (X,)),
    ("arctan2", (X, POSITIVE)),
    ("hypot", (X, POSITIVE)),
    ("logaddexp", (X, POSITIVE)),
    ("log2", (POSITIVE,)),
    ("log10", (POSITIVE,)),
    ("exp2", (X,)),
    ("cbrt", (X,)),
    ("deg2rad", (X,)),
    ("rad2deg", (X,)),
    ("nan_to_num", (np.array([np.nan, np.inf, -np.inf, 1], "f4"),)),
    ("copysign", (X, -X)),
    ("heaviside", (X, 0.5)),
    ("isclose", (X, X + 1e-7)),
    ("signbit", (X,)),
    ("fmax", (X, -X)),
    ("searchsorted", (np.sort(X[0]), X[1])),
    ("digitize", (X, np.array([-1, 0, 1], "f4"))),
    ("select", ([X > 0, X < -1], [X, -X], 9)),
    ("interp", (X[0], np.array([-1, 0, 2], "f4"), np.array([3, 5, 1], "f4"))),
    ("vander", (X[0], 3)),
    ("average", (X, 0)),
    ("count_nonzero", (X > 0,)),
    ("any", (X > 2, 1)),
    ("all", (X > -2, 0)),
    ("argmax", (X,)),
    ("float_power", (POSITIVE, 1.5)),
    ("bincount", (np.array([1, 4, 1]),)),
    ("unravel_index", (np.array([5, 7]), (3, 4))),
    ("linspace", (0, 2, 7)),
    ("meshgrid", (X[0], X[1, :3])),
    ("array_split", (X, 3, 1)),
    ("eye", (3, 4, 1)),
    ("logspace", (0, 1, 4)),
]


@pytest.mark.parametrize("name,args", AS_NUMPY, ids=[f"{n}-{i}" for i, (n, _) in enumerate(AS_NUMPY)])
def test_as_numpy(name, args):
    received, wanted = getattr(ops, name)(*args), getattr(np, name)(*args)
    if not isinstance(wanted, (tuple, list)):
        received, wanted = [received], [wanted]
    for a, b in zip(received, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


EINSUMS = [
    ("ij,jk->ik", (3, 4), (4, 5)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("...ij,jk->...ik", (2, 3, 4), (4, 5)),
    ("ij->ji", (3, 4)),
    ("ij->j", (3, 4)),
    ("i,j->ij", (3,), (4,)),
    ("ij,ij->", (3, 4), (3, 4)),
    ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    ("ij,j", (3, 4), (4,)),
    ("abc,cd->abd", (2, 3, 4), (4, 5)),
]


@pytest.mark.parametrize("text,shapes", [(t, s) for t, *s in EINSUMS], ids=[e[0] for e in EINSUMS])
def test_einsum(text, shapes):
    xs = [RNG.standard_normal(s).astype("f4") for s in shapes]
    np.testing.assert_allclose(ops.einsum(text, *xs), np.einsum(text, *xs), rtol=1e-5, atol=1e-5)
    evaluate.check_gradient(lambda *v: ops.einsum(text, *v), [x.astype("f8") for x in xs], np.random.default_rng(0))


KEYS = [
    0,
    -1,
    slice(1, 3),
    slice(None, None, -1),
    (slice(None), 2),
    (..., 1),
    (None, 0),
    (slice(None), None, slice(4, 0, -2)),
    (1, ..., slice(-3, None)),
    [2, 0],
    (slice(None), [1, 1, 0]),
    (slice(5, 1),),
]


@pytest.mark.parametrize("key", KEYS, ids=[str(i) for i in range(len(KEYS))])
def test_getitem(key):
    np.testing.assert_array_equal(ops.getitem(CUBE, key), CUBE[key])


def test_indexing_by_truth_values():
    from fastnn.graph import Trace

    np.testing.assert_array_equal(ops.getitem(X, X > 0), X[X > 0])
    with Trace() as t:
        x = t.input((4, 2), "float32")
        assert x[np.array([True, False, True, True])].shape == (3, 2)  # a mask that is there says how many
        assert x[:, np.array([True, False])].shape == (4, 1)
        with pytest.raises(ArgumentError, match="where"):
            x[x > 0]


def test_repeat_of_nothing():
    assert ops.repeat(np.zeros((0, 2), "float32"), [], axis=0).shape == (0, 2)


def test_getitem_says_what_is_wrong():
    with pytest.raises(IndexError, match="out of range"):
        ops.getitem(X, 7)
    with pytest.raises(ShapeError, match="3 indices"):
        ops.getitem(X, (0, 0, 0))


# shapes that take each way through the lowering of binary operations, up to eight dimensions
SHAPES = [
    ((6, 7), (6, 7)),
    ((6, 7), ()),
    ((), (6, 7)),
    ((6, 7), (7,)),
    ((6, 7), (6, 1)),
    ((1, 7), (6, 1)),
    ((3, 4, 5, 6), (3, 1, 5, 1)),
    ((2, 1, 3, 1, 2, 1, 3, 2), (1, 2, 1, 3, 1, 2, 1, 2)),
    ((4, 1, 6), (5, 1)),
    ((300, 33), (33,)),
    ((0, 3), (3,)),
    ((3, 1), (1, 1)),
]


@pytest.mark.parametrize("a,b", SHAPES, ids=[f"{a}-{b}" for a, b in SHAPES])
def test_broadcasting(a, b):
    x, y = RNG.uniform(0.5, 2, a).astype("f4"), RNG.uniform(0.5, 2, b).astype("f4")
    for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
        np.testing.assert_array_equal(getattr(ops, name)(x, y), getattr(np, name)(x, y), name)
    np.testing.assert_array_equal(ops.less(x, y), x < y)
    np.testing.assert_array_equal(ops.where(x < y, x, y), np.where(x < y, x, y))
    np.testing.assert_array_equal(
        ops.add((x * 9).astype("i4"), (y * 9).astype("i4")), (x * 9).astype("i4") + (y * 9).astype("i4")
    )


def test_promotion_as_in_keras():
    i, f, b = np.ones(2, "i4"), np.ones(2, "f4"), np.ones(2, bool)
    dtype = lambda v: v.dtype.name
    assert dtype(ops.add(i, f)) == "float32" and dtype(ops.add(i, 1)) == "int32" and dtype(ops.add(i, 1.5)) == "float32"
    assert dtype(ops.add(f.astype("f8"), 1.5)) == "float64" and dtype(ops.add(i.astype("i8"), f)) == "float32"
    assert dtype(ops.add(b, b)) == "bool" and dtype(ops.add(b, 1)) == "int32" and dtype(ops.divide(i, i)) == "float32"
    assert dtype(ops.mean(i)) == "float32" and dtype(ops.sum(b)) == "int32" and dtype(ops.exp(i)) == "float32"
    assert (
        dtype(ops.add(f.astype("f2"), f.astype("f2"))) == "float16"
        and dtype(ops.multiply(np.ones(2, "u1"), 2)) == "uint8"
    )
    np.testing.assert_array_equal(ops.add(np.array([250], "u1"), np.array([10], "u1")), np.array([4], "u1"))


def test_long_sums_are_accurate_and_fixed():
    x = RNG.standard_normal(300_001).astype("f4")
    wanted = x.astype("f8").sum()
    assert abs(float(ops.sum(x)) - wanted) < 2e-3
    y = RNG.standard_normal((40_000, 7)).astype("f4")
    np.testing.assert_allclose(ops.sum(y, 0), y.astype("f8").sum(0), atol=1e-3)
    outs = [evaluate.run(lambda v: [ops.sum(v, 0), ops.sum(v), ops.mean(v, 1)], [y], threads=n) for n in (1, 2, 3)]
    for other in outs[1:]:
        evaluate.assert_same_bits(other, outs[0], "threads")


def test_nan_is_never_lost():
    x = RNG.standard_normal((9, 70)).astype("f4")
    x[3, 41] = np.nan
    for axis in (0, 1, None):
        for name in ("max", "min", "sum", "mean", "prod"):
            np.testing.assert_array_equal(
                np.isnan(getattr(ops, name)(x, axis)), np.isnan(getattr(np, name)(x, axis)), name
            )
    np.testing.assert_array_equal(ops.argmax(x, 1), np.argmax(x, 1))
    np.testing.assert_array_equal(ops.argmax(x, 0), np.argmax(x, 0))
    np.testing.assert_array_equal(ops.maximum(x, 0.0), np.maximum(x, np.float32(0)))
    np.testing.assert_array_equal(ops.clip(x, -1, 1), np.clip(x, -1, 1))


def test_an_index_out_of_range_is_an_error():
    for indices in ([3], [-4]):
        with pytest.raises(KernelError):
            ops.take(X[:3], np.array(indices, "i4"), 0)


def test_transposes_of_all_sizes():
    for dtype in ("u1", "i2", "f4", "f8"):
        x = RNG.integers(0, 100, (35, 3, 50)).astype(dtype)
        for axes in ((2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1)):
            np.testing.assert_array_equal(ops.transpose(x, axes), x.transpose(axes))


def test_pads():
    for mode in ("reflect", "symmetric", "edge"):
        np.testing.assert_array_equal(ops.pad(X, ((1, 2), (2, 1)), mode), np.pad(X, ((1, 2), (2, 1)), mode))
    np.testing.assert_array_equal(ops.pad(X, 1, constant_values=7), np.pad(X, 1, constant_values=7))
    with pytest.raises(ArgumentError, match="mode"):
        ops.pad(X, 1, "wrap")


def test_loops_and_choices():
    assert ops.while_loop(lambda i, s: i < 4, lambda i, s: (i + 1, s + i), (0, 0)) == (4, 6)
    carry, ys = ops.scan(lambda c, x: (c + x, c * 2), np.float32(0), np.arange(4, dtype="f4"))
    assert float(carry) == 6 and list(ys) == [0, 0, 2, 6]
    (out,) = evaluate.run(lambda v: ops.cond(ops.sum(v) > 0, lambda: v * 2, lambda: v), [np.ones(3, "f4")])
    np.testing.assert_array_equal(out, [2, 2, 2])
    (out,) = evaluate.run(lambda v: ops.fori_loop(0, 3, lambda i, a: a + v, v), [np.ones(3, "f4")])
    np.testing.assert_array_equal(out, [4, 4, 4])


def test_moments_of_float16_are_finite():
    x = np.array([-741.0, 353.2, 1099.0, -1807.0, 502.8], "float16")
    for keepdims in (False, True):
        mean, var = ops.moments(x, axes=[0], keepdims=keepdims)
        assert mean.dtype == var.dtype == "float16" and mean.shape == ((1,) if keepdims else ())
        np.testing.assert_allclose(mean, x.astype("float64").mean(), rtol=1e-3)
        np.testing.assert_array_equal(var, np.full_like(var, 65504))


def test_scattering():
    np.testing.assert_array_equal(
        ops.scatter([[0, 1], [2, 0], [0, 1]], np.array([1, 2, 3], "f4"), (3, 2)), [[0, 4], [0, 0], [2, 0]]
    )
    np.testing.assert_array_equal(ops.segment_sum(np.arange(4), [0, 2, 0, 2], 3), [2, 0, 4])
    for f in (ops.segment_sum, ops.segment_max, ops.segment_min, ops.segment_prod):
        ids = KerasTensor((6,), dtype="int32")
        assert f(KerasTensor((6, 4)), ids).shape == (None, 4)  # as many as nobody knows
        assert f(KerasTensor((None, 4)), KerasTensor((None,), dtype="int32"), 5).shape == (5, 4)
        assert f(KerasTensor((None, 4)), ids, 5).shape == (5, 4)
        with pytest.raises(ValueError, match="same leading dimension"):
            f(KerasTensor((5, 4)), ids)
    values, places = ops.top_k(X, 2)
    np.testing.assert_array_equal(values, -np.sort(-X, 1)[:, :2])
    np.testing.assert_array_equal(np.take_along_axis(X, places, 1), values)


def test_affine_of_numbers_is_one_node():
    from fastnn.graph import Trace

    with Trace() as t:
        x = t.input((3,), "float32")
        y = x * 2 + 1
        z = 1 - x / 4
    assert y.node.op.name == "affine" and y.node.inputs[0] is x and y.node.attrs == {"scale": 2.0, "shift": 1.0}
    assert z.node.op.name == "affine" and z.node.inputs[0].node.op.name == "affine"


def test_inverses_of_regular_matrices():
    a = (RNG.standard_normal((2, 4, 4)) + 4 * np.eye(4)).astype("f8")
    b = RNG.standard_normal((2, 4, 3))
    np.testing.assert_allclose(ops.inv(a), np.linalg.inv(a))
    np.testing.assert_allclose(ops.solve(a, b), np.linalg.solve(a, b))
    np.testing.assert_allclose(ops.solve(a[0], b[0, :, 0]), np.linalg.solve(a[0], b[0, :, 0]))
    rng = np.random.default_rng(0)
    evaluate.check_gradient(lambda v: ops.inv(v), [a], rng)
    np.testing.assert_allclose(ops.det(a), np.linalg.det(a))
    evaluate.check_gradient(lambda v: ops.det(v), [a], rng)
    evaluate.check_gradient(lambda u, v: ops.solve(u, v), [a, b], rng)
    lu, pivots = ops.lu_factor(a[0])
    lower, upper = np.tril(lu, -1) + np.eye(4), np.triu(lu)
    order = np.arange(4)
    for i, p in enumerate(pivots):
        order[[i, p]] = order[[p, i]]
    np.testing.assert_allclose(lower @ upper, a[0][order])
    assert np.isnan(ops.inv(np.zeros((2, 2), "f4"))).all()


@pytest.mark.parametrize("name", ["nn.relu", "nn.conv", "nn.one_hot", "linalg.norm", "numpy.add", "image.resize"])
def test_names_in_the_packages_of_keras(name):
    from fastnn import ops

    package, function = name.split(".")
    assert callable(getattr(getattr(ops, package), function))
    assert not hasattr(getattr(ops, package), "no_such_operation")


@pytest.mark.parametrize("method", ["bicubic", "lanczos3", "lanczos5"])
def test_resized_pixels_end_at_the_bounds_of_their_dtype(method):
    """Kernels that overshoot at an edge do not wrap round."""
    x = np.zeros((1, 6, 6, 1), "uint8")
    x[0, :, 3:] = 255
    wide = ops.image.resize(x.astype("float32"), (6, 12), interpolation=method)
    assert wide.min() < 0 and wide.max() > 255
    np.testing.assert_array_equal(
        ops.image.resize(x, (6, 12), interpolation=method), np.clip(np.round(wide), 0, 255).astype("uint8")
    )


@pytest.mark.parametrize(
    "key",
    [
        [None, slice(None)],
        [slice(None), 1],
        [Ellipsis, None],
        [slice(0, 1), slice(None), None],
        [slice(None), slice(None, None, 2), -1],
    ],
)
def test_lists_of_slices_between_brackets_are_tuples(key):
    x = np.arange(24, dtype="float32").reshape(2, 3, 4)
    np.testing.assert_array_equal(ops.add(x, 0)[key], x[tuple(key)])
    np.testing.assert_array_equal(ops.getitem(x, key), x[tuple(key)])
    assert KerasTensor((2, 3, 4))[key].shape == x[tuple(key)].shape
    assert ops.add(x, 0)[[1, 0]].shape == (2, 3, 4)


def test_axes_given_as_an_array():
    x = np.arange(24.0).reshape(2, 3, 4)
    for function in (ops.sum, ops.mean, ops.max):
        np.testing.assert_array_equal(function(x, axis=np.arange(1, 3)), function(x, axis=(1, 2)))
    np.testing.assert_array_equal(ops.sum(x, axis=np.int64(1)), x.sum(1))
