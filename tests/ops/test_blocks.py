"""Blocks cut out and replaced: from known places and from calculated ones, against plain NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import KerasTensor, layers, ops
from fastnn.core.errors import ArgumentError, ShapeError

X = np.arange(12.0, dtype="float32").reshape(3, 4)
PLACES = list(itertools.product((0, 1, 2, 5, -1, -3), (0, 2, 3, -2)))
BLOCK = -np.ones((2, 3), "float32")


def begin(places, sizes, shape):
    """Where the block lies: counted from the front, and moved back where it would reach over the end."""
    return tuple(min(max(a + d if a < 0 else a, 0), d - n) for a, n, d in zip(places, sizes, shape))


def cut(x, places, sizes):
    return x[tuple(slice(b, b + n) for b, n in zip(begin(places, sizes, x.shape), sizes))]


def replaced(x, places, block):
    y = x.copy()
    y[tuple(slice(b, b + n) for b, n in zip(begin(places, block.shape, x.shape), block.shape))] = block
    return y


class Both(layers.Layer):
    """slice and slice_update from places that its graph calculates."""

    def call(self, x, places):
        first, second = ops.unstack(places)
        return (
            ops.slice(x, places, (2, 3)), ops.slice(x, (first, 0), (2, 4)), ops.slice_update(x, places, BLOCK),
            ops.slice_update(x, (1, second), BLOCK),
        )  # fmt: skip


@pytest.mark.parametrize("places", PLACES)
def test_known_places(places):
    for given in (places, list(places), np.array(places), [np.int64(places[0]), ops.convert_to_tensor(places[1])]):
        np.testing.assert_array_equal(ops.slice(X, given, (2, 3)), cut(X, places, (2, 3)))
        np.testing.assert_array_equal(ops.slice_update(X, given, BLOCK), replaced(X, places, BLOCK))


def test_calculated_places():
    x, p = fastnn.Input(batch_shape=(3, 4)), fastnn.Input(batch_shape=(2,), dtype="int32")
    model = fastnn.Model([x, p], Both()(x, p))
    for places in PLACES:
        a, b, c, d = model([X, np.array(places, "int32")])
        np.testing.assert_array_equal(a, cut(X, places, (2, 3)))
        np.testing.assert_array_equal(b, cut(X, (places[0], 0), (2, 4)))
        np.testing.assert_array_equal(c, replaced(X, places, BLOCK))
        np.testing.assert_array_equal(d, replaced(X, (1, places[1]), BLOCK))


def test_gradients_go_to_the_block():
    x, u = fastnn.Variable(X), fastnn.Variable(BLOCK)
    place = ops.convert_to_tensor(1)
    with fastnn.GradientTape(persistent=True) as tape:
        cut_out = ops.sum(ops.slice(x, (place, 0), (2, 3)) ** 2)
        put_in = ops.sum(ops.slice_update(x, (place, 1), u) ** 2)
    np.testing.assert_array_equal(tape.gradient(cut_out, x), 2 * replaced(np.zeros_like(X), (1, 0), X[1:, :3]))
    np.testing.assert_array_equal(tape.gradient(put_in, x), 2 * replaced(X, (1, 1), 0 * BLOCK))
    np.testing.assert_array_equal(tape.gradient(put_in, u), 2 * BLOCK)


def test_a_loop_fills_rows():
    def body(i, a):
        return i + 1, ops.slice_update(a, (i, 0), 2 * ops.slice(a, (i - 1, 0), (1, 2)))

    _, y = ops.while_loop(lambda i, a: i < 4, body, (1, ops.ones((4, 2))))
    np.testing.assert_array_equal(y, [[1, 1], [2, 2], [4, 4], [8, 8]])


def test_shapes_of_symbols(tmp_path):
    x, p = KerasTensor((3, 3)), KerasTensor((2,), dtype="int32")
    assert ops.slice(x, p, (2, 2)).shape == (2, 2) and ops.slice(x, p, (-1, -1)).shape == (None, None)
    assert ops.slice(KerasTensor((None, 3)), (0, 1), (-1, 2)).shape == (None, 2)
    assert ops.slice_update(KerasTensor((4, None)), p, KerasTensor((2, 2))).shape == (4, None)
    x, p = fastnn.Input(batch_shape=(3, 4)), fastnn.Input(batch_shape=(2,), dtype="int32")
    model = fastnn.Model([x, p], ops.slice(x, p, (2, 3)))
    model.save(tmp_path / "block.keras")
    again = fastnn.saving.load_model(tmp_path / "block.keras")
    np.testing.assert_array_equal(again([X, np.array([1, 1], "int32")]), X[1:, 1:])


REFUSED = {
    "sizes of another rank": (lambda: ops.slice(X, (1, 1), (2, 2, 2)), ShapeError, "dimensions in `inputs` must match"),
    "places of another rank": (lambda: ops.slice(X, (1, 1, 1), (2, 2)), ShapeError, "in `start_indices` must match"),
    "a block of another rank": (lambda: ops.slice_update(X, (1, 1), np.ones(2)), ShapeError, "in `updates` must match"),
    "a block too large": (lambda: ops.slice(X, (0, 0), (4, 1)), ShapeError, "does not fit into the shape"),
    "updates too large": (lambda: ops.slice_update(X, (0, 0), np.ones((4, 1))), ShapeError, "does not fit"),
    "a fraction": (lambda: ops.slice(X, (0.5, 0), (1, 1)), ArgumentError, "must be an integer"),
    "an open end": (lambda: fastnn.Model(*_open_end())([X, np.array([0, 0])]), ArgumentError, "Give the size"),
    "unknown parts": (lambda: ops.unstack(KerasTensor((2, None)), axis=1), ShapeError, "Cannot infer argument `num`"),
}


def _open_end():
    x, p = fastnn.Input(batch_shape=(3, 4)), fastnn.Input(batch_shape=(2,), dtype="int32")
    return [x, p], ops.slice(x, p, (-1, 2))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    call, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        call()


def test_parts_of_an_unknown_axis():
    parts = ops.unstack(KerasTensor((2, None, None)), num=3, axis=1)
    assert [p.shape for p in parts] == [(2, None)] * 3
