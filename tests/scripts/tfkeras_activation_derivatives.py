"""Derivatives of activations, drawn below the functions: a persistent tape over a line of numbers."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

x = tf.Variable(tf.range(-8.0, 8.0, 0.5), dtype=tf.float32)
fig, axes = plt.subplots(2, 4, figsize=(8, 3))
names = ["relu", "sigmoid", "tanh", "softplus"]
for column, name in enumerate(names):
    activation = getattr(tf.nn, name)
    with tf.GradientTape() as t:
        y = activation(x)
    dy = t.gradient(y, x)
    axes[0, column].plot(x.numpy(), y.numpy(), label=name)
    axes[1, column].plot(x.numpy(), dy.numpy(), label=f"grad of {name}")
    line = axes[1, column].lines[0].get_ydata()
    assert np.array_equal(line, dy.numpy()) and len(line) == 32
    print(name, "largest slope", tf.reduce_max(dy).numpy(), "at", x.numpy()[tf.argmax(dy).numpy()])
plt.legend()
fig.savefig("activations.png")

inputs = tf.constant([-2.0, -0.5, 0.0, 0.5, 2.0])
with tf.GradientTape(persistent=True) as t:
    t.watch(inputs)
    outputs = {n: tf.keras.activations.get(n)(inputs) for n in ("elu", "selu", "gelu", "swish", "softsign")}
for name in outputs:
    print(name, *t.gradient(outputs[name], inputs).numpy())
del t

with tf.GradientTape() as outer:
    outer.watch(inputs)
    with tf.GradientTape() as inner:
        inner.watch(inputs)
        s = tf.sigmoid(inputs)
    first = inner.gradient(s, inputs)
second = outer.gradient(first, inputs)
print("curvature of sigmoid", *second.numpy())
p = 1 / (1 + np.exp(-inputs.numpy()))
np.testing.assert_allclose(second.numpy(), p * (1 - p) * (1 - 2 * p), rtol=1e-4, atol=1e-7)
