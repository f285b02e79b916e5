"""Layers inside training: statistics in call order, frozen parts, regularizers, constraints, dtypes of data."""

import numpy as np
import pytest

import fastnn
from fastnn import Input, Model, layers, ops
from fastnn.layers.layer import Layer

RNG = np.random.default_rng(11)


def test_shared_batch_normalization_updates_once_per_call_in_call_order():
    bn, a, b = layers.BatchNormalization(momentum=0.9), Input((3,)), Input((3,))
    model = Model([a, b], [bn(a), bn(b)])
    model.compile("sgd", "mse")
    x, y = RNG.standard_normal((8, 3)), RNG.standard_normal((8, 3)) + 2
    model.train_on_batch([x, y], [x, y])
    mean, variance = np.zeros(3), np.ones(3)
    for z in (x, y):
        mean, variance = 0.9 * mean + 0.1 * z.mean(0), 0.9 * variance + 0.1 * z.var(0)
    np.testing.assert_allclose(bn.moving_mean.numpy(), mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(bn.moving_variance.numpy(), variance, rtol=1e-5)


def test_a_frozen_part_does_not_change_and_a_model_around_it_keeps_it_frozen():
    base = fastnn.Sequential([Input((4,)), layers.Dense(3), layers.BatchNormalization()])
    base.trainable = False
    model = fastnn.Sequential([base, layers.Dense(1)])
    assert len(model.trainable_weights) == 2
    model.compile("adam", "mse")
    before = base.get_weights()
    model.fit(RNG.random((8, 4)), RNG.random((8, 1)), verbose=0)
    for a, b in zip(before, base.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_penalties_are_part_of_the_loss_and_projections_follow_the_update():
    layer = layers.Dense(1, kernel_regularizer=fastnn.regularizers.L2(0.5), use_bias=False, kernel_initializer="ones")
    model = fastnn.Sequential([Input((2,)), layer])
    model.compile("sgd", "mse")
    assert model.evaluate(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0) == pytest.approx(1.0)
    layer = layers.Dense(2, kernel_constraint="max_norm", kernel_initializer=fastnn.initializers.Constant(5.0))
    model = fastnn.Sequential([Input((4,)), layer])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    np.testing.assert_allclose(np.linalg.norm(layer.get_weights()[0], axis=0), 2.0, rtol=1e-5)


def test_bytes_are_converted_on_the_way_in():
    model = fastnn.Sequential([Input((4, 4, 1)), layers.Rescaling(1 / 255), layers.Flatten()])
    x = RNG.integers(0, 256, (5, 4, 4, 1)).astype("uint8")
    for y in (model(x), model.predict(x, verbose=0)):
        np.testing.assert_allclose(y, x.reshape(5, 16) / 255, rtol=1e-6)


def test_float64_models():
    fastnn.config.set_floatx("float64")
    model = fastnn.Sequential([Input((4,)), layers.Dense(2, activation="tanh"), layers.BatchNormalization()])
    model.compile("adam", "mse")
    model.fit(RNG.random((8, 4)), RNG.random((8, 2)), verbose=0)
    assert {w.dtype for w in model.weights} == {"float64"}
    assert model(RNG.random((2, 4))).dtype == np.float64


def test_the_training_flag_of_a_layer_in_fit_evaluate_and_call():
    class Doubles(Layer):
        def call(self, x, training=None):
            return x * 2.0 if training else x

    model = fastnn.Sequential([Input((1,)), Doubles()])
    model.compile("sgd", "mae")
    x, y = np.ones((2, 1)), np.zeros((2, 1))
    assert model.train_on_batch(x, y) == 2.0
    model.reset_metrics()
    assert model.test_on_batch(x, y) == 1.0
    assert float(model(np.ones((1, 1)), training=True)[0, 0]) == 2.0


def test_a_call_sees_what_was_changed_since_the_last_one():
    model = fastnn.Sequential([Input((2,)), layers.Dense(2, activation="relu", name="d")])
    x = RNG.standard_normal((3, 2)).astype("float32")
    first = model(x)
    layer = model.get_layer("d")
    layer.activation = fastnn.activations.linear
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(model(x), x @ kernel + bias, rtol=1e-5)
    layer.set_weights([kernel * 2, bias + 1])
    np.testing.assert_allclose(model(x), x @ (kernel * 2) + 1, rtol=1e-5, atol=1e-6)
    model.add(layers.Dense(1))
    assert model(x).shape == (3, 1)
    assert first.shape == (3, 2)
    first[:] = 7  # results are the caller's own
    assert (model(x) != 7).all()


def test_python_in_a_users_layer_runs_at_every_call():
    seen = []

    class Notes(Layer):
        def call(self, x):
            seen.append(x.shape)
            return x + 1.0

    a = Input((2,))
    model = Model(a, Notes()(a))
    seen.clear()
    for _ in range(3):
        model(np.zeros((1, 2), "float32"))
    assert len(seen) == 3


def test_predict_and_call_agree_bit_for_bit():
    a = Input((6, 6, 2))
    h = layers.BatchNormalization()(layers.Conv2D(3, 3, activation="relu")(a))
    model = Model(a, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(h)))
    x = RNG.standard_normal((4, 6, 6, 2)).astype("float32")
    np.testing.assert_array_equal(model(x), model.predict(x, verbose=0))


def test_gradients_of_shared_layers_add():
    layer = layers.Dense(1, use_bias=False, kernel_initializer="ones")
    a, b = Input((1,)), Input((1,))
    model = Model([a, b], ops.add(layer(a), layer(b)))
    model.compile(fastnn.optimizers.SGD(0.5), "mae")
    model.train_on_batch([np.full((1, 1), 2.0), np.full((1, 1), 3.0)], np.zeros((1, 1)))
    assert layer.get_weights()[0].item() == pytest.approx(1 - 0.5 * 5)


def test_losses_after_training_are_those_of_the_last_step():
    class Adds(layers.Layer):
        def call(self, x):
            self.add_loss(ops.mean(x))
            return x

    x = np.random.default_rng(0).random((6, 4)).astype("float32")
    model = fastnn.Sequential([fastnn.Input((4,)), Adds(), layers.Dense(2, kernel_regularizer="l2")])
    model.compile(fastnn.optimizers.SGD(0.1), "mse")
    for _ in range(2):
        model.fit(x, x[:, :2], batch_size=3, shuffle=False, verbose=0)
        added, penalty = model.losses
        expected = [x[3:].mean(), 0.01 * (model.get_weights()[0] ** 2).sum()]
        np.testing.assert_allclose([added, penalty], expected, rtol=1e-5)
    model.evaluate(x, x[:, :2], batch_size=6, verbose=0)
    np.testing.assert_allclose(model.losses[0], x.mean(), rtol=1e-5)
    model(x[:2])
    np.testing.assert_allclose(model.losses[0], x[:2].mean(), rtol=1e-5)
    assert len(model.losses) == 2
