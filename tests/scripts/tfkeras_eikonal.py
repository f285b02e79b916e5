"""Distances from a circle: a network whose gradient has length 1, at points that a tf.function captures."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.default_rng(4)
inside = tf.constant(rng.uniform(-1, 1, (40, 2)), dtype=tf.float32)
angles = rng.uniform(0, 2 * np.pi, (20, 1))
circle = tf.constant(0.5 * np.hstack([np.cos(angles), np.sin(angles)]), dtype=tf.float32)
net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(24, activation="tanh"), keras.layers.Dense(1)])
rate = keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=20, decay_rate=0.9)
optimizer = keras.optimizers.Adam(rate)


def slope(points):
    with tf.GradientTape() as tape:
        tape.watch(points)
        distance = net(points, training=True)
    return tape.gradient(distance, points)


@tf.function
def step():
    with tf.GradientTape() as tape:
        length = tf.norm(slope(inside), axis=1)
        loss = tf.reduce_mean((length - 1.0) ** 2) + 10.0 * tf.reduce_mean(net(circle) ** 2)
    gradients = tape.gradient(loss, net.trainable_variables)
    assert all(g is not None for g in gradients)
    optimizer.apply_gradients(zip(gradients, net.trainable_variables))
    return loss


losses = [float(step()) for _ in range(80)]
assert losses[-1] < 0.6 * losses[0], losses[::20]
by_hand = slope(inside).numpy()
for k in range(2):
    shift = np.eye(2, dtype="float32")[k] * 1e-2
    numeric = (net(inside + shift) - net(inside - shift)).numpy()[:, 0] / 2e-2
    np.testing.assert_allclose(by_hand[:, k], numeric, atol=5e-3)
rates = [rate(k).numpy() for k in (0, 20, 40)]
np.testing.assert_allclose(rates, [0.02, 0.018, 0.0162], rtol=1e-5)
np.testing.assert_allclose(rate(tf.range(0, 41, 20, dtype=tf.float32)).numpy(), rates, rtol=1e-6)
