"""Layers with build, sub-layers, add_loss, masks and configs, after the guide on making layers of tf.keras."""

import numpy as np
import tensorflow as tf
from tensorflow import keras


class Linear(keras.layers.Layer):
    def __init__(self, units=4, **kwargs):
        super(Linear, self).__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="random_normal", trainable=True)

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b

    def get_config(self):
        config = super(Linear, self).get_config()
        config.update({"units": self.units})
        return config


class ComputeSum(keras.layers.Layer):
    def __init__(self, input_dim):
        super(ComputeSum, self).__init__()
        self.total = tf.Variable(initial_value=tf.zeros((input_dim,)), trainable=False)

    def call(self, inputs):
        self.total.assign_add(tf.reduce_sum(inputs, axis=0))
        return self.total


class MLPBlock(keras.layers.Layer):
    def __init__(self):
        super(MLPBlock, self).__init__()
        self.linear_1, self.linear_2, self.linear_3 = Linear(4), Linear(4), Linear(1)

    def call(self, inputs):
        x = tf.nn.relu(self.linear_1(inputs))
        x = tf.nn.relu(self.linear_2(x))
        return self.linear_3(x)


class ActivityRegularizationLayer(keras.layers.Layer):
    def __init__(self, rate=1e-2):
        super(ActivityRegularizationLayer, self).__init__()
        self.rate = rate

    def call(self, inputs):
        self.add_loss(self.rate * tf.reduce_sum(inputs))
        return inputs


class CustomDropout(keras.layers.Layer):
    def __init__(self, rate, **kwargs):
        super(CustomDropout, self).__init__(**kwargs)
        self.rate = rate

    def call(self, inputs, training=None):
        if training:
            return tf.nn.dropout(inputs, rate=self.rate)
        return inputs


x = tf.ones((2, 2))
my_sum = ComputeSum(2)
assert my_sum(x).numpy().tolist() == [2, 2] and my_sum(x).numpy().tolist() == [4, 4]
assert len(my_sum.weights) == 1 and not my_sum.trainable_weights
mlp = MLPBlock()
y = mlp(tf.ones(shape=(3, 64)))
assert len(mlp.weights) == 6 and len(mlp.trainable_weights) == 6 and y.shape == (3, 1)
layer = ActivityRegularizationLayer()
layer(tf.zeros((1, 1)))
assert len(layer.losses) == 1
config = Linear(64).get_config()
assert Linear.from_config(config).units == 64
d = CustomDropout(0.5)
assert (
    np.array_equal(d(np.ones((3, 4), "float32")), np.ones((3, 4))) and (d(tf.ones((50, 4)), training=True) == 0).any()
)
with keras.utils.custom_object_scope({"Linear": Linear}):
    model = keras.Sequential([keras.Input((3,)), Linear(2, name="own"), CustomDropout(0.1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
assert model.get_layer("own").w.shape == (3, 2)
