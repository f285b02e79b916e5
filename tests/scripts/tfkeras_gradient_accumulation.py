"""Gradients summed over small batches in variables of one's own, then applied: the same as one large batch."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(41)
x = rng.normal(size=(16, 5)).astype("float32")
y = rng.normal(size=(16, 1)).astype("float32")


def make():
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(1)])


values = [rng.normal(size=w.shape, scale=0.4) for w in make().get_weights()]
model, whole = make(), make()
model.set_weights(values)
whole.set_weights(values)
optimizer, other = keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01)
accumulated = [tf.Variable(tf.zeros_like(v), trainable=False) for v in model.trainable_variables]
accum_steps = 4


@tf.function
def accumulate(x_batch, y_batch):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x_batch, training=True) - y_batch))
        scaled = loss / accum_steps
    gradients = tape.gradient(scaled, model.trainable_variables)
    for total, gradient in zip(accumulated, gradients):
        total.assign_add(gradient)
    return loss


for step, (x_batch, y_batch) in enumerate(tf.data.Dataset.from_tensor_slices((x, y)).batch(4).repeat(2)):
    loss = accumulate(x_batch, y_batch)
    if (step + 1) % accum_steps == 0:
        optimizer.apply_gradients(zip(accumulated, model.trainable_variables))
        for total in accumulated:
            total.assign(tf.zeros_like(total))
        print("applied after", step + 1, "last loss", float(loss))
for _ in range(2):
    with tf.GradientTape() as tape:
        loss = keras.ops.mean(keras.ops.square(whole(x) - y))
    other.apply(tape.gradient(loss, whole.trainable_variables), whole.trainable_variables)
for a, b in zip(model.get_weights(), whole.get_weights()):
    np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-5)
print("kernel", *model.get_weights()[0][0])

# without variables: a Python list of sums
sums = None
for x_batch, y_batch in zip(np.split(x, 4), np.split(y, 4)):
    with tf.GradientTape() as tape:
        loss = keras.losses.MeanSquaredError()(y_batch, model(x_batch))
    gradients = tape.gradient(loss, model.trainable_variables)
    sums = gradients if sums is None else [s + g for s, g in zip(sums, gradients)]
print("sums", *(float(tf.reduce_sum(s)) for s in sums))
