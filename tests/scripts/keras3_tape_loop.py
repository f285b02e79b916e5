"""Keras 3's guide for TensorFlow with `import keras`: ops of keras, a tape of TensorFlow, optimizer.apply."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

rng = np.random.RandomState(12)


class Linear(layers.Layer):
    def __init__(self, units=32):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        self.add_loss(ops.sum(inputs**2) * 1e-3)
        return ops.matmul(inputs, self.w) + self.b


class ComputeSum(layers.Layer):
    def __init__(self, dim):
        super().__init__()
        self.total = self.add_weight(initializer="zeros", shape=(dim,), trainable=False)

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs, axis=0))
        return inputs / (1.0 + ops.mean(self.total**2))


model = keras.Sequential([keras.Input((4,)), Linear(6), layers.ReLU(), ComputeSum(6), Linear(3)])
for w in model.trainable_weights:
    w.assign(rng.normal(size=w.shape, scale=0.4))
start = np.array(model.layers[2].total.numpy())
x = rng.rand(24, 4).astype("float32")
y = np.argmax(x[:, :3], axis=1)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(learning_rate=0.2)
accuracy = keras.metrics.SparseCategoricalAccuracy()
for step in range(4):
    rows = slice(6 * step, 6 * step + 6)
    with tf.GradientTape() as tape:
        logits = model(x[rows], training=True)
        loss = loss_fn(y[rows], logits) + sum(model.losses)
    gradients = tape.gradient(loss, model.trainable_weights)
    optimizer.apply(gradients, model.trainable_weights)
    accuracy.update_state(y[rows], logits)
    print("Step:", step, "Loss:", float(loss), "of layers", len(model.losses), "accuracy", float(accuracy.result()))
print("total", *(model.layers[2].total.numpy() - start))
schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)
optimizer = keras.optimizers.Adam(schedule)
w = keras.Variable([1.0, 2.0])
for step in range(4):
    with tf.GradientTape() as tape:
        value = ops.sum(ops.square(w))
    optimizer.apply(tape.gradient(value, [w]), [w])
    print("rate", float(optimizer.learning_rate), "w", *ops.convert_to_numpy(w))
