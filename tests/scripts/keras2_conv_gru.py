# A convolutional GRU on the bases of Keras 2's ConvLSTM2D, with the private functions that such code imports.
import numpy as np
from keras import activations, initializers
from keras import backend as K
from keras.engine import Layer
from keras.engine.base_layer import _collect_previous_mask
from keras.layers import Dense, Flatten, Input
from keras.layers.convolutional_recurrent import ConvRNN2D
from keras.layers.recurrent import _generate_dropout_mask, _standardize_args
from keras.models import Model, load_model
from keras.utils import conv_utils


class ConvGRU2DCell(Layer):
    def __init__(self, filters, kernel_size, padding="same", data_format=None, dropout=0.0, **kwargs):
        super(ConvGRU2DCell, self).__init__(**kwargs)
        self.filters, self.padding, self.dropout = filters, padding, dropout
        self.kernel_size = conv_utils.normalize_tuple(kernel_size, 2, "kernel_size")
        self.strides = self.dilation_rate = (1, 1)
        self.data_format = K.normalize_data_format(data_format)
        self.activation = activations.get("tanh")
        self.state_size = filters

    def build(self, input_shape):
        channels = input_shape[1 if self.data_format == "channels_first" else -1]
        self.kernel = self.add_weight(
            self.kernel_size + (channels, 3 * self.filters), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            self.kernel_size + (self.filters, 3 * self.filters), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((3 * self.filters,), initializer=initializers.zeros(), name="bias")
        self.built = True

    def call(self, inputs, states, training=None):
        h = states[0]
        if 0 < self.dropout < 1:
            inputs = inputs * _generate_dropout_mask(K.ones_like(inputs), self.dropout, training=training)
        n = self.filters
        x = self.conv(inputs, self.kernel, self.padding)
        x = K.bias_add(x, self.bias, data_format=self.data_format)
        first = self.data_format == "channels_first"
        cut = (lambda v, k: v[:, k * n : k * n + n]) if first else (lambda v, k: v[..., k * n : k * n + n])
        inner = self.conv(h, self.recurrent_kernel, "same")
        z, r = (K.hard_sigmoid(cut(x, k) + cut(inner, k)) for k in (0, 1))
        hh = self.activation(cut(x, 2) + self.conv(r * h, self.recurrent_kernel[..., 2 * n :], "same"))
        h = z * h + (1 - z) * hh
        return h, [h]

    def conv(self, x, kernel, padding):
        return K.conv2d(x, kernel, strides=(1, 1), padding=padding, data_format=self.data_format)

    def get_config(self):
        own = dict(filters=self.filters, kernel_size=self.kernel_size, padding=self.padding, dropout=self.dropout)
        return dict(super(ConvGRU2DCell, self).get_config(), data_format=self.data_format, **own)


class ConvGRU2D(ConvRNN2D):
    def __init__(self, filters, kernel_size, padding="same", data_format=None, dropout=0.0, return_sequences=False,
                 stateful=False, **kwargs):  # fmt: skip
        cell = ConvGRU2DCell(filters, kernel_size, padding, data_format, dropout)
        super(ConvGRU2D, self).__init__(cell, return_sequences=return_sequences, stateful=stateful, **kwargs)

    def call(self, inputs, mask=None, training=None, initial_state=None):
        inputs, initial_state, _ = _standardize_args(inputs, initial_state, None, None)
        return super(ConvGRU2D, self).call(inputs, mask=mask, training=training, initial_state=initial_state)

    def get_config(self):
        own = {n: self.cell.get_config()[n] for n in ("filters", "kernel_size", "padding", "data_format", "dropout")}
        config = super(ConvGRU2D, self).get_config()
        config.pop("cell")
        return dict(config, **own)


rng = np.random.RandomState(0)
x = rng.rand(4, 5, 6, 6, 2).astype("float32")
frames = Input((5, 6, 6, 2))
assert _collect_previous_mask(frames) is None
hidden = ConvGRU2D(3, (3, 3), dropout=0.2, return_sequences=True)(frames)
assert K.int_shape(hidden) == (None, 5, 6, 6, 3)
hidden = ConvGRU2D(2, 3, padding="valid")(hidden)
assert K.int_shape(hidden) == (None, 4, 4, 2)
model = Model(frames, Dense(1)(Flatten()(hidden)))
model.compile("adam", "mse")
before = model.evaluate(x, np.ones(4), verbose=0)
model.fit(x, np.ones(4), epochs=8, verbose=0)
assert model.evaluate(x, np.ones(4), verbose=0) < before
model.save("gru.h5")
again = load_model("gru.h5", custom_objects={"ConvGRU2D": ConvGRU2D})
np.testing.assert_allclose(again.predict(x), model.predict(x), rtol=1e-6)

# channels first, with the weights of channels last: the same numbers
a, b = Input((5, 6, 6, 2)), Input((5, 2, 6, 6))
last = Model(a, ConvGRU2D(3, 3, data_format="channels_last")(a))
first = Model(b, ConvGRU2D(3, 3, data_format="channels_first")(b))
first.set_weights(last.get_weights())
found = first.predict(np.moveaxis(x, -1, 2))
assert first.output_shape == (None, 3, 6, 6)
np.testing.assert_allclose(np.moveaxis(found, 1, -1), last.predict(x), rtol=1e-4, atol=1e-6)

# states that a stateful layer keeps
c = Input(batch_shape=(4, 5, 6, 6, 2))
kept = Model(c, ConvGRU2D(3, 3, stateful=True)(c))
one = kept.predict(x, batch_size=4)
assert not np.allclose(kept.predict(x, batch_size=4), one)
kept.reset_states()
np.testing.assert_allclose(kept.predict(x, batch_size=4), one, rtol=1e-6)
