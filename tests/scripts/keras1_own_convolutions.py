# Classes that Keras 1 scripts derived from its convolutions, sizes that `/` of Python 3 makes floats.
import numpy as np
from keras import backend as K
from keras.engine import Input, Model
from keras.layers import Convolution2D, Dense, Embedding, Merge, RepeatVector
from keras.layers.convolutional import AtrousConvolution1D
from keras.models import Sequential
from keras.regularizers import l2


class CausalAtrousConvolution1D(AtrousConvolution1D):
    def __init__(self, nb_filter, filter_length, init="glorot_uniform", activation=None, weights=None,
                 border_mode="valid", subsample_length=1, atrous_rate=1, W_regularizer=None, b_regularizer=None,
                 activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True, causal=False,
                 **kwargs):  # fmt: skip
        super(CausalAtrousConvolution1D, self).__init__(
            nb_filter, filter_length, init, activation, weights, border_mode, subsample_length, atrous_rate,
            W_regularizer, b_regularizer, activity_regularizer, W_constraint, b_constraint, bias, **kwargs
        )  # fmt: skip
        self.causal = causal

    def get_output_shape_for(self, input_shape):
        return (*input_shape[:2], self.nb_filter)

    def call(self, x, mask=None):
        if self.causal:
            x = K.temporal_padding(x, (self.atrous_rate * (self.filter_length - 1), 0))
        return super(CausalAtrousConvolution1D, self).call(x, mask)


steps = Input(shape=(8, 3))
options = {"atrous_rate": 2, "causal": True, "W_regularizer": l2(1e-3), "bias": False}
tanh = CausalAtrousConvolution1D(4, 2, activation="tanh", **options)
gate = CausalAtrousConvolution1D(4, 2, activation="sigmoid", **options)
assert (tanh.nb_filter, tanh.filter_length, tanh.atrous_rate) == (4, 2, 2)
model = Model(steps, Merge(mode="mul")([tanh(steps), gate(steps)]))
x = np.random.RandomState(0).rand(2, 8, 3).astype("float32")
y = model.predict(x)
x[:, -1] += 1
assert y.shape == (2, 8, 4) and np.allclose(model.predict(x)[:, :-1], y[:, :-1], atol=1e-6)
model.compile("sgd", "mse")
model.fit(x, y, nb_epoch=1, verbose=0)
model.save("model.h5")  # without a get_config of its own


class Masked(Convolution2D):
    def build(self, input_shape):
        super().build(input_shape)
        self.shown = K.variable(np.eye(3).reshape(3, 3, 1, 1))

    def call(self, x):
        return K.conv2d(x, self.kernel * self.shown, padding=self.border_mode)


masked = Masked(2, 3, 3, "one", "relu", border_mode="same", input_shape=(5, 5, 1))
seen = Sequential([masked]).predict(np.ones((1, 5, 5, 1)))
assert isinstance(masked, Masked) and masked.nb_row == masked.nb_col == 3
np.testing.assert_allclose(seen[0, 2, 2], [3, 3])
assert Masked(4, kernel_size=3, padding="valid").border_mode == "valid"

width = 9
halves = Sequential([Embedding(5, width / 3, input_length=1), Dense(width / 2), Dense(units=width / 3)])
assert halves.predict(np.zeros((2, 1))).shape == (2, 1, 3) and halves.layers[1].units == 4
assert Sequential([RepeatVector(width / 3, input_shape=(2,))]).output_shape == (None, 3, 2)
