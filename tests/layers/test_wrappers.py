"""TimeDistributed: a layer whose rows know of each other is called by step, others once for all steps."""

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, layers, ops
from fastnn.core.errors import ShapeError


class Counted(layers.Layer):
    """How often it was called while a graph was made."""

    calls = 0

    def call(self, x):
        Counted.calls += 1
        return x


def apart(layer, training=False):
    return all(inner._rows_apart(training) for inner in layer._flatten_layers())


def functional(axis):
    i = Input((5,))
    return Model(i, i - ops.mean(i, axis=axis, keepdims=True))


@pytest.mark.parametrize("layer, while_training, otherwise", [
    (layers.Dense(3), True, True), (layers.BatchNormalization(), False, True),
    (layers.BatchNormalization(trainable=False), True, True), (layers.Lambda(lambda x: x), False, False),
    (Counted(), False, False),
    (Sequential([layers.Dense(2), layers.BatchNormalization()]), False, True), (layers.LSTM(2), True, True),
    (layers.LSTM(2, stateful=True), False, False), (layers.Dropout(.5, noise_shape=(1, None)), False, False),
    (layers.Dropout(.5, noise_shape=(None, 1)), True, True), (layers.UnitNormalization(axis=0), False, False),
    (layers.Dense(2, activity_regularizer="l2"), False, False), (functional(0), False, False),
    (functional(-1), True, True),
])  # fmt: skip
def test_which_layers_are_called_once(layer, while_training, otherwise):
    assert (apart(layer, True), apart(layer)) == (while_training, otherwise)


def test_a_layer_of_the_user_is_called_for_each_step():
    Counted.calls = 0
    assert layers.TimeDistributed(Counted())(np.ones((2, 3, 4), "float32")).shape == (2, 3, 4)
    assert Counted.calls == 3


def test_a_mask_that_does_not_fit():
    layer = layers.TimeDistributed(layers.Dense(2))
    with pytest.raises(ShapeError, match="first two dimensions"):
        layer(np.ones((2, 3, 4), "float32"), mask=np.ones((2, 4), bool))


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_integers_are_no_small_circles(dtype):
    x = np.array([[0, 255, 3]], dtype)
    soft = layers.Softmax(axis=(0, 1))(x)
    np.testing.assert_allclose(soft, [[0, 1, 0]], atol=1e-6)
    np.testing.assert_array_equal(layers.PReLU(alpha_initializer="ones")(x), x.astype("float32"))
    assert soft.dtype == np.float32
