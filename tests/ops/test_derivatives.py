"""Gradients that functions bring themselves, and derivatives along a direction."""

from __future__ import annotations

import evaluate
import numpy as np
import pytest

import fastnn
from fastnn import ops
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError

X = np.array([[0.3, -1.2, 2.0], [0.1, 0.7, -0.4]])


@ops.custom_gradient
def stable(x):
    """log(1 + e^x), with a gradient that does not overflow."""
    e = ops.exp(x)

    def grad(*args, upstream=None):
        (upstream,) = args
        return upstream * (1.0 - 1.0 / (1.0 + e))

    return ops.log(1.0 + e), grad


@ops.custom_gradient
def tenfold(x, y, factor=3.0):
    """A gradient that is not the true one, of two results by two arguments."""
    return (x * y * factor, {"sum": x + y}), lambda a, b: (10.0 * a + b, None)


def gradient_of(fn, *arrays):
    """The gradients of the sum of fn's results."""
    ones = [np.ones(y.shape, y.dtype) for y in evaluate.run(fn, list(arrays))]
    return evaluate.run(evaluate.with_gradients(fn, len(arrays), list(range(len(arrays)))), [*arrays, *ones])


def flat(fn):
    """fn with its results in a list."""
    return lambda *xs: [ops.convert_to_tensor(v) for v in fastnn.tree.flatten(fn(*xs))]


def test_a_true_gradient_is_one():
    evaluate.check_gradient(stable, [X], np.random.default_rng(0))


def test_what_the_function_says_counts():
    gx, gy = gradient_of(flat(tenfold), X, X + 1)
    np.testing.assert_allclose(gx, np.full(X.shape, 11.0))
    assert gy is None or not np.any(gy)


def test_arrays_give_the_outputs_alone():
    y, more = tenfold(X, X)
    np.testing.assert_allclose(y, 3 * X * X)
    assert list(more) == ["sum"]


@pytest.mark.parametrize("within", ["layer", "graph", "loop", "branch"])
def test_a_model_trains_by_it(within):
    @ops.custom_gradient
    def frozen(x):
        return x * 2.0, lambda upstream: upstream * 0.0

    class Block(fastnn.layers.Layer):
        def call(self, x):
            if within == "loop":
                return ops.fori_loop(0, 3, lambda i, v: frozen(v), x)
            if within == "branch":
                return ops.cond(ops.sum(x) > -1e9, lambda: frozen(x), lambda: x)
            return frozen(x)

    inputs = fastnn.Input((3,))
    hidden = fastnn.layers.Dense(3)
    h = hidden(inputs)
    outputs = fastnn.layers.Dense(1)(frozen(h) if within == "graph" else Block()(h))
    model = fastnn.Model(inputs, outputs)
    model.compile("sgd", "mse")
    before, last = np.array(hidden.kernel), np.array(model.layers[-1].kernel)
    model.fit(X, np.ones((2, 1)), verbose=0)
    np.testing.assert_array_equal(hidden.kernel, before)
    assert np.any(np.array(model.layers[-1].kernel) != last)


def test_captured_values_are_recalculated_in_a_loop():
    def fn(x):
        return ops.fori_loop(0, 3, lambda i, v: stable(v), x)

    evaluate.check_gradient(fn, [X], np.random.default_rng(0))


def test_a_node_of_a_graph_is_not_written_to_a_file():
    inputs = fastnn.Input((3,))
    with pytest.raises(NotSupportedError, match="in the `call` of a layer"):
        fastnn.Model(inputs, stable(inputs)).to_json()


@pytest.mark.parametrize("bad", [lambda x: x, lambda x: (x, x, x), lambda x: (x, 3)])
def test_a_function_must_return_its_gradient(bad):
    with pytest.raises(ArgumentError, match="outputs, gradient function"):
        ops.custom_gradient(bad)(X)


def test_a_wrong_number_of_gradients_is_an_error():
    wrong = ops.custom_gradient(lambda x, y: (x * y, lambda g: g))
    with pytest.raises(ArgumentError, match="1 gradients for 2 float arguments"):
        gradient_of(wrong, X, X)


