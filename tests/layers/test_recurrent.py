"""Recurrent layers: states in and out, stateful batches, dropout, stacks, and the errors."""

import numpy as np
import pytest

from fastnn import Input, Model, layers
from fastnn.core.errors import ArgumentError, ShapeError

X = np.random.default_rng(5).standard_normal((2, 4, 3)).astype("float32")


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_a_sequence_in_two_halves_through_its_states(kind):
    rnn = kind(5, return_state=True)
    whole, *_ = rnn(X)
    _, *states = rnn(X[:, :2])
    second, *_ = rnn(X[:, 2:], initial_state=states)
    np.testing.assert_allclose(second, whole, rtol=1e-5, atol=1e-6)
    old_style, *_ = rnn([X[:, 2:], *states])
    np.testing.assert_array_equal(old_style, second)


def test_states_are_symbols_of_the_functional_api():
    a = Input((4, 3))
    _, h, c = layers.LSTM(5, return_state=True)(a)
    decoder = layers.LSTM(5, return_sequences=True)
    model = Model(a, decoder(a, initial_state=[h, c]))
    assert model.output_shape == (None, 4, 5)
    assert model(X).shape == (2, 4, 5)


def test_stateful_batches_follow_each_other():
    rnn = layers.GRU(5, stateful=True)
    a = Input(batch_shape=(2, 2, 3))
    model = Model(a, rnn(a))
    model(X[:, :2])
    second = model(X[:, 2:])
    free = layers.GRU(5)
    free.build((None, 4, 3))
    free.set_weights(rnn.get_weights())
    np.testing.assert_allclose(second, free(X), rtol=1e-5, atol=1e-6)
    rnn.reset_state()
    np.testing.assert_allclose(model(X[:, :2]), free(X[:, :2]), rtol=1e-5, atol=1e-6)
    assert len(model.weights) == 3
    with pytest.raises(ShapeError, match="must be static"):
        layers.GRU(5, stateful=True)(Input((4, 3)))


def test_dropout_masks_are_the_same_at_all_steps():
    rnn = layers.SimpleRNN(
        3,
        activation=None,
        dropout=0.5,
        recurrent_initializer="zeros",
        kernel_initializer="identity",
        return_sequences=True,
        seed=4,
    )
    out = rnn(np.ones((6, 5, 3), "float32"), training=True)
    assert set(np.unique(out)) == {0.0, 2.0}
    assert (out == out[:, :1]).all()
    np.testing.assert_array_equal(rnn(np.ones((6, 5, 3), "float32")), 1.0)


def test_wrappers_check_what_they_wrap():
    with pytest.raises(ArgumentError, match="that is recurrent"):
        layers.Bidirectional(layers.Dense(2))
    with pytest.raises(ArgumentError, match="Invalid merge mode"):
        layers.Bidirectional(layers.LSTM(2), merge_mode="glue")
    with pytest.raises(ShapeError, match="at least 3 dimensions"):
        layers.TimeDistributed(layers.Dense(2))(Input((3,)))
    with pytest.raises(ShapeError, match="expected ndim=3"):
        layers.LSTM(2)(Input((3,)))
    with pytest.raises(ArgumentError, match="state_size"):
        layers.RNN(layers.Dense(2))
    with pytest.raises(ShapeError, match="expects 2 state"):
        layers.LSTM(2)(X, initial_state=[np.zeros((2, 2), "float32")])


def test_steps_must_be_known_when_it_runs():
    a = Input((None, 3))
    model = Model(a, layers.LSTM(2)(a))
    assert model.output_shape == (None, 2)
    assert model(X).shape == (2, 2)  # known from the data
    assert model(X[:, :2]).shape == (2, 2)


def test_a_cell_of_the_users():
    class Sums(layers.Layer):
        state_size = 3

        def call(self, inputs, states):
            h = inputs + states[0]
            return h, [h]

    np.testing.assert_allclose(layers.RNN(Sums())(X), X.sum(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layers.RNN(Sums(), return_sequences=True)(X), X.cumsum(1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("given", [True, False, "auto"])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_use_cudnn_is_noted(name, given):
    both = layers.Bidirectional(getattr(layers, name)(1, use_cudnn=given))
    assert both.forward_layer.use_cudnn == both.backward_layer.use_cudnn == given
    assert not hasattr(layers.SimpleRNN(1), "use_cudnn")
    with pytest.raises(ValueError, match="use_cudnn=3"):
        getattr(layers, name)(1, use_cudnn=3)


class Doubled(layers.LSTMCell):
    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training=training)
        return output * 2, states


@pytest.mark.parametrize("around", [lambda c: c, lambda c: [layers.GRUCell(3), c]], ids=["alone", "stacked"])
def test_a_cell_with_a_call_of_its_own_is_called(around):
    own, plain = (layers.RNN(around(kind(5))) for kind in (Doubled, layers.LSTMCell))
    plain.build(X.shape)
    own.build(X.shape)
    own.set_weights(plain.get_weights())
    np.testing.assert_allclose(own(X), 2 * plain(X), rtol=1e-6)


class Masked(layers.GRUCell):
    def call(self, inputs, states, training=False):
        mask = self.get_dropout_mask(inputs) if training else None
        return (inputs if mask is None else inputs * mask), states


def test_masks_that_a_cell_asks_for_are_the_same_at_all_steps():
    rnn = layers.RNN(Masked(3, dropout=0.5, seed=4), return_sequences=True)
    ones = np.ones((6, 5, 3), "float32")
    first, second = np.asarray(rnn(ones, training=True)), np.asarray(rnn(ones, training=True))
    assert set(np.unique(first)) == {0.0, 2.0}
    assert (first == first[:, :1]).all()
    assert (first != second).any()  # each call draws anew
    np.testing.assert_array_equal(rnn(ones), ones)
    cell = layers.LSTMCell(3, recurrent_dropout=0.5)
    assert cell.get_dropout_mask(ones[:, 0]) is None
    kept = cell.get_recurrent_dropout_mask(ones[:, 0])
    assert cell.get_recurrent_dropout_mask(ones[:, 0]) is kept
    cell.reset_recurrent_dropout_mask()
    assert cell.get_recurrent_dropout_mask(ones[:, 0]) is not kept


@pytest.mark.parametrize("layer", [layers.LSTM(3), layers.GRU(3), layers.SimpleRNN(3), layers.ConvLSTM2D(3, 2)])
def test_a_layer_shows_what_its_cell_was_made_with(layer):
    for name in layer.cell.own_config():
        assert getattr(layer, name) is getattr(layer.cell, name)
    with pytest.raises(AttributeError, match="no attribute 'unitz'"):
        assert layer.unitz


def test_states_of_both_directions():
    both = layers.Bidirectional(layers.LSTM(5, stateful=True))
    assert both.states is None
    both(X)
    assert [s.shape for s in both.states] == [(2, 5)] * 4


@pytest.mark.parametrize("make", [layers.SimpleRNNCell, layers.GRUCell])
def test_cells_return_states_as_they_got_them(make):
    x, h = np.ones((2, 4), "float32"), np.zeros((2, 3), "float32")
    cell = make(3)
    output, state = cell(x, h)
    listed, [same] = cell(x, [h])
    np.testing.assert_array_equal(output, listed)
    np.testing.assert_array_equal(state, same)
    assert cell(Input((4,)), Input((3,)))[1].shape == (None, 3)
    assert [s.shape for s in cell(Input((4,)), [Input((3,))])[1]] == [(None, 3)]
