"""Convolutions of volumes: gradients against linearity, models that train, shapes for every batch size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import layers, ops

RNG = np.random.default_rng(3)


@settings(max_examples=12, deadline=None)
@given(
    kind=st.sampled_from(["Conv3D", "Conv3DTranspose"]),
    kernel=st.tuples(*[st.integers(1, 3)] * 3),
    strides=st.tuples(*[st.integers(1, 2)] * 3),
    padding=st.sampled_from(["valid", "same"]),
)
def test_gradient_of_the_kernel(kind, kernel, strides, padding):
    """The map is linear in its kernel: the gradient of <r, conv(x, w)> along dw is <r, conv(x, dw)>."""
    layer = getattr(layers, kind)(2, kernel, strides=strides, padding=padding, use_bias=False, dtype="float64")
    x = RNG.standard_normal((2, 4, 3, 5, 3))
    out = layer(x)
    r, before = RNG.standard_normal(out.shape), layer.get_weights()[0]
    model = keras.Sequential([keras.Input(x.shape[1:], dtype="float64"), layer])
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(y * p, axis=(1, 2, 3, 4)))
    model.train_on_batch(x, r)
    gradient = (before - layer.get_weights()[0]) * len(x)
    change = RNG.standard_normal(before.shape)
    layer.set_weights([change])
    np.testing.assert_allclose((gradient * change).sum(), (r * layer(x)).sum(), rtol=1e-3, atol=1e-3)


def test_a_network_of_volumes():
    model = keras.Sequential([
        keras.Input((8, 8, 8, 1)), layers.ZeroPadding3D(1), layers.Conv3D(4, 3, activation="relu"),
        layers.MaxPooling3D(), layers.BatchNormalization(), layers.SpatialDropout3D(0.1), layers.UpSampling3D(),
        layers.Cropping3D(1), layers.Conv3DTranspose(2, 2, strides=2), layers.AveragePooling3D(3),
        layers.GlobalAveragePooling3D(), layers.Dense(2, activation="softmax")])  # fmt: skip
    assert model.output_shape == (None, 2)
    x, y = RNG.random((10, 8, 8, 8, 1)), np.arange(10) % 2
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    losses = model.fit(x, y, batch_size=4, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(model.predict(x, batch_size=3), model(x), rtol=1e-5, atol=1e-6)
    assert ops.conv(keras.Input((4, 4, 4, 2)), np.ones((2, 2, 2, 2, 3), "float32")).shape == (None, 3, 3, 3, 3)


@pytest.mark.parametrize(
    ("arguments", "words"), [((3, 9), "negative"), ((0, 3), "filters"), ((4, 3, 2, "full"), "pad")]
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        layers.Conv3D(*arguments)(np.ones((1, 4, 4, 4, 1), "float32"))
    with pytest.raises(ValueError, match="depth, height, width"):
        layers.Conv3D(2, 3).build((None, 4, 4, 1))
