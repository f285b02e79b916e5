"""Functions of functions: grad, vjp, jvp, jacobian, hessian, functions with gradients of their own."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import GradientTape, Variable, gradients, layers, ops
from fastnn.compiler import events

RNG = np.random.default_rng(5)


def test_functions_of_functions():
    a = np.array([[1.0, 2.0], [3.0, 5.0]], np.float32)
    value, (da, db) = keras.value_and_grad(lambda p, q: ops.sum(p["w"] * p["w"] * q), argnums=(0, 1))({"w": a}, 2.0)
    assert float(value) == pytest.approx(78.0)
    np.testing.assert_allclose(da["w"], 4 * a)
    assert float(db) == pytest.approx(39.0)
    (loss, extra), g = keras.value_and_grad(lambda x: (ops.sum(x), x * 2), has_aux=True)(a)
    assert float(loss) == 11.0
    np.testing.assert_allclose(extra, 2 * a)
    np.testing.assert_allclose(g, np.ones_like(a))
    found, aux = keras.grad(lambda x: (ops.sum(x * x), "aux"), has_aux=True)(a)
    assert aux == "aux"
    np.testing.assert_allclose(found, 2 * a)
    _, pull = keras.vjp(lambda x: (x * x, ops.sum(x)), a)
    (gx,) = pull((np.ones_like(a), np.float32(3.0)))
    np.testing.assert_allclose(gx, 2 * a + 3)
    _, t = keras.jvp(lambda x, z: x * z, (a, a + 1), (a, np.zeros_like(a)))
    np.testing.assert_allclose(t, a * (a + 1))
    np.testing.assert_allclose(keras.jacobian(lambda x: ops.sum(x, axis=1))(a), [[[1, 1], [0, 0]], [[0, 0], [1, 1]]])
    h = np.asarray(keras.hessian(lambda x: ops.sum(x[0] * x[1] ** 2))(a))
    assert h.shape == (2, 2, 2, 2) and h[0, 1, 1, 1] == pytest.approx(10.0) and h[1, 1, 1, 1] == pytest.approx(4.0)
    v = Variable(3.0)
    (gv,) = keras.grad(lambda vs: vs[0] * vs[0])([v])
    assert float(gv) == 6.0


INSIDE = {
    "dense": lambda: [layers.Dense(5, "tanh"), layers.LayerNormalization(), layers.Dense(12)],
    "convolution": lambda: [
        layers.Reshape((4, 4, 1)), layers.Conv2D(3, 3, activation="gelu"), layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(12)],
    "sequence": lambda: [layers.Reshape((4, 4)), layers.GRU(3, return_sequences=True), layers.Flatten()],
}  # fmt: skip


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
def test_the_jacobian_of_many_elements_is_that_of_each(inside, monkeypatch):
    model = keras.Sequential([keras.Input((16,)), *inside()])
    x = RNG.normal(size=(2, 16)).astype("float32")
    weight = model.trainable_variables[0]

    def asked():
        with GradientTape(persistent=True) as tape:
            given = ops.convert_to_tensor(x)
            tape.watch(given)
            y = model(given)
        return [np.asarray(j) for j in (*tape.jacobian(y, [given, weight]), tape.batch_jacobian(y, given))]

    looped = asked()
    monkeypatch.setattr(gradients, "WRITTEN_OUT", 10**6)
    events.roots.root.forget()
    for a, b in zip(looped, asked()):
        np.testing.assert_array_equal(a, b)
    assert looped[0].shape == (2, *model.output_shape[1:], 2, 16)


def test_the_second_derivatives_of_many_elements_are_a_loop_of_a_loop():
    w = RNG.normal(size=(12, 12)).astype("float32")
    x = RNG.normal(size=(12,)).astype("float32")
    h = np.asarray(keras.hessian(lambda x: ops.sum(ops.matmul(x, w) ** 2))(x))
    np.testing.assert_allclose(h, 2 * (w @ w.T), rtol=1e-4, atol=1e-4)


class AlongTheInput(layers.Layer):
    """(values of a function, derivatives along its input by each way), inside of a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = self.function(x)
            first = tape.batch_jacobian(y, x)
        return y, first, outer.batch_jacobian(first[..., 0], x)


