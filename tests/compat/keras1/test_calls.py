"""Layers under the names and arguments of Keras 1."""

import numpy as np
import pytest

import fastnn
from fastnn import Model, Sequential, layers
from fastnn.compat.keras1 import calls as keras1
from fastnn.core.errors import ArgumentError
from fastnn.core.gone import GONE
from fastnn.core.gone import OLD as ONCE

MADE = [
    (lambda: keras1.Convolution1D(4, 3, subsample_length=2), layers.Conv1D, {"kernel_size": (3,), "strides": (2,)}),
    (lambda: keras1.Convolution2D(4, 3, 5, border_mode="same"), layers.Conv2D,
     {"kernel_size": (3, 5), "padding": "same"}),
    (lambda: keras1.Convolution2D(4, 3, 3, atrous_rate=(2, 2)), layers.Conv2D, {"dilation_rate": (2, 2)}),
    (lambda: keras1.Convolution2D(nb_filter=4, nb_row=2, nb_col=3), layers.Conv2D, {"kernel_size": (2, 3)}),
    (lambda: keras1.Convolution3D(4, 3, 2, 1, subsample=(2, 1, 1)), layers.Conv3D,
     {"kernel_size": (3, 2, 1), "strides": (2, 1, 1)}),
    (lambda: keras1.Convolution3D(4, kernel_dim1=3, kernel_dim2=2, kernel_dim3=1), layers.Conv3D,
     {"kernel_size": (3, 2, 1)}),
    (lambda: keras1.Deconvolution2D(4, 3, 3, (None, 8, 8, 4), subsample=(2, 2)), layers.Conv2DTranspose,
     {"kernel_size": (3, 3), "strides": (2, 2)}),
    (lambda: keras1.Deconvolution2D(4, 3, 3, output_shape=(None, 8, 8, 4), border_mode="same"), layers.Conv2DTranspose,
     {"padding": "same"}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "kind", "expected"), MADE)
def test_arguments(make, kind, expected):
    layer = make()
    assert type(layer) is kind and layer.filters == 4
    assert {name: getattr(layer, name) for name in expected} == expected


def test_what_only_old_scripts_find_is_not_gone():
    assert not GONE.keys() & ONCE.keys()


A, B = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")
NORMS = np.linalg.norm(A, axis=1) * np.linalg.norm(B, axis=1)
MODES = [
    ("sum", A + B), ("mul", A * B), ("ave", (A + B) / 2), ("max", np.maximum(A, B)),
    ("concat", np.concatenate([A, B], 1)), ("dot", (A * B).sum(1, keepdims=True)),
    ("cos", ((A * B).sum(1) / NORMS)[:, None]), (lambda pair: pair[0] - 2 * pair[1], A - 2 * B),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "expected"), MODES)
def test_modes_of_merge(mode, expected):
    symbols = [layers.Input((3,)) for _ in range(2)]
    branches = [layers.Activation("linear", input_shape=(3,)), Sequential([layers.Flatten(input_shape=(3,))])]
    first = Sequential([keras1.Merge(branches, mode=mode), layers.Rescaling(2.0)])
    np.testing.assert_allclose(first.predict([A, B], verbose=0), 2 * expected, atol=1e-5)
    for merged in (keras1.merge(symbols, mode=mode), keras1.Merge(mode=mode)(symbols)):
        np.testing.assert_allclose(Model(symbols, merged).predict([A, B], verbose=0), expected, atol=1e-5)


def test_a_stack_on_a_merge_is_a_branch():
    pair = Sequential([keras1.Merge([layers.Dense(3, input_shape=(3,)) for _ in range(2)]), layers.Dense(4)])
    whole = keras1.Merge([pair, Sequential([layers.Dense(4, input_shape=(2,))])], mode="dot", dot_axes=[(1,), (1,)])
    assert len(whole.inputs) == 3 and whole.output_shape == (None, 1)


def test_a_stack_on_a_merge_knows_its_shapes(tmp_path):
    fastnn.compat.install()
    try:
        from keras.layers import Dense, Merge
        from keras.models import Sequential as Stack
        from keras.models import load_model

        model = Stack([Merge([Stack([Dense(4, input_dim=n)]) for n in (3, 2)], mode="concat")])
        assert model.output_shape == (None, 8) and model.input_shape == [(None, 3), (None, 2)]
        model.add(Dense(1))
        assert model.output_shape == (None, 1) and model.count_params() == 37
        data = [np.ones((2, 3)), np.ones((2, 2))]
        found = model.predict(data, verbose=0)
        model.save(tmp_path / "m.keras")
        assert np.array_equal(load_model(tmp_path / "m.keras").predict(data, verbose=0), found)
        model.pop()
        assert model.output_shape == (None, 8) and len(model.inputs) == 2
    finally:
        fastnn.compat.uninstall()


def test_what_merge_refuses():
    for wrong in ({"mode": "sub"}, {"shape": 3}, {"layers": [layers.Dense(3)]}):
        with pytest.raises(ArgumentError, match=r"[Mm]erge: received"):
            keras1.Merge(**wrong)
