"""MAML on sinusoids: the outer gradient goes through a step of gradient descent, so second derivatives are needed."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(17)


def sine_task():
    amplitude, phase = rng.uniform(0.1, 5.0), rng.uniform(0, np.pi)
    x = rng.uniform(-5, 5, (10, 1)).astype("float32")
    return x, (amplitude * np.sin(x - phase)).astype("float32")


shapes = [(1, 8), (8,), (8, 8), (8,), (8, 1), (1,)]
theta = [tf.Variable(rng.normal(size=s, scale=0.5), dtype=tf.float32) for s in shapes]


def forward(x, weights):
    h = tf.nn.tanh(x @ weights[0] + weights[1])
    h = tf.nn.tanh(h @ weights[2] + weights[3])
    return h @ weights[4] + weights[5]


def mse(x, y, weights):
    return tf.reduce_mean(tf.square(forward(x, weights) - y))


optimizer = tf.keras.optimizers.SGD(0.01)
for step in range(4):
    tasks = [sine_task() for _ in range(2)]
    with tf.GradientTape() as outer:
        meta_loss = 0.0
        for x, y in tasks:
            with tf.GradientTape() as inner:
                loss = mse(x[:5], y[:5], theta)
            grads = inner.gradient(loss, theta)
            adapted = [w - 0.05 * g for w, g in zip(theta, grads)]
            meta_loss += mse(x[5:], y[5:], adapted)
    meta_grads = outer.gradient(meta_loss, theta)
    optimizer.apply_gradients(zip(meta_grads, theta))
    norm = tf.linalg.global_norm(meta_grads)
    print("meta step", step, "loss", float(meta_loss), "norm", norm.numpy())

# first order only: the inner gradient as a constant
x, y = sine_task()
results = {}
for name, keep in (("second order", tf.identity), ("first order", tf.stop_gradient)):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            loss = mse(x[:5], y[:5], theta)
        adapted = [w - 0.05 * keep(g) for w, g in zip(theta, inner.gradient(loss, theta))]
        final = mse(x[5:], y[5:], adapted)
    results[name] = outer.gradient(final, theta[0]).numpy()
    print(name, *results[name].ravel()[:4])
assert not np.allclose(*results.values())
