"""BatchNormalization(renorm=True), against plain float64 NumPy."""

import numpy as np
import pytest

from fastnn import layers

RNG = np.random.default_rng(7)
NAMES = ("gamma", "beta", "moving_mean", "moving_stddev", "renorm_mean", "renorm_stddev")


@pytest.mark.parametrize("scale, center", [(True, True), (False, True), (True, False)])
@pytest.mark.parametrize("clipping", [None, {"rmin": 0.9, "rmax": 1.1, "dmax": 0.2}, {"dmax": 0.1}])
@pytest.mark.parametrize("masked", [False, True])
def test_values(scale, center, clipping, masked):
    layer = layers.BatchNormalization(
        momentum=0.9, renorm=True, renorm_momentum=0.8, renorm_clipping=clipping, scale=scale, center=center
    )
    layer.build((None, 5, 3))
    old = {}
    for name in NAMES:
        variable = getattr(layer, name)
        if variable is not None:
            old[name] = RNG.uniform(0.5, 1.5, 3)
            variable.assign(old[name])
    x = RNG.normal(2, 3, (4, 5, 3))
    mask = np.arange(20).reshape(4, 5) % 3 > 0 if masked else None
    rows = x[mask] if masked else x.reshape(-1, 3)
    mean, deviation = rows.mean(0), np.sqrt(rows.var(0) + 1e-3)
    bounds = clipping or {}
    r = np.clip(deviation / old["renorm_stddev"], bounds.get("rmin", 0), bounds.get("rmax", np.inf))
    d = (mean - old["renorm_mean"]) / old["renorm_stddev"]
    d = np.clip(d, -bounds.get("dmax", np.inf), bounds.get("dmax", np.inf))
    wanted = ((x - mean) / deviation * r + d) * old.get("gamma", 1) + old.get("beta", 0)
    np.testing.assert_allclose(layer(x, training=True, mask=mask), wanted, atol=1e-4)
    for name, value, momentum in (
        ("renorm_mean", mean, 0.8),
        ("renorm_stddev", deviation, 0.8),
        ("moving_mean", mean, 0.9),
        ("moving_stddev", deviation, 0.9),
    ):
        moved = old[name] * momentum + value * (1 - momentum)
        np.testing.assert_allclose(getattr(layer, name).numpy(), moved, atol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), layer.moving_stddev.numpy() ** 2 - 1e-3, atol=1e-5)


def test_inference_is_that_without():
    with_, without = layers.BatchNormalization(renorm=True), layers.BatchNormalization()
    x = RNG.normal(size=(4, 3)).astype("float32")
    np.testing.assert_array_equal(with_(x), without(x))
    layer = layers.BatchNormalization(renorm=True, moving_variance_initializer="ones")
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()


@pytest.mark.parametrize(
    "clipping, words",
    [
        ({"random": 1.0}, "Received invalid keys"),
        ({"rmax": 0.0, "rmin": 1.0}, "rmax should be"),
        ({"dmax": -1}, "dmax"),
    ],
)
def test_bounds_that_are_none(clipping, words):
    with pytest.raises(ValueError, match=words):
        layers.BatchNormalization(renorm=True, renorm_clipping=clipping)
