# A peephole LSTM derived from LSTM, with a step on the gates' parts of its weights; wrappers that say what they have.
import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import GRU, LSTM, Dense, Input
from keras.models import Model


class PeepholeLSTM(LSTM):
    def build(self, input_shape):
        super(PeepholeLSTM, self).build(input_shape)
        self.peephole = self.add_weight(shape=(3, self.units), name="peephole", initializer="zeros")

    def step(self, inputs, states):
        h, c = states[0], states[1]
        i = K.dot(inputs, self.kernel_i) + K.dot(h, self.recurrent_kernel_i) + self.bias_i + c * self.peephole[0]
        f = K.dot(inputs, self.kernel_f) + K.dot(h, self.recurrent_kernel_f) + self.bias_f + c * self.peephole[1]
        g = K.dot(inputs, self.kernel_c) + K.dot(h, self.recurrent_kernel_c) + self.bias_c
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        o = K.dot(inputs, self.kernel_o) + K.dot(h, self.recurrent_kernel_o) + self.bias_o + c * self.peephole[2]
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]


class Around(Layer):
    def __init__(self, layer, **kwargs):
        self.layer = layer
        super(Around, self).__init__(**kwargs)

    @property
    def activity_regularizer(self):
        return self.layer.activity_regularizer

    def build(self, input_shape):
        self.layer.build(input_shape)
        self.losses = self.layer.losses
        super(Around, self).build(input_shape)

    def call(self, inputs):
        return self.layer.call(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


rng = np.random.RandomState(0)
x = rng.rand(4, 6, 3).astype("float32")
a, b = Input((6, 3)), Input((6, 3))
peephole = Model(a, PeepholeLSTM(5)(a))
plain = Model(b, LSTM(5)(b))
plain.set_weights(peephole.layers[1].cell.get_weights())
np.testing.assert_allclose(peephole.predict(x), plain.predict(x), rtol=1e-5, atol=1e-6)
peephole.compile("sgd", "mse")
peephole.fit(x, np.ones((4, 5)), epochs=3, verbose=0)
assert np.abs(K.get_value(peephole.layers[1].peephole)).min() > 0

gru = GRU(5, reset_after=False)
c = Input((6, 3))
Model(c, gru(c))
kernel, recurrent, _ = gru.get_weights()
for k, letter in enumerate("zrh"):
    part = slice(5 * k, 5 * k + 5)
    np.testing.assert_array_equal(K.get_value(getattr(gru, "kernel_" + letter)), kernel[:, part])
    np.testing.assert_array_equal(K.get_value(getattr(gru.cell, "recurrent_kernel_" + letter)), recurrent[:, part])

d = Input((3,))
model = Model(d, Around(Dense(2, kernel_regularizer="l2", activity_regularizer="l1"))(d))
model.compile("sgd", "mse")
assert model.evaluate(x[:, 0], model.predict(x[:, 0]), verbose=0) > 0.001
