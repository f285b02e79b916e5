"""LocallyConnected1D and 2D, against plain float64 NumPy and in a script of those years."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn.compat.keras2.layers import LocallyConnected1D, LocallyConnected2D
from fastnn.core.errors import ArgumentError, ShapeError

X = {1: np.random.default_rng(1).normal(size=(2, 7, 3)), 2: np.random.default_rng(2).normal(size=(2, 7, 5, 3))}
CASES = [
    (LocallyConnected1D, {"kernel_size": 3}),
    (LocallyConnected1D, {"kernel_size": 2, "strides": 2, "use_bias": False}),
    (LocallyConnected1D, {"kernel_size": 3, "strides": 2, "padding": "same", "implementation": 2}),
    (LocallyConnected2D, {"kernel_size": (3, 2), "activation": "tanh"}),
    (LocallyConnected2D, {"kernel_size": (2, 3), "strides": (2, 1), "data_format": "channels_first"}),
    (LocallyConnected2D, {"kernel_size": (3, 2), "padding": "same", "implementation": 3}),
]


def by_hand(layer, x):
    """Each place alone, on channels_last values."""
    rank, first = layer.rank, layer.data_format == "channels_first"
    ks, st = layer.kernel_size, layer.strides
    if layer.padding == "same":
        totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[1:], ks, st)]
        x = np.pad(x, ((0, 0), *((t // 2, t - t // 2) for t in totals), (0, 0)))
    counts = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:], ks, st)]
    out = np.zeros((len(x), *counts, layer.filters))
    kernel, bias = layer.kernel.numpy().astype("float64"), layer.bias.numpy() if layer.use_bias else None
    for number, place in enumerate(itertools.product(*map(range, counts))):
        window = x[(slice(None), *(slice(i * s, i * s + k) for i, s, k in zip(place, st, ks)))]
        window = np.moveaxis(window, -1, 1) if first else window
        out[(slice(None), *place)] = window.reshape(len(x), -1) @ kernel[number]
    assert rank == len(counts)
    return out if bias is None else out + bias


@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_values(kind, arguments):
    layer = kind(4, bias_initializer="random_normal", **arguments)
    x = X[kind.rank]
    first = layer.data_format == "channels_first"
    found = np.asarray(layer(np.moveaxis(x, -1, 1) if first else x))
    expected = by_hand(layer, x)
    expected = np.tanh(expected) if "activation" in arguments else expected
    np.testing.assert_allclose(np.moveaxis(found, 1, -1) if first else found, expected, atol=1e-5)
    assert layer.compute_output_shape((2, 3, 7, 5) if first else x.shape) == found.shape
    assert kind.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize(("given", "named", "kernel", "strides"), [
    ((3, 5), {}, (3, 5), (1, 1)), ((3, 5, 2), {}, (3, 5), (2, 2)), (((3, 5), 2), {}, (3, 5), (2, 2)),
    ((3,), {"strides": 2}, (3, 3), (2, 2)), ((3, 5), {"strides": (1, 2)}, (3, 5), (1, 2))])  # fmt: skip
def test_rows_and_columns_by_place(given, named, kernel, strides):
    layer = LocallyConnected2D(4, *given, **named)
    assert (layer.kernel_size, layer.strides) == (kernel, strides)


def test_weights():
    layer = LocallyConnected2D(4, (3, 2))
    layer.build((None, 7, 5, 3))
    assert [(w.name, tuple(w.shape)) for w in layer.weights] == [("kernel", (20, 18, 4)), ("bias", (5, 4, 4))]


def test_what_is_refused():
    with pytest.raises(ArgumentError, match="Unrecognized implementation mode: 4"):
        LocallyConnected1D(4, 3, implementation=4)
    with pytest.raises(ArgumentError, match="only 'valid' is supported"):
        LocallyConnected1D(4, 3, padding="same")
    with pytest.raises(ShapeError, match="fully defined"):
        LocallyConnected1D(4, 3).build((None, None, 3))


def test_a_script_finds_and_trains_them():
    fastnn.compat.install()
    try:
        from keras.layers import Flatten
        from keras.layers.local import LocallyConnected1D as Of1
        from keras.layers.local import LocallyConnected2D as Of2
        from keras.models import Sequential

        model = Sequential([Of2(2, (3, 3), input_shape=(7, 5, 3), activation="relu"), Flatten()])
        model.compile(loss="mse", optimizer="sgd")
        before = model.get_weights()[0]
        model.fit(X[2], np.ones((2, 30)), epochs=1, verbose=0)
        assert model.count_params() == 15 * 27 * 2 + 30 and (model.get_weights()[0] != before).any()
        assert Of1(nb_filter=3, filter_length=2, border_mode="valid", subsample_length=2).strides == (2,)
    finally:
        fastnn.compat.uninstall()
