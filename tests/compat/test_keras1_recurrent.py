"""Recurrent layers with a step of their own, as Keras 1 and 2.0 had them."""

import numpy as np
import pytest

from fastnn import Input, Model, compat, layers, ops
from fastnn.compat import keras1_recurrent
from fastnn.core.errors import NotSupportedError

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


@pytest.fixture(autouse=True)
def aliases():
    compat.install()
    yield __import__("importlib").import_module("keras.layers.recurrent")
    compat.uninstall()


class Sums(keras1_recurrent.Recurrent):
    """h = x @ kernel + 0.5 h, and a count of steps."""

    def __init__(self, units, **kwargs):
        self.units = units
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.states = [None, None]
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="kernel")
        self.built = True

    def get_constants(self, inputs, training=None):
        return [ops.sum(inputs, axis=(1, 2))[:, None]]

    def step(self, inputs, states):
        h, n, total = states
        h = ops.matmul(inputs, self.kernel) + 0.5 * h + 0 * total
        return h, [h, n + 1]


def _by_hand(x, units=2):
    h, out = np.zeros((len(x), units), "float32"), []
    for t in range(x.shape[1]):
        h = x[:, t].sum(-1, keepdims=True) + 0.5 * h
        out.append(h)
    return np.stack(out, 1)


@pytest.mark.parametrize("how", [{}, {"return_sequences": True}, {"return_state": True}, {"go_backwards": True}])
def test_a_recurrent_layer_of_ones_own(how):
    i = Input((4, 3))
    found = Sums(2, **how)(i)
    model = Model(i, found)
    wanted = _by_hand(X[:, ::-1] if how.get("go_backwards") else X)
    values = model.predict(X, verbose=0)
    if how.get("return_state"):
        values, h, n = values
        np.testing.assert_allclose(h, wanted[:, -1], rtol=1e-5, atol=1e-5)
        assert (n == 4).all()
    np.testing.assert_allclose(values, wanted if how.get("return_sequences") else wanted[:, -1], rtol=1e-5, atol=1e-5)
    assert Sums(2, **how).compute_output_shape((None, 4, 3)) is not None if how == {} else True


def test_masks_first_states_and_shapes():
    x = X.copy()
    x[:, 2:] = 0
    i = Input((4, 3))
    layer = Sums(2, input_dim=3, input_length=4)
    masked = Model(i, layer(layers.Masking()(i)))
    np.testing.assert_allclose(masked.predict(x, verbose=0), _by_hand(x[:, :2])[:, -1], rtol=1e-5, atol=1e-5)
    first = layer(X, initial_state=[np.full((2, 2), 16, "float32"), np.zeros((2, 2), "float32")])
    np.testing.assert_allclose(first, _by_hand(X)[:, -1] + 1, rtol=1e-5, atol=1e-5)
    assert layer.get_config()["return_sequences"] is False
    with pytest.raises(NotSupportedError, match="RNN"):
        Sums(2, stateful=True)
    with pytest.raises(NotImplementedError):
        keras1_recurrent.Recurrent().step(None, None)


def test_a_step_of_a_class_derived_from_lstm(aliases):
    class Doubles(aliases.LSTM):
        def get_constants(self, x):
            return [*super().get_constants(x), ops.mean(x, axis=1)]

        def step(self, x, states):
            h, new = super().step(x, states)
            assert len(states) == 5
            return h + 0 * states[4][:, :1], [2 * new[0], new[1]]

    i = Input((4, 3))
    layer = Doubles(output_dim=3, inner_activation="sigmoid")
    model = Model(i, layer(i))
    plain = aliases.LSTM(3)
    plain.build((None, 4, 3))
    plain.set_weights(layer.get_weights())
    one = plain(X[:, :1])
    np.testing.assert_allclose(layer(X[:, :1]), one, rtol=1e-5)
    assert layer.output_dim == 3 and layer.W.shape == (3, 12) and layer.U.shape == (3, 12)
    assert np.abs(model.predict(X, verbose=0) - plain(X)).max() > 1e-3
    layer.W = "own"
    assert layer.W == "own"


def test_dense_at_each_step():
    w, b = np.ones((3, 2), "float32"), np.array([1.0, 2.0], "float32")
    found = keras1_recurrent.time_distributed_dense(X, w, b, input_dim=3, timesteps=4, output_dim=2)
    np.testing.assert_allclose(found, X.sum(-1, keepdims=True) + b, rtol=1e-5)
    dropped = keras1_recurrent.time_distributed_dense(
        np.ones_like(X), np.eye(3, dtype="float32"), dropout=0.5, training=True
    )
    assert set(np.unique(dropped)) <= {0.0, 2.0} and (dropped == np.asarray(dropped)[:, :1]).all()
