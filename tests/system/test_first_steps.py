"""Mistakes of the first ten minutes: each is answered with what to write."""

import warnings

import numpy as np
import pytest

import fastnn
from fastnn import layers

X = np.random.default_rng(0).random((8, 4), "float32")


def trained(activation, units, loss, y):
    """Warnings of one step of training."""
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(units, activation=activation)])
    model.compile("sgd", loss)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.fit(X, y, verbose=0)
    return " ".join(str(w.message) for w in said)


@pytest.mark.parametrize("activation, units, loss, words", [
    ("softmax", 1, "binary_crossentropy", "This axis has size 1"),
    ("sigmoid", 3, "categorical_crossentropy", "Use activation='softmax'"),
    ("sigmoid", 1, "categorical_crossentropy", "Consider using 'binary_crossentropy'"),
    ("sigmoid", 1, "binary_crossentropy", None),
    ("softmax", 3, "categorical_crossentropy", None),
    (None, 3, fastnn.losses.CategoricalCrossentropy(from_logits=True), None),
])  # fmt: skip
def test_outputs_that_do_not_go_with_the_loss(activation, units, loss, words):
    said = trained(activation, units, loss, np.eye(units, dtype="float32")[np.arange(8) % units])
    assert words in said if words else said == ""


@pytest.mark.parametrize("shape, given, hint", [
    ((28, 20, 3), (2, 3, 28, 20), r"channels first: write np.moveaxis\(x, 1, -1\)"),
    ((3, 28, 20), (2, 28, 20, 3), r"channels last: write np.moveaxis\(x, -1, 1\)"),
    ((None, None, 3), (2, 3, 28, 20), "channels first"),
    ((30, 5), (2, 5, 30), "channels first"),
])  # fmt: skip
def test_channels_at_the_other_end(shape, given, hint):
    x = fastnn.Input(shape)
    model = fastnn.Model(x, layers.ReLU()(x))
    convolution = {2: layers.Conv1D, 3: layers.Conv2D}[len(shape)]
    stack = fastnn.Sequential(
        [fastnn.Input(shape), convolution(2, 3, data_format=None if shape[0] != 3 else "channels_first")]
    )
    for net in (model, stack):  # a stack takes what its layers take
        with pytest.raises(ValueError, match=hint):
            net.predict(np.zeros(given, "float32"), verbose=0)


def test_other_shapes_have_no_hint():
    model = fastnn.Sequential([fastnn.Input((28, 20, 3)), layers.Conv2D(2, 3)])
    with pytest.raises(ValueError) as error:
        model.predict(np.zeros((2, 28, 20, 4), "float32"), verbose=0)
    assert "moveaxis" not in str(error.value)


def test_a_class_where_a_layer_is_wanted():
    with pytest.raises(ValueError, match=r"Write ReLU\(\.\.\.\)"):
        fastnn.Sequential([fastnn.Input((4,)), layers.ReLU])
    with pytest.raises(ValueError, match=r"Make the layer first, then call it: ReLU\(\.\.\.\)\(x\)"):
        layers.ReLU(fastnn.Input((4,)))
