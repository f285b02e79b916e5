"""model.recalibrate_batchnorm: the statistics of all data, nothing else changed."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import ArgumentError, DataError

X = np.random.default_rng(0).normal([3.0, -2.0, 50.0], [2.0, 0.5, 9.0], (103, 3)).astype("float32")


def network(**arguments):
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input((3,)), layers.BatchNormalization(name="first", **arguments), layers.Dropout(0.5),
        layers.Dense(4, activation="relu"), layers.BatchNormalization(name="second")])  # fmt: skip


@pytest.mark.parametrize("batch_size", [1, 20, 103, 500])
@pytest.mark.parametrize("arguments", [{}, {"renorm": True}, {"trainable": False}])
def test_the_first_layer_sees_all_data(batch_size, arguments):
    model = network(**arguments)
    others = [w for w in model.weights if "moving" not in w.path and "renorm" not in w.path]
    before = [w.numpy() for w in others]
    assert model.recalibrate_batchnorm(X, batch_size) is model
    first = model.get_layer("first")
    np.testing.assert_allclose(first.moving_mean.numpy(), X.astype(float).mean(0), rtol=1e-5)
    np.testing.assert_allclose(first.moving_variance.numpy(), X.astype(float).var(0), rtol=1e-4)
    if arguments.get("renorm"):
        np.testing.assert_allclose(first.renorm_stddev.numpy(), np.sqrt(X.astype(float).var(0) + 1e-3), rtol=1e-4)
    for a, b in zip(before, others):
        np.testing.assert_array_equal(a, b.numpy())
    if batch_size >= 103:  # in one batch the model then gives what it gives while training, but for dropout
        found = model.predict(X, batch_size=batch_size, verbose=0)
        np.testing.assert_allclose(found.mean(0), 0, atol=1e-4)
        np.testing.assert_allclose(found.std(0), 1, atol=5e-3)


def test_plans_of_before_and_after_are_not_mixed_up():
    model = network()
    old = model.predict(X, verbose=0), np.asarray(model(X))
    model.recalibrate_batchnorm(X)
    new = model.predict(X, verbose=0), np.asarray(model(X))
    weights = model.get_weights()
    assert (old[0] != new[0]).any()
    np.testing.assert_allclose(*new, rtol=1e-5, atol=1e-6)
    model.predict(X, verbose=0)
    for a, b in zip(weights, model.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_some_layers_and_a_data_set():
    model = network()
    before = model.get_layer("second").get_weights()
    model.recalibrate_batchnorm(keras.data.Dataset.from_tensor_slices(X).batch(10), layers=["first"])
    np.testing.assert_allclose(model.get_layer("first").moving_mean.numpy(), X.mean(0), rtol=1e-4)
    for a, b in zip(before, model.get_layer("second").get_weights()):
        np.testing.assert_array_equal(a, b)
    model.recalibrate_batchnorm(X, 10, steps=2, layers=[model.get_layer("first")])
    np.testing.assert_allclose(model.get_layer("first").moving_mean.numpy(), X[:20].mean(0), rtol=1e-4)


@pytest.mark.parametrize("batch_size", [7, 103])
def test_domains(batch_size):
    x, domain = keras.Input((3,)), keras.Input((), dtype="int32")
    layer = layers.BatchNormalization(domains=3)
    model = keras.Model([x, domain], layer(x, domain=domain))
    kinds = np.arange(103) % 3 // 2 * 2  # 0, 0, 2: nobody is of domain 1
    model.recalibrate_batchnorm([X, kinds], batch_size)
    for k in (0, 2):
        np.testing.assert_allclose(layer.moving_mean.numpy()[k], X[kinds == k].mean(0), rtol=1e-5)
        np.testing.assert_allclose(layer.moving_variance.numpy()[k], X[kinds == k].var(0), rtol=1e-4)
    assert (layer.moving_mean.numpy()[1] == 0).all() and (layer.moving_variance.numpy()[1] == 1).all()


def test_images_masks_and_a_subclassed_model():
    images = np.random.default_rng(1).normal(4, 2, (9, 5, 6, 2)).astype("float32")

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.norm = layers.BatchNormalization(axis=1)

        def call(self, x):
            return self.norm(x)

    mine = Mine()
    mine.recalibrate_batchnorm(images, 4)
    np.testing.assert_allclose(mine.norm.moving_mean.numpy(), images.mean((0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(mine.norm.moving_variance.numpy(), images.var((0, 2, 3)), rtol=1e-4)
    steps = np.where(np.arange(6)[None, :, None] < np.arange(1, 7)[:, None, None], 5.0 + np.arange(6)[:, None, None], 0)
    masked = keras.Sequential([keras.Input((6, 1)), layers.Masking(), layers.BatchNormalization()])
    masked.recalibrate_batchnorm(steps.astype("float32"), 4)
    kept = steps[steps != 0]
    np.testing.assert_allclose(masked.layers[-1].moving_mean.numpy(), kept.mean(), rtol=1e-5)
    np.testing.assert_allclose(masked.layers[-1].moving_variance.numpy(), kept.var(), rtol=1e-4)


def test_training_goes_on_and_half_precision():
    model = network(dtype="mixed_float16")
    model.compile("sgd", "mse")
    model.recalibrate_batchnorm(X, 10)
    np.testing.assert_allclose(model.get_layer("first").moving_mean.numpy(), X.mean(0), rtol=5e-3)
    model.fit(X, np.zeros((103, 4)), verbose=0)
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_what_is_refused_changes_nothing():
    model = network()
    before = model.get_weights()
    bad = X.copy()
    bad[50, 1] = np.nan
    with pytest.raises(DataError, match="'first' are not finite"):
        model.recalibrate_batchnorm(bad, 10)
    with pytest.raises(ArgumentError, match="first"):
        model.recalibrate_batchnorm(X, layers=[layers.BatchNormalization(name="stranger")])
    with pytest.raises(ArgumentError, match="at least one"):
        keras.Sequential([keras.Input((3,)), layers.Dense(1)]).recalibrate_batchnorm(X)
    with pytest.raises(ValueError, match="shape"):
        model.recalibrate_batchnorm(X[:, :2])
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)
