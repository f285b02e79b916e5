"""Wrappers that put a value in place of a kernel at each call: a spectral norm, an equalised rate; a loop, then fit."""

import numpy as np
import tensorflow as tf


class Normalised(tf.keras.layers.Wrapper):
    def build(self, input_shape):
        self.layer.build(input_shape)
        self.w = self.layer.kernel
        self.columns = self.w.get_shape().as_list()[-1]
        self.u = self.add_weight(name="u", shape=[1, self.columns], initializer="ones", trainable=False)
        self.built = True

    def call(self, x, training=True):
        w = tf.reshape(self.w, [-1, self.columns])
        v = tf.math.l2_normalize(tf.matmul(self.u, w, transpose_b=True))
        u = tf.math.l2_normalize(tf.matmul(v, w))
        if training:
            self.u.assign(u)
        u, v = tf.stop_gradient(u), tf.stop_gradient(v)
        sigma = tf.matmul(tf.matmul(v, w), u, transpose_b=True)
        self.layer.kernel = tf.reshape(w / sigma, self.w.shape)
        return self.layer(x)


class Equalised(tf.keras.layers.Wrapper):
    def build(self, input_shape):
        self.layer.build(input_shape)
        self.w = self.layer.kernel
        self.scale = np.float32(1.0 / np.sqrt(np.prod(self.w.shape[:-1])))
        self.built = True

    def call(self, x):
        with tf.name_scope("scaled"):
            self.layer.kernel = tf.identity(self.w * self.scale)
        return self.layer(x)


class Critic(tf.keras.Model):
    def __init__(self):
        super().__init__("critic")
        self.parts = [
            Normalised(tf.keras.layers.Conv1D(4, 3, activation=tf.nn.leaky_relu)),
            Equalised(tf.keras.layers.Dense(3, kernel_initializer="random_normal")),
            tf.keras.layers.Flatten(),
            Normalised(tf.keras.layers.Dense(1)),
        ]

    def call(self, x, training):
        for part in self.parts:
            x = part(x, training=training) if isinstance(part, Normalised) else part(x)
        return x


rng = np.random.default_rng(2)
x, y = rng.normal(size=(8, 6, 2)).astype("float32"), rng.normal(size=(8, 1)).astype("float32")
critic, optimizer = Critic(), tf.keras.optimizers.SGD(0.05)
critic(x[:1], training=False)
assert critic.name == "critic"
start = [w.numpy() for w in critic.trainable_variables]
losses = []
for _ in range(4):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(critic(x, training=True) - y))
    grads = tape.gradient(loss, critic.trainable_variables)
    assert len(grads) == 6 and all(g is not None and np.any(g.numpy()) for g in grads)
    optimizer.apply_gradients(zip(grads, critic.trainable_variables))
    losses.append(float(loss))
assert losses[-1] < losses[0]
assert all(np.abs(w.numpy() - old).max() > 0 for w, old in zip(critic.trainable_variables, start))
for _ in range(20):  # the vectors settle: the largest singular value is 1
    critic(x, training=True)
kernel = critic.parts[3].layer.kernel.numpy()
np.testing.assert_allclose(np.linalg.norm(kernel), 1.0, rtol=1e-3)
critic.compile("sgd", "mse")
assert len(critic.fit(x, y, epochs=2, verbose=0).history["loss"]) == 2
