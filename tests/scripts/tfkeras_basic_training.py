"""A line fitted with tf.Module and tf.Variable, without any layer, after TensorFlow's guide to basic training loops."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(71)
TRUE_W, TRUE_B = 3.0, 2.0
x = tf.cast(tf.linspace(-2, 2, 21), tf.float32)
noise = tf.constant(rng.normal(size=21, scale=0.3), tf.float32)
y = x * TRUE_W + TRUE_B + noise


class MyModel(tf.Module):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.w = tf.Variable(5.0)
        self.b = tf.Variable(0.0)

    def __call__(self, x):
        return self.w * x + self.b


model = MyModel()
print("variables", *(v.numpy() for v in model.variables))
assert model(3.0).numpy() == 15.0


def loss(target_y, predicted_y):
    return tf.reduce_mean(tf.square(target_y - predicted_y))


def train(model, x, y, learning_rate):
    with tf.GradientTape() as t:
        current_loss = loss(y, model(x))
    dw, db = t.gradient(current_loss, [model.w, model.b])
    model.w.assign_sub(learning_rate * dw)
    model.b.assign_sub(learning_rate * db)


weights, biases = [], []


def report(model, loss):
    return f"W = {model.w.numpy():1.2f}, b = {model.b.numpy():1.2f}, loss={loss:2.5f}"


def training_loop(model, x, y):
    for epoch in range(5):
        train(model, x, y, learning_rate=0.1)
        weights.append(model.w.numpy())
        biases.append(model.b.numpy())
        print(f"Epoch {epoch:2d}:", report(model, loss(y, model(x))))


training_loop(model, x, y)
print("weights", *weights, "biases", *biases)


class Quadratic(tf.keras.Model):
    """The same loop drives a keras.Model."""

    def __init__(self):
        super().__init__()
        self.w = self.add_weight(shape=(3,), name="w")

    def call(self, x):
        return self.w[0] * x**2 + self.w[1] * x + self.w[2]


quad = Quadratic()
quad.w.assign([0.1, 0.2, 0.3])
optimizer = tf.keras.optimizers.SGD(0.02)
for batch in tf.data.Dataset.from_tensor_slices((x, y)).batch(7):
    with tf.GradientTape() as t:
        current = loss(batch[1], quad(batch[0]))
    grads = t.gradient(current, quad.trainable_variables)
    optimizer.apply_gradients(zip(grads, quad.trainable_variables))
    print("batch", float(current))
print("quadratic", *quad.w.numpy())
