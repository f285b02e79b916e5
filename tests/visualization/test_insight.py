"""Filters, activations, gradients at the image: numbers worked out by other ways, and models that have none."""

from __future__ import annotations

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, visualization
from fastnn.core.errors import ArgumentError, DataError, NotBuiltError, ShapeError

X = np.random.default_rng(0).normal(size=(3, 8, 8, 2)).astype("float32")


def network(end="softmax", head=layers.GlobalAveragePooling2D):
    keras.utils.set_random_seed(1)
    return keras.Sequential([
        keras.Input((8, 8, 2)), layers.Conv2D(6, 3, activation="tanh", name="first"), layers.BatchNormalization(),
        layers.Conv2D(5, 3, name="second"), layers.Dropout(0.5), head(), layers.Dense(4, activation=end)])  # fmt: skip


@pytest.mark.parametrize("end", ["softmax", "sigmoid", "linear", None])
def test_saliency_is_the_slope_of_the_score(end):
    """Against differences of the model without its last activation, in every pixel."""
    model, plain = network(end), network(None)
    target = [0, 3, 1]
    slopes = np.zeros(X.shape)
    for place in np.ndindex(X.shape[1:]):
        sides = []
        for step in (0.05, -0.05):
            moved = X.copy()
            moved[(slice(None), *place)] += step
            sides.append(plain.predict(moved, verbose=0)[np.arange(3), target].astype(float))
        slopes[(slice(None), *place)] = (sides[0] - sides[1]) / 0.1
    expected = np.abs(slopes).max(-1)
    found = visualization.saliency(model, X, target)
    assert found.shape == (3, 8, 8) and found.dtype == np.float32 and found.max((1, 2)).tolist() == [1, 1, 1]
    np.testing.assert_allclose(found, expected / expected.max((1, 2), keepdims=True), atol=5e-3)
    weighed = np.abs(slopes * X).max(-1)
    times = visualization.saliency(model, X, target, "gradient*input")
    np.testing.assert_allclose(times, weighed / weighed.max((1, 2), keepdims=True), atol=5e-3)


def test_grad_cam_behind_a_mean_is_the_class_activation_map():
    """With a mean and a Dense layer behind the maps, Grad-CAM is the maps times the Dense layer's weights."""
    model = network()
    maps = keras.Model(model.inputs, model.get_layer("second").output).predict(X, verbose=0)
    target = [2, 0, 3]
    heat = np.maximum(np.einsum("nijk,kn->nij", maps, model.layers[-1].kernel.numpy()[:, target]), 0)
    found = visualization.grad_cam(model, X, target, "second")
    assert found.shape == (3, 8, 8)
    large = np.asarray(keras.ops.image.resize(heat[..., None], (8, 8)))[..., 0]
    np.testing.assert_allclose(found, large / large.max((1, 2), keepdims=True), atol=1e-5)
    np.testing.assert_array_equal(found, visualization.grad_cam(model, X, target))  # the last layer with maps
    np.testing.assert_array_equal(found, visualization.grad_cam(model, X, target, model.get_layer("second")))


def test_the_predicted_class_and_one_image():
    model = network()
    predicted = model.predict(X, verbose=0).argmax(1)
    for function in (visualization.saliency, visualization.grad_cam):
        whole = function(model, X)
        np.testing.assert_array_equal(whole, function(model, X, predicted))
        np.testing.assert_allclose(whole[1:2], function(model, X[1]), atol=1e-6)


def test_a_model_in_another_form():
    """Shared layers and a skip connection; nothing is changed by looking."""
    i = keras.Input((8, 8, 2))
    shared = layers.Conv2D(2, 3, padding="same")
    a = layers.ReLU(name="maps")(layers.Add()([shared(i), i]))
    model = keras.Model(i, layers.Dense(1, "sigmoid", kernel_initializer="ones")(layers.Flatten()(a)))
    before = model.predict(X, verbose=0)
    assert visualization.grad_cam(model, X, layer="maps").max() == 1
    assert visualization.saliency(model, X, 0).shape == (3, 8, 8)
    np.testing.assert_array_equal(model.predict(X, verbose=0), before)

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = network()

        def call(self, x):
            return self.inner(x)

    mine = Mine()
    mine(X)
    np.testing.assert_allclose(visualization.saliency(mine, X), visualization.saliency(mine.inner, X), atol=1e-5)
    with pytest.raises((NotBuiltError, ArgumentError), match=r"symbols|built"):
        visualization.grad_cam(mine, X)


def test_a_model_that_was_made_by_add_is_the_same():
    """Each add calls the layers before once more; what counts are the calls of the model as it is."""
    whole, grown = network(), keras.Sequential([keras.Input((8, 8, 2))])
    for layer in network().layers:
        grown.add(layer)
    grown.set_weights(whole.get_weights())
    np.testing.assert_array_equal(visualization.grad_cam(grown, X), visualization.grad_cam(whole, X))


