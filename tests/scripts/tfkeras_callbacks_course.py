"""Callbacks, losses and layers of one's own, as a TensorFlow course has them."""

import tensorflow as tf
import numpy as np
from tensorflow import keras


class myCallback(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if logs.get("accuracy") is not None and logs.get("accuracy") >= 0.0:
            print("\nReached accuracy so cancelling training!")
            self.model.stop_training = True


(x, y) = np.random.rand(30, 28, 28), np.random.randint(0, 10, 30)
model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(16, activation=tf.nn.relu),
        tf.keras.layers.Dense(10, activation=tf.nn.softmax),
    ]
)
model.compile(optimizer=tf.optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
h = model.fit(x, y, epochs=5, callbacks=[myCallback()], verbose=0)
print(len(h.epoch))


class DetectOverfitting(tf.keras.callbacks.Callback):
    def __init__(self, threshold):
        super(DetectOverfitting, self).__init__()
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs=None):
        ratio = logs["val_loss"] / logs["loss"]
        print("Epoch: {}, Val/Train loss ratio > 0: {}".format(epoch, ratio > 0))
        if ratio > self.threshold:
            self.model.stop_training = True


model.fit(x, y, validation_split=0.2, epochs=2, callbacks=[DetectOverfitting(100.0)], verbose=0)


class MyHuberLoss(tf.keras.losses.Loss):
    threshold = 1

    def __init__(self, threshold):
        super().__init__()
        self.threshold = threshold

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = tf.abs(error) <= self.threshold
        return tf.where(
            is_small_error, tf.square(error) / 2, (self.threshold * (tf.abs(error) - (0.5 * self.threshold)))
        )


class SimpleDense(tf.keras.layers.Layer):
    def __init__(self, units=32, activation=None):
        super(SimpleDense, self).__init__()
        self.units = units
        self.activation = tf.keras.activations.get(activation)

    def build(self, input_shape):
        w_init = tf.random_normal_initializer()
        self.w = tf.Variable(
            name="kernel", initial_value=w_init(shape=(input_shape[-1], self.units), dtype="float32"), trainable=True
        )
        b_init = tf.zeros_initializer()
        self.b = tf.Variable(name="bias", initial_value=b_init(shape=(self.units,), dtype="float32"), trainable=True)
        super().build(input_shape)

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.w) + self.b)


from tensorflow.keras import backend as K


def my_relu(x):
    return K.maximum(-0.1, x)


m = tf.keras.Sequential([SimpleDense(6, activation="relu"), tf.keras.layers.Lambda(my_relu), keras.layers.Dense(1)])
m.compile("sgd", loss=MyHuberLoss(threshold=1.02))
m.fit(np.random.rand(20, 3), np.random.rand(20, 1), epochs=2, verbose=0)
print(len(m.variables), [w.name for w in m.layers[0].weights])


class SimpleQuadratic(tf.keras.layers.Layer):
    def __init__(self, units=32, activation=None):
        super().__init__()
        self.units, self.activation = units, tf.keras.activations.get(activation)

    def build(self, s):
        i = tf.random_normal_initializer()
        self.a = tf.Variable(i((s[-1], self.units)), trainable=True, name="a")
        self.b = tf.Variable(i((s[-1], self.units)), trainable=True, name="b")
        self.c = tf.Variable(tf.zeros_initializer()((self.units,)), trainable=True, name="c")

    def call(self, x):
        return self.activation(tf.matmul(tf.math.square(x), self.a) + tf.matmul(x, self.b) + self.c)


q = tf.keras.Sequential([keras.Input((4,)), SimpleQuadratic(5, "relu"), keras.layers.Dense(2, "softmax")])
q.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
q.fit(np.random.rand(9, 4), np.random.randint(2, size=9), verbose=0)
print(q.evaluate(np.random.rand(4, 4), np.zeros(4), verbose=0)[0] > 0)
