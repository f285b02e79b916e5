"""An LSTM whose output is gated by a vector from elsewhere in the graph: step and get_constants of Keras 1."""

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input
from keras.layers.recurrent import LSTM, time_distributed_dense
from keras.models import Model


class GatedLSTM(LSTM):
    def __init__(self, output_dim, question, **kwargs):
        self.question = question
        super(GatedLSTM, self).__init__(output_dim, **kwargs)

    def build(self, input_shape):
        super(GatedLSTM, self).build(input_shape)
        width = self.question._keras_shape[1]
        self.U_gate = self.add_weight((width, self.output_dim), initializer=self.inner_init, name="U_gate")

    def get_constants(self, x):
        constants = super(GatedLSTM, self).get_constants(x)
        constants.append(K.dot(self.question, self.U_gate))
        return constants

    def step(self, x, states):
        h, [h, c] = super(GatedLSTM, self).step(x, states)
        h = h * K.sigmoid(states[4])
        return h, [h, c]


question, story = Input((5,)), Input((6, 3))
asked = Dense(4)(question)
model = Model([story, question], Dense(1)(GatedLSTM(4, asked)(story)))
model.compile("adam", "mse")
rng = np.random.RandomState(0)
x, q, y = rng.rand(8, 6, 3), rng.rand(8, 5), rng.rand(8, 1)
before = [w.copy() for w in model.get_weights()]
history = model.fit([x, q], y, nb_epoch=3, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
assert all(np.abs(a - b).max() > 0 for a, b in zip(before, model.get_weights()))  # also those before the question

w = np.ones((3, 2), "float32")
assert np.allclose(K.eval(time_distributed_dense(K.variable(x), K.variable(w))), x.sum(-1, keepdims=True), atol=1e-5)
