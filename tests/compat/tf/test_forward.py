"""Forward accumulators: products of Jacobians with directions."""

import numpy as np

import fastnn
from fastnn import ops
from fastnn.compat.tf.forward import ForwardAccumulator


def test_products_of_several_primals():
    x, w = fastnn.Variable([1.0, 2.0]), fastnn.Variable([[1.0, 2.0], [3.0, 4.0]])
    with ForwardAccumulator([x, w], [[1.0, 0.5], np.ones((2, 2), "float32")]) as accumulator:
        y = ops.tanh(ops.matmul(w, x))
        z = ops.sum(y)
    matrix, vector = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])
    moved = np.tanh((matrix + 1e-6) @ (vector + 1e-6 * np.array([1, 0.5])))
    expected = (moved - np.tanh([5.0, 11.0])) / 1e-6
    np.testing.assert_allclose(accumulator.jvp(y), expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(accumulator.jvp(z), expected.sum(), rtol=1e-3)


def test_what_does_not_depend_on_the_primals():
    x, other = fastnn.Variable([1.0]), fastnn.Variable([2.0])
    with ForwardAccumulator(x, [1.0]) as accumulator:
        y = other * 2.0
    assert accumulator.jvp(y) is None and accumulator.jvp(y, unconnected_gradients="zero").tolist() == [0.0]
