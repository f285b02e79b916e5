"""Cells of one's own, stacked cells, two directions, masks, states, after Keras 3's guide on RNNs."""

import keras
import numpy as np
from keras import layers, ops


class NestedCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="uniform")
        self.recurrent = self.add_weight(shape=(self.units, self.units), initializer="orthogonal")

    def call(self, inputs, states):
        a, b = states
        output = ops.tanh(ops.matmul(inputs, self.kernel) + ops.matmul(a, self.recurrent)) + 0.1 * b
        return output, [output, b + 1]


x = np.random.default_rng(0).random((6, 5, 3)).astype("float32")
y = x.sum((1, 2))
inputs = keras.Input((5, 3))
h = layers.Masking()(inputs)
h = layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="sum")(h)
h = layers.RNN([layers.GRUCell(4), layers.LSTMCell(3)], return_sequences=True)(h)
h = layers.RNN(NestedCell(4))(h)
model = keras.Model(inputs, layers.Dense(1)(h))
model.compile(keras.optimizers.Adam(0.01), "mse")
history = model.fit(x, y, epochs=5, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
lstm = layers.LSTM(3, return_state=True, return_sequences=True)
whole, h, c = lstm(x)
first, h1, c1 = lstm(x[:, :2])
rest, h2, c2 = lstm(x[:, 2:], initial_state=[h1, c1])
np.testing.assert_allclose(np.asarray(h), np.asarray(h2), rtol=1e-4, atol=1e-6)
