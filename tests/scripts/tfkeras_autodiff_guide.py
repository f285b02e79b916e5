"""The calls of TensorFlow's guides to automatic differentiation, one after another."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(61)
w = tf.Variable(rng.normal(size=(3, 2)), dtype=tf.float32, name="w")
b = tf.Variable(tf.zeros(2, dtype=tf.float32), name="b")
x = [[1.0, 2.0, 3.0]]
with tf.GradientTape(persistent=True) as tape:
    y = x @ w + b
    loss = tf.reduce_mean(y**2)
grad = tape.gradient(loss, {"w": w, "b": b})
print("structure", sorted(grad), grad["w"].shape, *grad["b"].numpy())
[dl_dw, dl_db] = tape.gradient(loss, [w, b])
np.testing.assert_array_equal(dl_dw, grad["w"])

x0 = tf.Variable(3.0, name="x0")
x1 = tf.Variable(3.0, name="x1", trainable=False)
x2 = tf.Variable(2.0, name="x2") + 1.0
x3 = tf.constant(3.0, name="x3")
with tf.GradientTape() as tape:
    y = (x0**2) + (x1**2) + (x2**2)
grad = tape.gradient(y, [x0, x1, x2, x3])
print("None where nothing was watched", [None if g is None else g.numpy() for g in grad])
print("watched", len(tape.watched_variables()))

with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(x1)
    y = tf.reduce_sum(tf.nn.softplus(x1) + tf.math.sin(x0))
print("only x1", tape.gradient(y, {"x0": x0, "x1": x1})["x1"].numpy())

x = tf.constant([1.0, 3.0])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = x * x
    z = y * y
print("through the middle", *tape.gradient(z, x).numpy(), *tape.gradient(z, y).numpy(), *tape.gradient(y, x).numpy())
del tape

x = tf.Variable(2.0)
with tf.GradientTape() as tape:
    y0, y1 = x**2, 1 / x
print("two targets", tape.gradient({"y0": y0, "y1": y1}, x).numpy())
with tf.GradientTape() as tape:
    y = x * [3.0, 4.0]
print("not a scalar", tape.gradient(y, x).numpy())

x = tf.constant(1.0)
v0, v1 = tf.Variable(2.0), tf.Variable(2.0)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    result = v0 if x > 0.0 else v1**2
    with tape.stop_recording():
        hidden = v1 * 3.0
    partly = v1 * hidden
print(
    "branch",
    [None if g is None else g.numpy() for g in tape.gradient(result, [v0, v1])],
    tape.gradient(partly, v1).numpy(),
)

x, y = tf.Variable([2.0, 2.0]), tf.Variable(3.0)
with tf.GradientTape(persistent=True) as tape:
    z = y**2
print(
    "unconnected", tape.gradient(z, x), tape.gradient(z, x, unconnected_gradients=tf.UnconnectedGradients.ZERO).numpy()
)


@tf.custom_gradient
def clip_gradients(y):
    def backward(dy):
        return tf.clip_by_norm(dy, 0.5)

    return y, backward


v = tf.Variable(2.0)
with tf.GradientTape() as t:
    output = clip_gradients(v * v)
print("clipped", t.gradient(output, v).numpy())

x = tf.Variable(1.0)
with tf.GradientTape() as t2:
    with tf.GradientTape() as t1:
        y = x * x * x
    dy_dx = t1.gradient(y, x)
d2y_dx2 = t2.gradient(dy_dx, x)
print("second", dy_dx.numpy(), d2y_dx2.numpy())

x = tf.linspace(-2.0, 2.0, 5)
delta = tf.Variable(0.0)
with tf.GradientTape() as tape:
    y = tf.nn.sigmoid(x + delta)
print("jacobian of a scalar source", *tape.jacobian(y, delta).numpy())
layer = tf.keras.layers.Dense(4, activation="relu")
layer.build((2, 3))
layer.set_weights([rng.normal(size=(3, 4)), rng.normal(size=(4,))])
data = tf.constant(rng.normal(size=(2, 3)), tf.float32)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(data)
    y = layer(data)
j = tape.jacobian(y, layer.kernel)
np.testing.assert_allclose(tf.reduce_sum(j, axis=[0, 1]), tape.gradient(y, layer.kernel), rtol=1e-5)
batched = tape.batch_jacobian(y, data)
print("jacobians", j.shape, float(tf.reduce_sum(j)), batched.shape, float(tf.reduce_sum(batched**2)))

small = tf.Variable(rng.normal(size=(2, 2)), dtype=tf.float32)
with tf.GradientTape() as t2:
    with tf.GradientTape() as t1:
        loss = tf.reduce_mean(tf.tanh(small @ small) ** 2)
    g = t1.gradient(loss, small)
h = t2.jacobian(g, small)
h_mat = tf.reshape(h, [4, 4])
update = tf.linalg.solve(h_mat + tf.eye(4), tf.reshape(g, [4, 1]))
print("hessian", h.shape, float(tf.linalg.trace(h_mat)), "newton step", *update.numpy().ravel())
np.testing.assert_allclose(h_mat, tf.transpose(h_mat), atol=1e-5)
