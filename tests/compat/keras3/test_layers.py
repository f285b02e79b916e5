"""RandomHeight and RandomWidth: sizes within the factor, and what is refused."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.keras3.layers import RandomHeight, RandomWidth
from fastnn.core.errors import ArgumentError, NotSupportedError

CASES = [(RandomHeight, 1), (RandomWidth, 2)]


@pytest.mark.parametrize(("kind", "axis"), CASES)
def test_sizes(kind, axis):
    x = np.arange(2 * 10 * 10 * 3, dtype="float32").reshape(2, 10, 10, 3)
    layer = kind((-0.5, 0.5), seed=1)
    sizes = {layer(x, training=True).shape[axis] for _ in range(20)}
    assert len(sizes) > 3 and min(sizes) >= 5 and max(sizes) <= 15
    assert np.array_equal(layer(x, training=False), x)
    assert layer(x[0], training=True).shape[3 - axis - 1] == 10
    again = kind.from_config(layer.get_config())
    assert again.factor == (-0.5, 0.5) and again.seed == 1
    assert kind((1.0, 1.0))(x, training=True).shape[axis] == 20
    assert layer.compute_output_shape((None, 8, 8, 3))[axis] is None


@pytest.mark.parametrize(("kind", "axis"), CASES)
def test_what_is_refused(kind, axis):
    with pytest.raises(ArgumentError, match="upper bound"):
        kind((0.5, 0.1))
    with pytest.raises(ArgumentError, match="larger than -1"):
        kind((-2.0, 0.1))
    model = fastnn.Sequential([fastnn.Input((8, 8, 3)), kind(0.2), fastnn.layers.GlobalMaxPooling2D()])
    model.compile("sgd", "mse")
    x = np.ones((4, 8, 8, 3), "float32")
    assert model.predict(x, verbose=0).shape == (4, 3)
    with pytest.raises(NotSupportedError, match="another size"):
        model.fit(x, np.ones((4, 3)), verbose=0)
