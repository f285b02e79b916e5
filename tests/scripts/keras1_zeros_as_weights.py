# Layers of Keras 1's years whose weights are K.zeros and K.ones: variables, trained where they are listed.
import numpy as np
from keras import backend as K
from keras import initializations
from keras.engine.topology import InputSpec, Layer
from keras.layers import ActivityRegularization, Convolution2D, Input
from keras.layers.convolutional_recurrent import ConvLSTM2D
from keras.models import Model, Sequential
from keras.utils.generic_utils import get_from_module


class Affine(Layer):
    def __init__(self, output_dim, init="glorot_uniform", bias=True, **kwargs):
        self.init = initializations.get(init)
        self.output_dim, self.bias = output_dim, bias
        super(Affine, self).__init__(**kwargs)
        self.input_spec = [InputSpec(ndim="2+")]

    def build(self, input_shape):
        self.input_spec = [InputSpec(dtype=K.floatx(), ndim="2+")]
        self.W = self.init((input_shape[-1], self.output_dim), name="{}_W".format(self.name))
        self.b = K.zeros((self.output_dim,), name="{}_b".format(self.name)) if self.bias else None
        self.gain = K.ones((self.output_dim,))
        self.fixed = K.ones((self.output_dim,))  # a constant: in no list
        self.both = K.concatenate([self.gain, self.fixed])
        self.trainable_weights = [self.W, self.b, self.gain]
        self.built = True

    def call(self, x, mask=None):
        output = K.dot(x, self.W) * self.both[: self.output_dim] * self.fixed
        if self.b:
            output += self.b
        return output

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)


class Rectified(Layer):
    def build(self, input_shape):
        self.alpha = K.variable(0.25 * np.ones(input_shape[1:]))
        self.trainable_weights = [self.alpha]

    def call(self, x, mask=None):
        return K.relu(x, self.alpha)


class Unchanged(Layer):
    pass


rng = np.random.RandomState(0)
x, y = rng.rand(8, 4).astype("float32"), rng.rand(8, 3).astype("float32")
model = Sequential([Affine(3, input_dim=4), Unchanged(), Rectified()])
model.compile("sgd", "mse")
assert len(model.trainable_weights) == 4
model.fit(x, y, nb_epoch=5, verbose=0)
W, b, gain, alpha = model.get_weights()
assert np.abs(b).min() > 0 and np.abs(gain - 1).min() > 0
z = x @ W * gain + b
np.testing.assert_allclose(model.predict(x), np.where(z > 0, z, alpha * z), rtol=1e-5, atol=1e-6)

# words of Keras 1 at any place of an argument
images = K.variable(rng.rand(1, 3, 4, 4))
assert K.int_shape(K.pool2d(images, (2, 2), (2, 2), "valid", "th")) == (1, 3, 2, 2)
assert K.int_shape(K.resize_images(images, 2, 2, "th")) == (1, 3, 8, 8)
assert K.int_shape(K.resize_images(images, 2, 2, "tf")) == (1, 6, 8, 4)
frames = Input((4, 6, 6, 1))
assert Model(frames, ConvLSTM2D(2, 3, 3, border_mode="same")(frames)).output_shape == (None, 6, 6, 2)
assert Model(frames, ConvLSTM2D(2, (3, 3), padding="same")(frames)).output_shape == (None, 6, 6, 2)
picture = Input((6, 6, 1))
assert Model(picture, Convolution2D(2, 3, 3)(picture)).output_shape == (None, 4, 4, 2)
assert get_from_module("affine", {"affine": Affine}, "layer") is Affine
assert ActivityRegularization(l2=0.1)(np.ones((1, 2), "float32")).shape == (1, 2)
