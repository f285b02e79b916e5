"""Adaptive pooling layers and the interpolations of UpSampling2D."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers, ops

RNG = np.random.default_rng(2)


def parts(n, count):
    """[(first, after the last)] of `count` parts of n positions (PyTorch's rule, which is Keras's)."""
    return [(n * i // count, -(-n * (i + 1) // count)) for i in range(count)]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("kind, reduce", [("Average", np.mean), ("Max", np.max)])
@pytest.mark.parametrize("sizes", [(3,), (2, 3), (2, 3, 1)])
def test_values(kind, reduce, sizes, data_format):
    rank = len(sizes)
    x = RNG.normal(size=(2, *(5, 7, 4)[:rank], 3))
    wanted = np.empty((2, *sizes, 3))
    for at in np.ndindex(sizes):
        box = tuple(slice(*parts(x.shape[1 + k], sizes[k])[i]) for k, i in enumerate(at))
        wanted[(slice(None), *at)] = reduce(x[(slice(None), *box)], axis=tuple(range(1, rank + 1)))
    layer = getattr(layers, f"Adaptive{kind}Pooling{rank}D")(sizes, data_format=data_format)
    last = data_format == "channels_last"
    given = x if last else np.moveaxis(x, -1, 1)
    out = layer(given)
    np.testing.assert_allclose(out if last else np.moveaxis(out, 1, -1), wanted, atol=1e-6)
    free = keras.Input((*(None,) * rank, 3) if last else (3, *(None,) * rank))
    assert keras.Model(free, layer(free)).predict(given, verbose=0).shape == out.shape
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()


@pytest.mark.parametrize("size", ["2", 1.5, (1, 2, 3, 4)])
def test_sizes_that_are_none(size):
    with pytest.raises(TypeError, match="`output_size` must be an integer or"):
        layers.AdaptiveMaxPooling2D(size)
    with pytest.raises(ValueError, match="Invalid data_format"):
        layers.AdaptiveMaxPooling2D(2, data_format="last")


@pytest.mark.parametrize("interpolation", ["bicubic", "lanczos3", "lanczos5"])
def test_up_sampling_is_resizing(interpolation):
    x = RNG.normal(size=(2, 4, 5, 3)).astype("float32")
    out = layers.UpSampling2D((2, 3), interpolation=interpolation)(x)
    np.testing.assert_allclose(out, ops.image.resize(x, (8, 15), interpolation=interpolation), atol=1e-6)
    assert layers.UpSampling2D((2, 3), interpolation=interpolation)(keras.Input((None, 5, 3))).shape == (
        None,
        None,
        15,
        3,
    )
