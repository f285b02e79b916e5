"""A cell of one's own stepped through time by a Python loop, and by tf.while_loop; the gradients agree."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.RandomState(31)


class MinimalGatedCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        self.w_f = self.add_weight(shape=(input_shape[-1] + self.units, self.units), name="w_f")
        self.w_h = self.add_weight(shape=(input_shape[-1] + self.units, self.units), name="w_h")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, inputs, states):
        h = states[0]
        f = tf.sigmoid(tf.matmul(tf.concat([inputs, h], axis=-1), self.w_f) + self.b)
        candidate = tf.tanh(tf.matmul(tf.concat([inputs, f * h], axis=-1), self.w_h))
        h = (1 - f) * h + f * candidate
        return h, [h]


cell, head = MinimalGatedCell(4), layers.Dense(1)
x = rng.normal(size=(3, 6, 2)).astype("float32")
y = x.sum(axis=(1, 2))[:, None] * 0.1
cell.build((3, 2))
head.build((3, 4))
for layer in (cell, head):
    layer.set_weights([rng.normal(size=w.shape, scale=0.4) for w in layer.get_weights()])
variables = cell.trainable_variables + head.trainable_variables


def by_python(sequence):
    states, outputs = [tf.zeros((3, 4))], []
    for x_t in tf.unstack(sequence, axis=1):
        out, states = cell(x_t, states)
        outputs.append(out)
    return tf.stack(outputs, axis=1)[:, -1]


def by_while_loop(sequence):
    def body(t, h):
        h, _ = cell(sequence[:, t], [h])
        return t + 1, h

    return tf.while_loop(lambda t, h: t < 6, body, [tf.constant(0), tf.zeros((3, 4))])[1]


optimizer = tf.keras.optimizers.RMSprop(0.01)
sequence = tf.constant(x)
for step in range(4):
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_mean(tf.square(head(by_python(sequence)) - y))
        again = tf.reduce_mean(tf.square(head(by_while_loop(sequence)) - y))
    gradients = tape.gradient(loss, variables)
    for one, other in zip(gradients, tape.gradient(again, variables)):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    optimizer.apply_gradients(zip(gradients, variables))
    print("step", step, "loss", loss.numpy(), "norm", tf.linalg.global_norm(gradients).numpy())
rnn = layers.RNN(cell)
np.testing.assert_allclose(rnn(sequence), by_python(sequence), rtol=1e-5, atol=1e-6)
print("last", *by_python(sequence).numpy()[0])
