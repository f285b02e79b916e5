"""Mixed precision in a loop of one's own: the loss is scaled, gradients are divided; in a train_step as well."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import mixed_precision

rng = np.random.default_rng(5)
x, y = rng.normal(size=(16, 4)).astype("float32"), rng.normal(size=(16, 1)).astype("float32")
weights = [rng.normal(scale=0.4, size=s).astype("float32") for s in ((4, 5), (5,), (5, 1), (1,))]


def make(kind=tf.keras.Sequential):
    inputs = tf.keras.Input((4,))
    hidden = tf.keras.layers.Dense(5, activation="tanh")(inputs)
    outputs = tf.keras.layers.Dense(1, dtype="float32")(hidden)
    model = kind(inputs, outputs)
    model.set_weights(weights)
    return model


def loop(model, optimizer):
    @tf.function
    def step(a, b):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(a, training=True) - b))
            given = optimizer.get_scaled_loss(loss) if hasattr(optimizer, "get_scaled_loss") else loss
        grads = tape.gradient(given, model.trainable_variables)
        if given is not loss:
            grads = optimizer.get_unscaled_gradients(grads)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        return loss

    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(8)
    return [float(step(a, b)) for _ in range(3) for a, b in dataset]


class Scaled(tf.keras.Model):
    def train_step(self, data):
        a, b = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(a, training=True) - b))
            scaled = self.optimizer.get_scaled_loss(loss)
        grads = self.optimizer.get_unscaled_gradients(tape.gradient(scaled, self.trainable_variables))
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        return {"loss": loss}


plain = loop(make(tf.keras.Model), tf.keras.optimizers.SGD(0.1))
mixed_precision.set_global_policy("mixed_float16")
optimizer = mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.1), dynamic=True, initial_scale=256)
half = loop(make(tf.keras.Model), optimizer)
np.testing.assert_allclose(half, plain, rtol=0.02)
assert float(optimizer.loss_scale) == 256.0 and len(optimizer.variables()) == len(optimizer.variables) > 0
model = make(Scaled)
model.compile(mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.1), initial_scale=256))
losses = model.fit(x, y, epochs=3, batch_size=16, shuffle=False, verbose=0).history["loss"]
assert losses[-1] < losses[0] and np.isfinite(losses).all()
