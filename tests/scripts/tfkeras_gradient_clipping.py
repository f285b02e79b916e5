"""Gradients clipped by hand: by value, by norm, by the norm of all, with None among them, and with noise added."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(43)
x = rng.normal(size=(8, 4)).astype("float32") * 10
y = rng.normal(size=(8, 1)).astype("float32") * 10
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(1)])
first = [rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()]
unused = tf.Variable(1.0)


def gradients_of():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    return loss, tape.gradient(loss, model.trainable_variables + [unused])


def by_value(grads):
    return [None if g is None else tf.clip_by_value(g, -0.5, 0.5) for g in grads]


def by_norm(grads):
    return [g if g is None else tf.clip_by_norm(g, 1.0) for g in grads]


def by_global_norm(grads):
    clipped, norm = tf.clip_by_global_norm(grads, 5.0)
    print("  global norm", norm.numpy(), "then", tf.linalg.global_norm([g for g in clipped if g is not None]).numpy())
    return clipped


def by_hand(grads):
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads if g is not None))
    scale = min(1.0, 5.0 / (norm + 1e-6))
    return [g * scale if g is not None else None for g in grads]


for rule in (by_value, by_norm, by_global_norm, by_hand):
    model.set_weights(first)
    optimizer = keras.optimizers.SGD(0.05)
    for step in range(3):
        loss, grads = gradients_of()
        assert grads[-1] is None
        clipped = rule(grads)
        pairs = [(g, v) for g, v in zip(clipped, model.trainable_variables + [unused]) if g is not None]
        optimizer.apply_gradients(pairs)
    print(rule.__name__, "loss", float(loss), "bias", float(model.get_weights()[-1][0]))

model.set_weights(first)
loss, grads = gradients_of()
noisy = [g + tf.constant(rng.normal(scale=0.1, size=g.shape).astype("float32")) for g in grads[:-1]]
print("noise", *(float(tf.norm(n - g)) for n, g in zip(noisy, grads)))
optimizer = keras.optimizers.SGD(0.05, clipnorm=1.0)
optimizer.apply_gradients(zip(grads[:-1], model.trainable_variables))
model_after = model.get_weights()
for before, after, g in zip(first, model_after, grads):
    step = g.numpy() / max(1.0, np.linalg.norm(g))
    np.testing.assert_allclose(after, before - 0.05 * step, rtol=1e-4, atol=1e-5)
