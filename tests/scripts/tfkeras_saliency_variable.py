"""Saliency and an adversarial picture of a picture that is a tf.Variable, a rotation found by its angle."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(0)
net = keras.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu", name="conv"),
                        layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3, activation="softmax")])  # fmt: skip
net.set_weights([0.4 * rng.randn(*w.shape) for w in net.get_weights()])
image = tf.Variable(rng.rand(1, 8, 8, 1).astype("float32"))


def slope(f, at, place, by=1e-2):
    """A finite difference of a number that an image gives."""
    step = np.zeros(at.shape, "float32")
    step[place] = by
    return (float(f(tf.constant(at + step))) - float(f(tf.constant(at - step)))) / (2 * by)


with tf.GradientTape() as tape:
    top = net(image)[:, tf.argmax(net(image)[0])]
saliency = tape.gradient(top, image).numpy()
best = int(np.argmax(net.predict(image.numpy(), verbose=0)))
place = np.unravel_index(np.abs(saliency).argmax(), saliency.shape)
wanted = slope(lambda x: net(x)[0, best], image.numpy(), place)
np.testing.assert_allclose(saliency[place], wanted, rtol=0.05)

parts = keras.Model(net.inputs, [net.get_layer("conv").output, net.outputs[0]])
with tf.GradientTape() as tape:
    seen, said = parts(image)
    loss = keras.losses.SparseCategoricalCrossentropy()(tf.constant([best]), said)
moved = tf.clip_by_value(image + 0.1 * tf.sign(tape.gradient(loss, image)), 0, 1)
assert seen.shape == (1, 6, 6, 4) and net(moved)[0, best] < net(image)[0, best]

before = float(net(image)[0, best])
optimizer = keras.optimizers.SGD(1.0)
for _ in range(3):  # a picture that the class likes, by a loop over the variable
    with tf.GradientTape() as tape:
        loss = -net(image, training=False)[0, best]
    optimizer.apply_gradients([(tape.gradient(loss, image), image)])
assert float(net(image)[0, best]) > before

angle = tf.Variable(0.1)
points, turned = rng.randn(5, 2).astype("float32"), None
turned = points @ np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]], "float32")
for _ in range(60):
    with tf.GradientTape() as tape:
        matrix = tf.convert_to_tensor([[tf.cos(angle), -tf.sin(angle)], [tf.sin(angle), tf.cos(angle)]])
        loss = tf.reduce_mean(tf.square(points @ matrix - turned))
    angle.assign_sub(0.2 * tape.gradient(loss, angle))
assert abs(float(angle) - 0.7) < 1e-2, float(angle)
print("done")
