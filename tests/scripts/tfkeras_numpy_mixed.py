"""Tensors and arrays side by side: operators on either side, NumPy's functions, indexing, formatting, containers."""

import pickle

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(53)
a = rng.rand(3, 4).astype("float32")
t = tf.constant(a)
for name, value in {
    "array + tensor": a + t, "tensor - array": t - a, "2 * tensor": 2 * t, "tensor / 2": t / 2, "tensor ** 2": t**2,
    "1 - tensor": 1 - t, "array @ tensor": a.T @ t, "tensor @ array": t @ a.T, "-tensor": -t, "abs": abs(t - 0.5),
}.items():  # fmt: skip
    print(name, value.shape, float(np.sum(value)))
print("compare", (t > 0.5).numpy().sum(), (0.5 < t).numpy().sum(), (t >= a).numpy().all())
print("means", np.mean(t), np.asarray(t).std(), np.max(t, axis=0).shape, float(tf.reduce_mean(t)))
print("parts", t[0, 1].numpy(), t[:, -1].numpy(), t[1:, ::2].shape, t[..., None].shape)
print("length", len(t), "rows", [float(tf.reduce_sum(row)) for row in t])
scalar = tf.reduce_sum(t)
print(
    f"formats {scalar:.3f} {float(scalar):8.2f} %.3f" % scalar,
    "{:>9.4f}".format(scalar),
    int(scalar),
    round(float(scalar), 2),
)
assert bool(scalar > 1) and not bool(scalar < 0)
if scalar > 5:
    print("a branch on a value")
assert t.dtype == tf.float32 and t.shape == (3, 4) and t.ndim == 2 and tuple(t.shape.as_list()) == (3, 4)
assert isinstance(t, tf.Tensor) and tf.is_tensor(t) and not tf.is_tensor(a)
again = pickle.loads(pickle.dumps(t.numpy()))
np.testing.assert_array_equal(again, t)

layer = keras.layers.Dense(2)
out = layer(a)
layer.set_weights([np.ones((4, 2)) * 0.5, np.array([1.0, -1.0])])
out = layer(a)
print("layer", out.shape, out.numpy().sum(), np.argmax(out, axis=-1))
column = np.concatenate([out, a], axis=1)
print("joined", column.shape, column.dtype)
copied = np.zeros((3, 2), "float32")
copied[:] = out
copied[0] = out[1]
print("filled", copied.sum())
loss = keras.losses.MeanSquaredError()(np.zeros((3, 2), "float32"), out)
history = []
history.append(float(loss))
history.append(loss.numpy())
print("loss", *history, np.mean(history))

v = tf.Variable(a)
with tf.GradientTape() as tape:
    weights = np.arange(4, dtype="float32")
    y = tf.reduce_sum(v * weights) + np.float32(2.0) * tf.reduce_sum(v[0]) + float(np.pi)
g = tape.gradient(y, v)
print("gradient", *g.numpy()[0], *np.array(g)[1])
v.assign_sub(np.float32(0.5) * g)
v[0].numpy()
print("variable", v.numpy().sum(), (v + 1).numpy().sum(), np.sum(v), v.shape, float(v[0, 0]))
values = sorted([tf.constant(3.0), tf.constant(1.0), tf.constant(2.0)], key=float)
print("sorted", [x.numpy() for x in values], max(values).numpy(), sum(values).numpy())
