# Layers that cut their kernels into gates in `build`: what they compute follows the weights, wherever these come from.
import numpy as np
from keras import backend as K
from keras.engine.topology import Layer
from keras.layers import RNN, Dense, Input, TimeDistributed
from keras.models import Model, Sequential, load_model, model_from_json


class Gated(Layer):
    def __init__(self, units, **kwargs):
        self.units = units
        super(Gated, self).__init__(**kwargs)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2 * self.units), name="kernel", initializer="uniform")
        self.bias = self.add_weight(shape=(2, self.units), name="bias", initializer="zeros")
        self.kernel_a, self.kernel_g = self.kernel[:, : self.units], self.kernel[:, self.units :]
        self.bias_a, rest = K.flatten(self.bias[0]), K.flatten(self.bias[1])
        self.bias_g = rest[: self.units]
        self.built = True

    def call(self, x):
        return K.bias_add(K.dot(x, self.kernel_a), self.bias_a) * K.sigmoid(K.dot(x, self.kernel_g) + self.bias_g)

    def compute_output_shape(self, input_shape):
        return input_shape[:-1] + (self.units,)

    def get_config(self):
        return dict(super(Gated, self).get_config(), units=self.units)


class GatedCell(Gated):
    @property
    def state_size(self):
        return self.units

    def build(self, input_shape):
        super(GatedCell, self).build((input_shape[0], input_shape[1] + self.units))

    def call(self, inputs, states):
        h = super(GatedCell, self).call(K.concatenate([inputs, states[0]]))
        return h, [h]


def expected(layer, x):
    kernel, bias = (np.asarray(w) for w in layer.get_weights())
    n = layer.units
    return (x @ kernel[:, :n] + bias[0]) / (1 + np.exp(-(x @ kernel[:, n:] + bias[1])))


rng = np.random.RandomState(0)
x, y = rng.rand(16, 4).astype("float32"), rng.rand(16, 3).astype("float32")
known = {"Gated": Gated, "GatedCell": GatedCell}

model = Sequential([Gated(3, input_shape=(4,))])
model.compile("sgd", "mse")
model.fit(x, y, epochs=3, verbose=0)
assert np.abs(model.get_weights()[1]).min() > 0  # both biases are trained, through flatten and a slice
np.testing.assert_allclose(model.predict(x), expected(model.layers[0], x), rtol=1e-5, atol=1e-6)

model.save("gated.h5")
model.save_weights("weights.h5")
loaded = load_model("gated.h5", custom_objects=known)
made = model_from_json(model.to_json(), custom_objects=known)
made.load_weights("weights.h5")
for again in (loaded, made):
    np.testing.assert_allclose(again.predict(x), model.predict(x), rtol=1e-6)

# inside layers of the library, which build them
steps = rng.rand(5, 6, 4).astype("float32")
for layer in (TimeDistributed(Gated(3)), RNN(GatedCell(3))):
    a = Input((6, 4))
    one = Model(a, Dense(1)(layer(a)))
    one.compile("adam", "mse")
    one.fit(steps, np.ones(one.predict(steps).shape), epochs=2, verbose=0)
    one.save("one.h5")
    np.testing.assert_allclose(load_model("one.h5", custom_objects=known).predict(steps), one.predict(steps), rtol=1e-5)
    other = Model.from_config(one.get_config(), custom_objects=known)
    assert not np.allclose(other.predict(steps), one.predict(steps))
    other.set_weights(one.get_weights())
    np.testing.assert_allclose(other.predict(steps), one.predict(steps), rtol=1e-5)

# a layer that is built by hand
layer = Gated(3)
layer.build((None, 4))
layer.set_weights(model.get_weights())
a = Input((4,))
np.testing.assert_allclose(Model(a, layer(a)).predict(x), model.predict(x), rtol=1e-5)