@pytest.mark.parametrize("kind", ["layer", "model", "plain"])
def test_jacobians_of_rows_in_a_functional_model(kind):
    dense = layers.Dense(3, activation="tanh")
    function = {
        "layer": dense,
        "model": keras.Sequential([keras.Input((2,)), dense]),
        "plain": lambda x: ops.tanh(x @ np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 1.0]], "float32")),
    }[kind]
    x = np.random.default_rng(3).normal(size=(4, 2)).astype("float32")
    inputs = keras.Input((2,))
    outputs = AlongTheInput(function)(inputs)
    assert [tuple(o.shape) for o in outputs] == [(None, 3), (None, 3, 2), (None, 3, 2)]
    y, first, second = keras.Model(inputs, outputs).predict(x, verbose=0)
    w = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 1.0]], "float32") if kind == "plain" else dense.kernel.numpy()
    np.testing.assert_allclose(first, (1 - y**2)[:, :, None] * w.T, rtol=1e-5, atol=1e-6)
    expected = (-2 * y * (1 - y**2) * w[0])[:, :, None] * w.T
    np.testing.assert_allclose(second, expected, rtol=1e-4, atol=1e-6)


class TwiceTheKernel(layers.Wrapper):
    """A wrapper that puts a value in place of the weight of the layer inside, at each call."""

    def build(self, input_shape):
        self.layer.build(input_shape)
        self.weight, self.built = self.layer.kernel, True

    def call(self, x):
        self.layer.kernel = self.weight * 2.0
        return self.layer(x)


@pytest.mark.parametrize("layer", [layers.Dense(3), layers.Conv1D(3, 1)], ids=["dense", "conv"])
def test_a_value_in_place_of_a_weight_leads_to_the_weight(layer):
    twice = TwiceTheKernel(layer)
    x = np.ones((2, 4, 5), "float32")
    for _ in range(2):
        with GradientTape() as tape:
            y = ops.sum(twice(x))
        kernel, bias = tape.gradient(y, twice.trainable_variables)
        assert np.all(kernel == 16.0) and np.all(bias == 8.0)
        twice.weight.assign_add(np.ones(twice.weight.shape))
    np.testing.assert_allclose(
        twice(x)[0, 0], 2 * np.sum(twice.weight.numpy(), axis=(0, 1) if layer.name[0] == "c" else 0)
    )


@pytest.mark.parametrize("reads", [True, False])
def test_a_gradient_function_of_any_names_is_given_variables_that_were_read(reads):
    weight, x = Variable(np.full((2, 2), 3.0, "float32")), np.ones((1, 2), "float32")

    @ops.custom_gradient
    def own(x):
        def gradient(*upstream, **kwargs):
            assert ("variables" in kwargs) == reads
            dx = upstream[0] * 2.0
            return (dx, [ops.ones_like(v) * 5.0 for v in kwargs["variables"]]) if reads else dx

        return (ops.matmul(x, weight) if reads else x), gradient

    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(own(x))
    dx, dw = tape.gradient(y, [x, weight])
    assert np.all(dx == 2.0) and (np.all(dw == 5.0) if reads else dw is None)


def test_a_function_that_asks_for_values_and_brings_its_gradient_reads_variables():
    weight, unread = Variable(np.array([[2.0], [1.0]], "float32")), Variable(np.float32(1.0))
    x = np.array([[1.0, 3.0], [2.0, -1.0]], "float32")

    @ops.custom_gradient
    def powers(x, times):
        y = x
        for _ in range(int(ops.sum(times))):
            y = ops.matmul(y, weight) * ops.ones_like(x)

        def gradient(*upstream, **kwargs):
            assert kwargs["variables"] == [weight]
            return (upstream[0] * 2.0, None), [ops.ones_like(v) * 5.0 for v in kwargs["variables"]]

        return y, gradient

    with GradientTape() as tape:
        tape.watch(x)
        y = powers(ops.multiply(x, 1.0), np.float32(2.0) * ops.sum(ops.ones_like(x[:, :1])) / 2)
        loss = ops.sum(y)
    dx, dw, none = tape.gradient(loss, [x, weight, unread])
    assert np.all(dx == 2.0) and np.all(dw == 5.0) and none is None
    assert np.allclose(y, x @ weight.numpy() * 3.0)
