"""Shapes, axes and places: what operations that move values take, give and refuse."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn
from fastnn import KerasTensor, ops

X = np.arange(20.0, dtype="float32").reshape(4, 5)


REFUSED = {
    "one choice": (lambda: ops.where(X > 0, X, None), ValueError, "`x1` and `x2` either both should be `None`"),
    "a margin of numbers": (lambda: ops.pad(X, 1, "reflect", 3), ValueError, "only be provided when `mode"),
    "two unknown sizes": (lambda: ops.reshape(X, (-1, -1, 5)), ValueError, r"at most one unk.*newshape=\(-1, -1, 5"),
    "sizes below -1": (lambda: ops.reshape(X, (-2, 5)), ValueError, r"non-negative integer.*-1.*newshape=\(-2, 5\)"),
    "an axis twice": (lambda: ops.transpose(KerasTensor((2, 3)), [0, 0]), ValueError, r"permutation.*axes=\[0, 0\]"),
    "no axis": (lambda: ops.transpose(KerasTensor((2, 3)), [0, 5]), ValueError, r"must be an integer in \[-2, 2\)"),
    "too few axes": (lambda: ops.transpose(KerasTensor((2, 3)), [0]), ValueError, "same length as the input"),
    "no vector": (lambda: ops.correlate(KerasTensor((3,)), KerasTensor((3, 4))), ValueError, "two vectors"),
    "half a row": (lambda: ops.eye(3.0), TypeError, "`N` must be an integer"),
    "half a column": (lambda: ops.eye(3, 2.0), TypeError, "`M` must be an integer"),
    "an array of floats": (lambda: ops.eye(ops.max(ops.arange(4.0))), TypeError, "`N` must be an integer"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why(name):
    call, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(("shape", "indices", "axis"), [
    ((1, 2, 3, 4), (1, 4, 1, 1), 1), ((1, 1, 3, 4), (1, 4, 1, 1), 2), ((2, 1, 3), (1, 4, 2), 2), ((2, 3), (2, 1), 1),
])  # fmt: skip
def test_indices_along_an_axis_broadcast(shape, indices, axis):
    x = np.arange(np.prod(shape)).reshape(shape)
    for fill in (0, -1):
        i = np.full(indices, fill)
        np.testing.assert_array_equal(ops.take_along_axis(x, i, axis=axis), np.take_along_axis(x, i, axis=axis))


def test_indices_along_an_axis_of_unknown_sizes():
    x, i = KerasTensor((None, 3, 3)), KerasTensor((1, 3, None), dtype="int32")
    assert ops.take_along_axis(x, i, axis=2).shape in ((1, 3, None), (None, 3, None))
    assert ops.take_along_axis(x, KerasTensor((None, 2, 3), dtype="int32"), axis=1).shape == (None, 2, 3)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_the_trapezoidal_rule_takes_its_points_along_the_axis(axis):
    y, x = np.random.default_rng(0).random((2, 3, 3, 3))
    for points in (x, x[0, 0]):
        np.testing.assert_allclose(ops.trapezoid(y, points, axis=axis), np.trapezoid(y, points, axis=axis), rtol=1e-12)


def test_unique_of_a_size():
    """What is cut off or filled up agrees among the results."""
    x = np.array([3, 1, 2, 1])
    for size, wanted in ((5, ([1, 2, 3, -1, -1], [1, 2, 0, 1, 1], [2, 1, 1, 0, 0])), (2, ([1, 2], [1, 2], [2, 1]))):
        v, first, inverse, counts = ops.unique(x, True, True, True, True, size=size, fill_value=-1)
        for got, want in zip((v, first, counts), wanted):
            np.testing.assert_array_equal(got, want)
        np.testing.assert_array_equal(inverse, [2, 0, 1, 0])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_unique_of_a_size_along_an_axis(axis):
    x = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    found = ops.unique(x, axis=axis, size=4, fill_value=-1)
    wanted = np.unique(x, axis=axis)
    assert found.shape == tuple(4 if i == axis % 2 else 3 for i in range(2))
    np.testing.assert_array_equal(np.take(found, range(2), axis), wanted)
    assert (np.take(found, [2, 3], axis) == -1).all()


def test_argsort_of_a_number():
    np.testing.assert_array_equal(ops.argsort(np.array(7)), [0])


# ------------------------------------------------------------------ symbols
@pytest.mark.parametrize("rows", [2, None])
def test_convolutions_of_unknown_channels(rows):
    """The kernel says how many there are."""
    x, w, first = KerasTensor((rows, 10, None)), KerasTensor((3, 5, 4)), KerasTensor((rows, None, 10))
    assert (
        ops.conv(x, w).shape
        == ops.separable_conv(x, KerasTensor((3, 5, 1)), KerasTensor((1, 5, 4))).shape
        == (rows, 8, 4)
    )
    assert ops.depthwise_conv(x, KerasTensor((3, 5, 1))).shape == (rows, 8, 5)
    assert ops.conv_transpose(x, KerasTensor((2, 4, 5)), 2).shape == (rows, 20, 4)
    assert ops.conv(first, w, data_format="channels_first").shape == (rows, 4, 8)
    assert ops.conv(KerasTensor((rows, 8, 8, None)), np.ones((3, 3, 5, 4), "float32")).shape == (rows, 6, 6, 4)
    for call in (
        lambda: ops.conv(KerasTensor((rows, 10, 3)), w),
        lambda: ops.conv_transpose(KerasTensor((rows, 9, 3)), w),
    ):
        with pytest.raises(ValueError, match="input channels must match the kernel"):
            call()


def test_symbols_say_whether_they_were_asked_to_be_sparse():
    for f in (ops.one_hot, ops.multi_hot):
        for sparse in (True, False):
            assert f(KerasTensor((2, 3), dtype="int32"), 5, sparse=sparse).sparse is sparse


def test_rows_that_are_not_known_in_a_number_that_is():
    symbol = fastnn.Input((6,))
    assert ops.reshape(symbol, (8, 3)).shape == (8, 3) and ops.reshape(symbol, (12,)).shape == (12,)
    with pytest.raises(ValueError, match="do not divide"):
        ops.reshape(symbol, (8, 2))
    model = fastnn.Model(symbol, ops.reshape(ops.reshape(symbol, (8, 3)), (-1, 6)))
    x = np.arange(24.0, dtype="float32").reshape(4, 6)
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    with pytest.raises(ValueError, match="do not fill"):
        model.predict(x[:3], verbose=0)
