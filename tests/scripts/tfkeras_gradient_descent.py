"""Gradient descent on x**2 and on a valley by hand, then the same by an optimizer: the first lesson with a tape."""

import numpy as np
import tensorflow as tf

x = tf.Variable(3.0)
with tf.GradientTape() as tape:
    y = x**2
print("dy/dx", tape.gradient(y, x).numpy())

path = []
for step in range(10):
    with tf.GradientTape() as tape:
        y = x**2
    x.assign_sub(0.1 * tape.gradient(y, x))
    path.append(x.numpy())
print("path", *path)
assert np.allclose(path, 3.0 * 0.8 ** np.arange(1, 11))


def rosenbrock(a, b):
    return (1 - a) ** 2 + 10 * (b - a**2) ** 2


a, b = tf.Variable(-1.0, name="a"), tf.Variable(1.0, name="b")
for step in range(50):
    with tf.GradientTape() as tape:
        z = rosenbrock(a, b)
    da, db = tape.gradient(z, [a, b])
    a.assign(a - 0.01 * da)
    b.assign(b - 0.01 * db)
print("valley", a.numpy(), b.numpy(), float(z))

w = tf.Variable([4.0, -2.0])
opt = tf.keras.optimizers.SGD(learning_rate=0.1, momentum=0.5)
for step in range(5):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(w - [1.0, 1.0]))
    grads = tape.gradient(loss, [w])
    opt.apply_gradients(zip(grads, [w]))
    print(f"step {step}: loss {loss:.4f} w {w.numpy()}")
print("steps counted", int(opt.iterations))