def test_activations_are_outputs_of_layers():
    model = network()
    picture = visualization.plot_activations(model, X)
    assert [p.title for p in picture.parts()] == [x.name for x in model.layers[:4]]
    one = visualization.plot_activations(model, X[0], "first")
    values = keras.Model(model.inputs, model.get_layer("first").output).predict(X[:1], verbose=0)[0]
    for image, channel in zip(one.images, np.moveaxis(values, 2, 0), strict=True):
        low, high = channel.min(), channel.max()
        np.testing.assert_allclose(image, (channel - low) / (high - low) * 255, atol=0.51)


def test_filters():
    model = network()
    picture = visualization.plot_filters(model)
    assert picture.title == "first: 6 of 6 filters, 2 of 2 channels" and len(picture.images) == 12
    kernel = model.layers[0].kernel.numpy()
    for k, image in enumerate(picture.images):
        values = kernel[:, :, k % 2, k // 2]
        np.testing.assert_allclose(image, (values / np.abs(values).max() + 1) / 2 * 255, atol=0.51)
    colours = layers.Conv2D(70, 5)
    colours.build((None, 9, 9, 3))
    assert visualization.plot_filters(colours).title == f"{colours.name}: 64 of 70 filters"
    assert visualization.plot_filters(colours).images[0].shape == (5, 5, 3)
    assert len(visualization.plot_filters(model, -1, shape=(5, 1)).images) == 4
    line, depth = layers.Conv1D(3, 4), layers.DepthwiseConv2D(3)
    line.build((None, 9, 1))
    depth.build((None, 9, 9, 1))
    assert visualization.plot_filters(line).images[0].shape == (1, 4)
    assert visualization.plot_filters(depth).images[0].shape == (3, 3)


def test_heat_over_images():
    images = np.zeros((2, 4, 4, 3), "uint8")
    heat = np.zeros((2, 4, 4))
    heat[:, 1, 2] = 1
    found = visualization.plot_heatmap(images, heat, ["a", "b"], alpha=1.0)
    assert found.images[0][1, 2].tolist() == [127, 0, 0] and found.images[0][0, 0].tolist() == [0, 0, 127]
    still = visualization.plot_heatmap(images[0], heat[:1], alpha=0.0)
    assert not still.images[0].any()


def two_outputs():
    i = keras.Input((8, 8, 2))
    flat = layers.Flatten()(i)
    return keras.Model(i, [layers.Dense(2)(flat), layers.Dense(3)(flat)])


CASES = [
    (lambda: visualization.saliency(two_outputs(), X), ArgumentError, "one output"),
    (lambda: visualization.saliency(network(), X[..., :1]), ShapeError, "expected"),
    (lambda: visualization.saliency(network(), X, 4), DataError, "0 to 3"),
    (lambda: visualization.saliency(network(), X, [0, 1]), ArgumentError, "3 images"),
    (lambda: visualization.saliency(network(), X, 0.5), ArgumentError, "target"),
    (lambda: visualization.saliency(network(), X, kind="smooth"), ArgumentError, "gradient"),
    (lambda: visualization.saliency(layers.Dense(3), X), ArgumentError, "Dense"),
    (lambda: visualization.saliency(network(head=layers.Identity), X), ShapeError, "scores"),
    (lambda: visualization.grad_cam(network(), X, layer=-1), ArgumentError, "none of which"),
    (lambda: visualization.grad_cam(network(), X, layer=layers.Conv2D(1, 1)), ArgumentError, "not called in model"),
    (lambda: visualization.grad_cam(network(), X, layer="third"), ValueError, "third"),
    (lambda: visualization.grad_cam(network(), X, layer=2.5), ArgumentError, "layer=2.5"),
    (lambda: visualization.grad_cam(keras.Sequential([keras.Input((4,)), layers.Dense(2)]), X[0, 0, :2]),
     ArgumentError, "none of which"),
    (lambda: visualization.grad_cam(keras.Sequential([layers.Dense(2)]), X), NotBuiltError, "Input"),
    (lambda: visualization.plot_activations(network(), X[:, :4]), ShapeError, "expected"),
    (lambda: visualization.plot_activations(network(), X, [-1]), ArgumentError, "none of which"),
    (lambda: visualization.plot_filters(network(), -1), ShapeError, "shape"),
    (lambda: visualization.plot_filters(network(), -1, shape=(2, 2)), ShapeError, "5 inputs"),
    (lambda: visualization.plot_filters(layers.Conv2D(2, 3)), NotBuiltError, "no weights"),
    (lambda: visualization.plot_filters(layers.ReLU()), ArgumentError, "kernel"),
    (lambda: visualization.plot_filters(3), ArgumentError, "layer"),
    (lambda: visualization.plot_heatmap(np.zeros((2, 4, 4)), np.zeros((2, 4, 5))), ShapeError, "heat"),
    (lambda: visualization.plot_heatmap(np.zeros((2, 4, 4)), np.zeros((2, 4, 4)), alpha=2), ArgumentError, "alpha"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "words"), CASES)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
