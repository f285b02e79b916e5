"""Random image layers: the identity in inference and for factors of 0, known maps for fixed factors, equal seeds."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers

X = np.random.default_rng(0).random((4, 6, 5, 2)).astype("float32")
# fmt: off
MADE = {"RandomFlip": {}, "RandomBrightness": {"factor": 0.2, "value_range": (0, 1)},
        "RandomContrast": {"factor": 0.3, "value_range": (0, 1)},
        "RandomRotation": {"factor": 0.2}, "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.2},
        "RandomZoom": {"height_factor": 0.3, "width_factor": (-0.2, 0.1)}, "RandomCrop": {"height": 3, "width": 4}}
# fmt: on


@pytest.mark.parametrize("name", sorted(MADE))
def test_each(name):
    layer = getattr(layers, name)(**MADE[name], seed=3)
    calm = layer(X, training=False)
    if name == "RandomCrop":
        np.testing.assert_array_equal(calm, X[:, 1:4, 0:4])
    else:
        np.testing.assert_array_equal(calm, X)
    varied = layer(X, training=True)
    assert varied.shape == calm.shape == layer.compute_output_shape(X.shape) and not np.array_equal(varied, X)
    assert varied.min() >= -1e-6 and varied.max() <= 1 + 1e-6
    twin = layers.deserialize(layers.serialize(layer))
    assert twin.get_config() == layer.get_config()
    np.testing.assert_array_equal(twin(X, training=True), varied)
    assert layer(X[0], training=True).shape == varied.shape[1:]
    first = getattr(layers, name)(**MADE[name], seed=3, data_format="channels_first")
    other = np.moveaxis(first(np.moveaxis(X, -1, 1), training=True), 1, -1)
    np.testing.assert_allclose(other, varied, atol=1e-6)  # a mean adds up in another order


def test_in_a_model():
    model = keras.Sequential(
        [keras.Input(X.shape[1:]), *(getattr(layers, n)(**MADE[n]) for n in MADE), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(X, np.ones(4), epochs=2, verbose=0)
    np.testing.assert_allclose(model.predict(X), model(X), rtol=1e-6)


def test_known_maps():
    def run(layer):
        return layer(X, training=True)

    np.testing.assert_allclose(run(layers.RandomRotation((0.5, 0.5))), X[:, ::-1, ::-1], atol=1e-5)
    square = X[:, :5]
    np.testing.assert_allclose(
        layers.RandomRotation((0.25, 0.25))(square, training=True), np.rot90(square, 1, (1, 2)), atol=1e-5
    )
    down = run(layers.RandomTranslation((1 / 6, 1 / 6), (0, 0), fill_mode="constant", fill_value=0.5))
    np.testing.assert_allclose(down[:, 1:], X[:, :-1], atol=1e-5)
    np.testing.assert_allclose(down[:, 0], 0.5, atol=1e-5)
    wrapped = run(layers.RandomTranslation((0, 0), (0.4, 0.4), fill_mode="wrap"))
    np.testing.assert_allclose(wrapped, np.roll(X, 2, 2), atol=1e-5)
    reflected = run(layers.RandomTranslation((1 / 3, 1 / 3), (0, 0)))
    np.testing.assert_allclose(reflected[:, :2], X[:, 1::-1], atol=1e-5)
    zoomed = run(layers.RandomZoom((-0.5, -0.5), fill_mode="nearest", interpolation="nearest"))
    assert zoomed.shape == X.shape and np.isin(zoomed, X).all()
    np.testing.assert_allclose(run(layers.RandomContrast(0.0)), X, atol=1e-6)
    flipped = run(layers.RandomFlip("horizontal"))
    assert all(any(np.array_equal(f, v) for v in (x, x[:, ::-1])) for f, x in zip(flipped, X))


@pytest.mark.parametrize(("name", "arguments"), [
    ("RandomFlip", ("sideways",)), ("RandomRotation", ((0.2, 0.1, 0.3),)), ("RandomZoom", ("much",)),
    ("RandomTranslation", (0.1, 0.1, "blue")), ("RandomContrast", (-1,)), ("Resizing", (0, 2)),
    ("Resizing", (2, 2, "cubic"))])  # fmt: skip
def test_wrong_arguments(name, arguments):
    words = {"RandomZoom": "height_factor", "RandomRotation": "factor", "RandomContrast": "factor"}
    with pytest.raises(ValueError, match=words.get(name, name)):
        getattr(layers, name)(*arguments)