# ------------------------------------------------------------------ along a direction
FUNCTIONS = {
    "square": (lambda x: x * x, 1),
    "two arguments": (lambda x, y: ops.sin(x) * y, 2),
    "two results": (lambda x: (ops.exp(x), ops.sum(x, axis=1)), 1),
    "matrices": (lambda x: ops.matmul(x, ops.transpose(x)), 1),
    "loop": (lambda x: ops.scan(lambda c, v: (c + ops.tanh(v), c * v), ops.zeros(3, "float64"), x), 1),
    "softmax": (lambda x: ops.log_softmax(ops.relu(x)), 1),
    "constant": (lambda x: ops.ones_like(x), 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jvp_is_the_difference_along_the_tangent(name):
    fun, count = FUNCTIONS[name]
    rng, h = np.random.default_rng(1), 1e-6
    xs, vs = [X + k for k in range(count)], [rng.standard_normal(X.shape) for _ in range(count)]
    y, slope = ops.jvp(fun, xs, vs)
    up, down = (fun(*(x + step * v for x, v in zip(xs, vs))) for step in (h, -h))
    for a, b, c, d, e in zip(*map(fastnn.tree.flatten, (y, slope, up, down, fun(*xs)))):
        np.testing.assert_allclose(a, e, rtol=1e-12)
        np.testing.assert_allclose(b, (np.asarray(c) - np.asarray(d)) / (2 * h), rtol=1e-6, atol=1e-8)


def test_jvp_of_jvp_and_in_a_graph():
    def second(x):
        return ops.jvp(lambda v: ops.jvp(ops.exp, (v,), (ops.ones_like(v),))[1], (x,), (ops.ones_like(x),))[1]

    np.testing.assert_allclose(second(X), np.exp(X), rtol=1e-12)
    inputs = fastnn.Input((3,), dtype="float64")
    model = fastnn.Model(inputs, ops.jvp(ops.tanh, (inputs,), (inputs,))[1])
    np.testing.assert_allclose(model(X), X / np.cosh(X) ** 2, rtol=1e-5)


def test_jvp_takes_more_results_along():
    assert ops.jvp(lambda x: (x, "more"), (X,), (X,), has_aux=True)[2] == "more"


def test_jvp_says_what_does_not_fit():
    with pytest.raises(ShapeError, match="expected the same"):
        ops.jvp(ops.exp, (X,), (X[0],))
    with pytest.raises(ArgumentError, match="expected floats"):
        ops.jvp(ops.abs, (np.arange(3),), (np.arange(3),))
    with pytest.raises(NotSupportedError, match=r"has no derivative|not offered"):
        ops.jvp(lambda x: ops.svd(x, compute_uv=False), (X,), (X,))
    with pytest.raises(ArgumentError, match="lists or tuples"):
        ops.jvp(ops.exp, X, X)


@ops.custom_gradient
def rounded(x):
    """Python decides on values: a gradient of the largest of them."""
    values = np.asarray(x)
    largest = float(np.abs(values).max())
    return np.round(values * 2), lambda upstream: upstream * largest


def test_a_function_may_ask_for_values():
    v = fastnn.Variable(np.array([1.2, -3.0], "float32"))
    with fastnn.GradientTape() as tape:
        y = ops.sum(rounded(v * 1.0) * np.array([1.0, 2.0], "float32"))
    assert float(y) == -10.0
    np.testing.assert_allclose(tape.gradient(y, v), [3.0, 6.0])


def test_a_step_whose_function_asks_for_values_runs_as_python():
    x = np.arange(8, dtype="float32").reshape(4, 2) / 8
    weights = []
    for eagerly in (False, True):
        model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(2, "linear", kernel_initializer="ones")])
        model.add(fastnn.layers.Lambda(rounded, output_shape=(2,)))
        model.compile("sgd", lambda y, p: ops.mean(p), run_eagerly=eagerly)
        model.fit(x, x, batch_size=4, verbose=0)
        weights.append(model.layers[0].kernel.numpy())
    largest = (x @ np.ones((2, 2))).max()
    np.testing.assert_allclose(weights[0], 1 - 0.01 * largest / 8 * x.sum(0)[:, None] * np.ones(2), rtol=1e-6)
    assert weights[0].tobytes() == weights[1].tobytes()
