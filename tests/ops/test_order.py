"""Values replaced at indices of some dimensions: against NumPy, and gradients against differences."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core.errors import NotSupportedError, ShapeError

X = np.random.default_rng(3).standard_normal((3, 4, 2))
INDICES = {1: [[0], [2]], 2: [[0, 1], [2, -1]], 3: [[0, 1, 1], [2, 3, 0]]}
HOW = {None: None, "add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}


def case(depth):
    indices = np.array(INDICES[depth], "int32")
    return indices, np.random.default_rng(4).standard_normal((2, *X.shape[depth:]))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("depth", INDICES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32", "uint8"])
def test_scatter_update_of_slices(how, depth, dtype):
    indices, updates = case(depth)
    x, updates = (np.abs(v * 10).astype(dtype) for v in (X, updates))
    want = x.copy()
    for place, u in zip(map(tuple, indices), updates):
        want[place] = u if how is None else HOW[how](want[place], u)
    got = ops.scatter_update(x, indices, updates, reduction=how)
    assert got.dtype == x.dtype
    np.testing.assert_allclose(got, want, rtol=1e-3 if dtype == "float16" else 1e-6)


@pytest.mark.parametrize("how", [None, "add", "max", "min"])
@pytest.mark.parametrize("depth", INDICES)
def test_scatter_update_has_gradients(how, depth):
    indices, updates = case(depth)
    evaluate.check_gradient(
        lambda x, u: ops.scatter_update(x, indices, u, reduction=how), [X, updates], np.random.default_rng(0)
    )


def test_what_does_not_fit_is_said():
    with pytest.raises(ShapeError, match="expected indices"):
        ops.scatter_update(X, [[0, 1]], np.ones((1, 3)))
    with pytest.raises(NotSupportedError, match="has no gradient"):
        evaluate.check_gradient(
            lambda x: ops.scatter_update(x, [[0]], np.ones((1, 4, 2)), reduction="mul"), [X], np.random.default_rng(0)
        )


@pytest.mark.parametrize("given", [None, (-1.0, 1.5), (2.0, 2.0)])
@pytest.mark.parametrize("bins", [1, 5])
def test_histograms_of_symbols_are_those_of_arrays(given, bins):
    x = np.random.default_rng(7).normal(size=40).astype("float32")
    i = fastnn.Input(batch_shape=(40,))
    model = fastnn.Model(i, ops.histogram(i, bins=bins, range=given))
    counts, edges = model(x)
    want, places = np.histogram(x, bins=bins, range=given)
    np.testing.assert_array_equal(counts, want)
    np.testing.assert_allclose(edges, places, rtol=1e-6)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: ops.histogram([1.0], bins=1.5), TypeError, "must be of type `int`"),
    (lambda: ops.histogram([1.0], bins=-5), ValueError, "should be a non-negative integer"),
    (lambda: ops.histogram([1.0], range=(1,)), ValueError, "must be a tuple of two elements"),
    (lambda: ops.histogram([1.0], range=(5, 1)), ValueError, "second element of `range` must be greater"),
    (lambda: ops.histogram([[1.0]]), ValueError, "must be 1-dimensional"),
    (lambda: ops.argpartition([1.0, 2.0], (0, 1)), ValueError, "kth must be an integer"),
    (lambda: ops.meshgrid([1], [2], indexing="kk"), ValueError, "Valid values for `indexing`"),
    (lambda: ops.rot90([1, 2]), ValueError, "at least 2 dimensions"),
    (lambda: ops.rot90([[1, 2]], axes=(0, -2)), ValueError, "two different dimensions"),
    (lambda: ops.get_item(np.ones((2, 5)), (0, 17)), IndexError, "out of range"),
    (lambda: ops.get_item(fastnn.KerasTensor((2, 5)), (0, 17)), ValueError, "out of range"),
    (lambda: ops.get_item(np.ones(2), (..., 0, ...)), ValueError, "only have one ellipsis"),
    (lambda: ops.broadcast_shapes((5, 3), (2,)), ValueError, "Cannot broadcast shape"),
    (lambda: ops.dot(np.ones((2, 3)), np.ones((2, 3))), ValueError, "Shape must match"),
    (lambda: ops.diag(np.ones((2, 2, 2))), ValueError, "must be 1-D or 2-D"),
    (lambda: ops.vander(np.ones((2, 2))), ValueError, "must be 1-dimensional"),
    (lambda: ops.tril(np.ones(())), ValueError, "at least 2 dimensions"),
    (lambda: ops.flipud(np.ones(())), ValueError, "1 or more dimensions"),
    (lambda: ops.fliplr(np.ones(2)), ValueError, "2 or more dimensions"),
    (lambda: ops.moveaxis(np.ones((2, 3)), [0], [0, 1]), ValueError, "same number of elements"),
    (lambda: ops.select([], []), ValueError, "must not be empty"),
    (lambda: ops.select([[True]], [[1], [2]]), ValueError, "length equal to choicelist"),
    (lambda: ops.multi_hot([1]), ValueError, "`num_classes` must be specified"),
    (lambda: ops.max_pool(np.ones((1, 4, 4, 1)), 2, data_format="x"), ValueError, "The `data_format` argument"),
    (lambda: ops.conv(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1)), data_format="x"), ValueError, "`data_format`"),
    (lambda: ops.image.resize(np.ones((4, 4, 1)), (2, 2), data_format="x"), ValueError, "`data_format`"),
    (lambda: fastnn.random.gamma((2,), 1.0, dtype="int32"), ValueError, "must be a float dtype"),
    (lambda: fastnn.random.SeedGenerator(1, name=3), ValueError, "Argument `name` must be a string"),
])  # fmt: skip
def test_what_is_refused_has_keras_words(call, error, words):
    with pytest.raises(error, match=words):
        call()


def ranked(row):
    """Places in falling order, NaN first, of equal ones the first."""
    nan = row != row
    return np.lexsort((np.arange(row.size), [0 if n else -v for v, n in zip(row.tolist(), nan)], ~nan))


DTYPES = ["float32", "float64", "float16", "int8", "uint8", "int32", "int64", "uint64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 9, 40])
def test_the_largest_and_places_among_rising_values(dtype, n):
    rng = np.random.default_rng(n)
    x = rng.integers(0, 6, (5, n)).astype(dtype)
    if x.dtype.kind == "f":
        x[rng.random(x.shape) < 0.2] = np.nan
        x[rng.random(x.shape) < 0.2] = np.inf
    if dtype == "uint64":
        x[x > 3] += 2**64 - 9
    for k in {1, n // 2, n} - {0}:
        values, places = ops.top_k(x, k)
        expected = np.stack([ranked(row)[:k] for row in x])
        np.testing.assert_array_equal(places, expected)
        np.testing.assert_array_equal(values, np.take_along_axis(x, expected, -1))
    rising = np.sort(x[0])
    for side in ("left", "right"):
        np.testing.assert_array_equal(ops.searchsorted(rising, x, side), np.searchsorted(rising, x, side))
        assert not np.asarray(ops.searchsorted(rising[:0], x, side)).any()
