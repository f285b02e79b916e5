"""Blocks whose place is known only when the plan runs, beside those of NumPy."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops

X = np.arange(24, dtype="float32").reshape(4, 6)
BLOCK = -np.ones((2, 3), "float32")


class Block(layers.Layer):
    """A block of the input that begins in column `start`, and the input with another block there."""

    def __init__(self, vector, row):
        super().__init__()
        self.vector, self.row = vector, row

    def call(self, x, start):
        start = ops.cast(ops.max(start), "int32")
        where = ops.stack([np.int32(self.row), start]) if self.vector else [self.row, start]
        return ops.slice(x, where, (2, 3)), ops.slice_update(x, where, BLOCK)


@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize(("row", "start"), [(0, 0), (1, 2), (2, 3), (1, 5), (0, -2)])
def test_a_start_that_is_a_symbol(vector, row, start):
    inputs = fastnn.Input((6,), batch_size=4), fastnn.Input((1,), batch_size=4, dtype="int32")
    model = fastnn.Model(inputs, Block(vector, row)(*inputs))
    part, whole = model.predict((X, np.full((4, 1), start, "int32")), batch_size=4, verbose=0)
    column = min(max(start, 0), 3)  # moved so far that the block fits, as in Keras on JAX
    np.testing.assert_array_equal(part, X[row : row + 2, column : column + 3])
    expected = X.copy()
    expected[row : row + 2, column : column + 3] = BLOCK
    np.testing.assert_array_equal(whole, expected)


def test_derivatives_go_through_both():
    x = fastnn.Variable(X)

    def loss(start):
        with fastnn.GradientTape() as tape:
            value = ops.sum(ops.square(ops.slice(x, (0, start), (2, 3)))) + ops.sum(
                ops.slice_update(x, (0, start), BLOCK)
            )
        return np.asarray(tape.gradient(value, x))

    expected = np.ones_like(X)
    expected[:2, 1:4] = 2 * X[:2, 1:4]
    np.testing.assert_allclose(loss(1), expected)
