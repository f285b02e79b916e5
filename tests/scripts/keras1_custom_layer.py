"""A layer in Keras 1's and 2's manner: build, call(x, mask=None), get_output_shape_for left out, K functions."""

import numpy as np
from keras import backend as K
from keras import initializers
from keras.engine.topology import InputSpec, Layer
from keras.models import Sequential


class MyDense(Layer):
    def __init__(self, output_dim, init="glorot_uniform", **kwargs):
        self.output_dim = output_dim
        self.init = initializers.get(init)
        super(MyDense, self).__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(dtype=K.floatx(), shape=(None, input_shape[1]))]
        self.W = self.add_weight(
            name="W", shape=(input_shape[1], self.output_dim), initializer=self.init, trainable=True
        )
        self.b = self.add_weight(name="b", shape=(self.output_dim,), initializer="zero")
        super(MyDense, self).build(input_shape)

    def call(self, x, mask=None):
        return K.dot(x, self.W) + self.b

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.output_dim)

    def get_config(self):
        config = {"output_dim": self.output_dim}
        base_config = super(MyDense, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))


def root_mean_squared_error(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1))


model = Sequential()
model.add(MyDense(3, input_shape=(4,)))
model.add(MyDense(1))
model.compile("sgd", root_mean_squared_error)
x = np.random.RandomState(0).rand(8, 4)
model.fit(x, x.sum(1), nb_epoch=1, verbose=0)
w, b = model.layers[0].get_weights()
hidden = x.astype("float32") @ w + b
w, b = model.layers[1].get_weights()
np.testing.assert_allclose(model.predict(x), hidden @ w + b, rtol=1e-4, atol=1e-5)
assert model.layers[0].get_config()["output_dim"] == 3 and len(model.trainable_weights) == 4
