"""SpectralNormalization, against plain float64 NumPy."""

import h5py
import numpy as np
import pytest

import fastnn as keras
from fastnn import layers

RNG = np.random.default_rng(5)


def iterated(kernel, vector, count):
    """(vector, kernel) after `count` power iterations."""
    flat = kernel.reshape(-1, kernel.shape[-1])
    for _ in range(count):
        left = vector @ flat.T
        left /= np.linalg.norm(left)
        vector = left @ flat
        vector /= np.linalg.norm(vector)
    return vector, kernel / (left @ flat @ vector.T)


@pytest.mark.parametrize(
    "inner", [lambda: layers.Dense(4), lambda: layers.Conv1D(4, 2), lambda: layers.Embedding(6, 4)]
)
def test_values(inner):
    layer = layers.SpectralNormalization(inner(), power_iterations=3)
    x = RNG.integers(0, 6, (2, 5)) if "Embedding" in str(type(layer.layer)) else RNG.normal(size=(2, 5, 3))
    layer.build((2, 5) if x.ndim == 2 else (2, 5, 3))
    before = [np.float64(w.numpy()) for w in (layer.kernel, layer.vector_u)]
    plain = layer(x, training=False)
    np.testing.assert_array_equal(layer.kernel.numpy(), before[0].astype("float32"))
    out = layer(x, training=True)
    vector, kernel = iterated(*before, 3)
    np.testing.assert_allclose(layer.kernel.numpy(), kernel, atol=1e-5)
    np.testing.assert_allclose(layer.vector_u.numpy(), vector, atol=1e-5)
    np.testing.assert_allclose(out, layer.layer(x), atol=1e-6)
    assert not np.allclose(out, plain)
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()


def test_many_calls_reach_norm_one_and_zeros_stay():
    layer = layers.SpectralNormalization(layers.Dense(4))
    for _ in range(60):
        layer(np.ones((1, 3), "float32"), training=True)
    assert abs(np.linalg.svd(layer.kernel.numpy())[1][0] - 1) < 1e-5
    layer.kernel.assign(np.zeros((3, 4)))
    vector = layer.vector_u.numpy()
    layer(np.ones((1, 3), "float32"), training=True)
    assert not layer.kernel.numpy().any()
    np.testing.assert_array_equal(layer.vector_u.numpy(), vector)


def test_a_step_of_training_takes_the_gradient_after_the_division():
    layer = layers.SpectralNormalization(layers.Dense(2, use_bias=False), power_iterations=2)
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    kernel, vector = (np.float64(w.numpy()) for w in (layer.kernel, layer.vector_u))
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))
    model.fit(x, y, batch_size=4, verbose=0)
    _, kernel = iterated(kernel, vector, 2)
    gradient = x.T @ (2 * (x @ kernel - y) / y.size)
    np.testing.assert_allclose(layer.kernel.numpy(), kernel - 0.1 * gradient, atol=1e-5)


def test_what_does_not_fit():
    with pytest.raises(ValueError, match="`power_iterations` should be greater than zero"):
        layers.SpectralNormalization(layers.Dense(2), power_iterations=0)
    with pytest.raises(ValueError, match="object has no attribute 'kernel' nor 'embeddings'"):
        layers.SpectralNormalization(layers.ReLU())(np.ones((2, 2)))


def test_its_kernel_is_its_own_too_as_in_keras(tmp_path):
    """The order of get_weights() and of files."""
    layer = layers.SpectralNormalization(layers.Dense(2))
    model = keras.Sequential([keras.Input((3,)), layer])
    assert [w.shape for w in model.weights] == [(3, 2), (1, 2), (2,)]
    assert [w.shape for w in model.trainable_weights] == [(3, 2), (2,)]
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        own = file["layers/spectral_normalization/vars"]
        assert [own[k].shape for k in sorted(own)] == [(3, 2), (1, 2)]
