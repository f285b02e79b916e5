"""Averages of weights by hand: an exponential one in variables beside the model, one of the last steps in NumPy."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(47)
x = rng.normal(size=(32, 3)).astype("float32")
y = np.sin(x.sum(axis=1, keepdims=True))
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()])
shadow = keras.models.clone_model(model)
shadow.set_weights(model.get_weights())
optimizer, decay, kept = keras.optimizers.Adam(0.02), 0.8, []
target = keras.models.clone_model(model)
target.set_weights(model.get_weights())


@tf.function
def update_target(tau):
    for a, b in zip(target.variables, model.variables):
        a.assign(b * tau + a * (1 - tau))


for step in range(6):
    rows = slice(8 * (step % 4), 8 * (step % 4) + 8)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x[rows]) - y[rows]) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    for s, w in zip(shadow.weights, model.weights):
        s.assign(decay * s + (1 - decay) * w)
    update_target(tf.constant(0.1))
    if step >= 3:
        kept.append(model.get_weights())


def loss_of(net):
    return float(np.mean((net.predict(x, verbose=0) - y) ** 2))


print("model", loss_of(model), "shadow", loss_of(shadow), "target", loss_of(target))
averaged = [np.mean(parts, axis=0) for parts in zip(*kept)]
model.set_weights(averaged)
print("averaged", loss_of(model))
backup = [tf.identity(w) for w in model.trainable_variables]
for w, s in zip(model.trainable_variables, shadow.trainable_variables):
    w.assign(s)
assert loss_of(model) == loss_of(shadow)
for w, b in zip(model.trainable_variables, backup):
    w.assign(b)
assert all(np.array_equal(a, b.numpy()) for a, b in zip(averaged, backup))
print("shadow kernel", *shadow.get_weights()[2].ravel()[:4])
