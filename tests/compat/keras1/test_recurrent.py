"""Recurrent layers with a step of their own, as Keras 1 and 2.0 had them."""

import importlib

import numpy as np
import pytest

from fastnn import Input, Model, compat, layers, ops
from fastnn.compat.keras1 import recurrent as keras1_recurrent
from fastnn.core.errors import ArgumentError, CallOrderError

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


@pytest.fixture(autouse=True)
def aliases():
    compat.install()
    module = importlib.import_module("keras.layers.recurrent")
    assert module.LSTM is layers.LSTM
    yield module
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
    with pytest.raises(NotImplementedError):
        keras1_recurrent.Recurrent().step(None, None)


def test_a_stateful_layer_goes_on_until_its_states_are_reset():
    i = Input(batch_shape=(2, 4, 3))
    layer = Sums(2, stateful=True)
    model = Model(i, layer(i))
    for x in (X, np.concatenate([X, X], 1)):
        np.testing.assert_allclose(model.predict(X, verbose=0), _by_hand(x)[:, -1], rtol=1e-5, atol=1e-5)
    layer.reset_states()
    np.testing.assert_allclose(model.predict(X, verbose=0), _by_hand(X)[:, -1], rtol=1e-5, atol=1e-5)


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


class Shifted(layers.Layer):
    """A cell that adds a constant of its own to each step."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape):
        (_, width), (_, constant) = input_shape
        self.kernel = self.add_weight(shape=(width, self.units), initializer="ones", name="kernel")
        self.other = self.add_weight(shape=(constant, self.units), initializer="ones", name="other")
        self.built = True

    def call(self, inputs, states, constants):
        h = ops.matmul(inputs, self.kernel) + 0.5 * states[0] + ops.matmul(constants[0], self.other)
        return h, [h]


def test_constants_of_cells(aliases):
    i, c = Input((4, 3)), Input((2,))
    model = Model([i, c], layers.RNN(Shifted(2))(i, constants=c))
    wanted = np.zeros((2, 1), "float32")
    for t in range(4):
        wanted = X[:, t].sum(-1, keepdims=True) + 0.5 * wanted + 3
    given = [X, np.array([[1, 2], [3, 0]], "float32")]
    np.testing.assert_allclose(model.predict(given, verbose=0), np.repeat(wanted, 2, 1), rtol=1e-5, atol=1e-5)
    again = Model.from_config(model.get_config(), custom_objects={"Shifted": Shifted})
    np.testing.assert_allclose(again.predict(given, verbose=0), model.predict(given, verbose=0))


def test_states_that_are_set(aliases):
    layer = layers.GRU(2, stateful=True)
    with pytest.raises(CallOrderError):
        layer.reset_states(np.ones((2, 2)))
    layer(X)
    layer.reset_states(states=np.ones((2, 2)))
    assert (layer.states[0].numpy() == 1).all()
    with pytest.raises(ArgumentError, match="expects 1 states"):
        layer.reset_states([np.ones((2, 2))] * 2)
    layer.reset_states()
    assert (layer.states[0].numpy() == 0).all()
