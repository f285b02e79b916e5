"""run_eagerly: prints, `if` on values and NumPy inside of a layer, a loss and a train_step; the numbers stay."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

rng = np.random.RandomState(79)
x = rng.normal(size=(12, 3)).astype("float32")
y = rng.normal(size=(12, 1)).astype("float32")
seen = []


class Watching(keras.layers.Layer):
    def call(self, inputs):
        seen.append(inputs.numpy().mean())
        if tf.reduce_mean(inputs) > 0:
            return inputs * 2.0
        return inputs


def loss_that_looks(y_true, y_pred):
    error = tf.reduce_mean(tf.square(y_true - y_pred))
    if float(error) > 100:
        raise ValueError("diverged")
    return error


class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.watching = keras.layers.Dense(4, activation="tanh"), Watching()
        self.head = keras.layers.Dense(1)

    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.head.build((None, 4))

    def call(self, inputs):
        return self.head(self.watching(self.hidden(inputs)))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        print("in the step", loss.numpy(), np.abs(gradients[0].numpy()).max())
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


model = Model()
model(x)
model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in model.get_weights()])
model.compile("sgd", loss_that_looks, metrics=["mae"], run_eagerly=True)
seen.clear()
history = model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0)
print("history", *history.history["loss"], *history.history["mae"])
print("seen", *seen)
print("evaluate", *model.evaluate(x, y, batch_size=12, verbose=0))
