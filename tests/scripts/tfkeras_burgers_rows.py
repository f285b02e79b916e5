"""A layer with derivatives of a network along its inputs, row by row, in a model of three inputs; L-BFGS around it."""

import numpy as np
import scipy.optimize
import tensorflow as tf


class Derivatives(tf.keras.layers.Layer):
    def __init__(self, network, **kwargs):
        self.network = network
        super().__init__(**kwargs)

    def call(self, x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                u = self.network(x)
            first = inner.batch_jacobian(u, x)
            u_t, u_x = first[..., 0], first[..., 1]
        u_xx = outer.batch_jacobian(u_x, x)[..., 1]
        return u, u_t, u_x, u_xx


rng = np.random.default_rng(4)
network = tf.keras.Sequential(
    [tf.keras.Input((2,)), tf.keras.layers.Dense(6, activation="tanh"), tf.keras.layers.Dense(1)]
)
network.set_weights([rng.normal(scale=0.7, size=w.shape) for w in network.get_weights()])
inside, start, edge = (tf.keras.Input((2,)) for _ in range(3))
u, u_t, u_x, u_xx = Derivatives(network)(inside)
assert [tuple(s.shape) for s in (u, u_t, u_x, u_xx)] == [(None, 1)] * 4
model = tf.keras.Model([inside, start, edge], [u_t + u * u_x - 0.01 * u_xx, network(start), network(edge)])

rows = rng.uniform(-1, 1, size=(10, 2))
at_start, at_edge = rows * [0.0, 1.0], np.stack([rows[:, 0], np.sign(rows[:, 1])], 1)
xs = [tf.constant(v, dtype=tf.float32) for v in (rows, at_start, at_edge)]
ys = [
    tf.constant(v, dtype=tf.float32) for v in (np.zeros((10, 1)), -np.sin(np.pi * at_start[:, 1:]), np.zeros((10, 1)))
]

# the residual by differences
step = 1e-2
shift = np.array([[step, 0.0], [0.0, step]])
value = lambda r: network(r.astype("float32")).numpy().astype("float64")
slope = [(value(rows + s) - value(rows - s)) / (2 * step) for s in shift]
bend = (value(rows + shift[1]) - 2 * value(rows) + value(rows - shift[1])) / step**2
np.testing.assert_allclose(model.predict(xs, verbose=0)[0], slope[0] + value(rows) * slope[1] - 0.01 * bend, atol=2e-3)


@tf.function
def loss_and_gradients():
    with tf.GradientTape() as tape:
        parts = [tf.keras.losses.mse(y, f) for y, f in zip(ys, model(xs))]
        loss = tf.reduce_mean(parts)
    return loss, tape.gradient(loss, model.trainable_variables)


def evaluate(flat):
    shapes = [w.shape for w in model.get_weights()]
    cuts = np.cumsum([int(np.prod(s)) for s in shapes])[:-1]
    model.set_weights([part.reshape(s) for part, s in zip(np.split(flat, cuts), shapes)])
    loss, grads = loss_and_gradients()
    return loss.numpy().astype("float64"), np.concatenate([g.numpy().ravel() for g in grads]).astype("float64")


first = np.concatenate([w.ravel() for w in model.get_weights()])
before = evaluate(first)[0]
found = scipy.optimize.minimize(evaluate, first, jac=True, method="L-BFGS-B", options={"maxiter": 10})
assert found.fun < 0.7 * before
