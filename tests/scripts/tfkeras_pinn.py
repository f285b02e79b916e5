"""A network that solves u'' = -u with u(0) = 0 and u'(0) = 1: derivatives along the input inside the loss."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(19)
net = tf.keras.Sequential(
    [
        tf.keras.Input((1,)),
        tf.keras.layers.Dense(10, activation="tanh"),
        tf.keras.layers.Dense(10, activation="tanh"),
        tf.keras.layers.Dense(1),
    ]
)
net.set_weights([rng.normal(size=w.shape, scale=0.5) for w in net.get_weights()])
t_col = tf.constant(np.linspace(0, np.pi, 12)[:, None], dtype=tf.float32)
t0 = tf.zeros((1, 1))
optimizer = tf.keras.optimizers.Adam(learning_rate=0.01)


def derivatives(t):
    with tf.GradientTape() as t2:
        t2.watch(t)
        with tf.GradientTape() as t1:
            t1.watch(t)
            u = net(t)
        u_t = t1.gradient(u, t)
    u_tt = t2.gradient(u_t, t)
    return u, u_t, u_tt


@tf.function
def train_step():
    with tf.GradientTape() as tape:
        u, _, u_tt = derivatives(t_col)
        u0, du0, _ = derivatives(t0)
        residual = tf.reduce_mean(tf.square(u_tt + u))
        start = tf.reduce_mean(tf.square(u0)) + tf.reduce_mean(tf.square(du0 - 1.0))
        loss = residual + start
    grads = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(grads, net.trainable_variables))
    return loss, residual


for epoch in range(8):
    loss, residual = train_step()
    if epoch % 2 == 0:
        print(f"epoch {epoch} loss {loss:.5f} residual {residual:.5f}")
u, u_t, u_tt = derivatives(t_col)
print("u", *u.numpy().ravel()[::4])
print("u_t", *u_t.numpy().ravel()[::4])
print("u_tt", *u_tt.numpy().ravel()[::4])
