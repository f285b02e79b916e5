"""A learning-rate finder in a loop of its own: the rate grows each step, the loss is smoothed, weights come back."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(37)
x = rng.normal(size=(64, 4)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("int32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2)])
model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()])
initial = model.get_weights()
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(learning_rate=1e-3)
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(16).repeat(3)
start_lr, end_lr, num_batches, beta = 1e-3, 10.0, 12, 0.9
factor = (end_lr / start_lr) ** (1 / num_batches)
rates, losses, average, best = [], [], 0.0, float("inf")
for batch, (x_batch, y_batch) in enumerate(dataset):
    with tf.GradientTape() as tape:
        loss = loss_fn(y_batch, model(x_batch, training=True))
    gradients = tape.gradient(loss, model.trainable_weights)
    optimizer.apply_gradients(zip(gradients, model.trainable_weights))
    rates.append(float(optimizer.learning_rate.numpy()))
    average = beta * average + (1 - beta) * float(loss)
    smoothed = average / (1 - beta ** (batch + 1))
    losses.append(smoothed)
    if smoothed > 4 * best:
        break
    best = min(best, smoothed)
    optimizer.learning_rate.assign(optimizer.learning_rate * factor)
print("rates", *rates[:3], "...", rates[-1])
print("losses", *losses[:8])
print("best rate", rates[int(np.argmin(losses[:8]))])
model.set_weights(initial)
print("back", float(loss_fn(y, model(x))))
