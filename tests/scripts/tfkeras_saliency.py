"""Which pixels matter to a class: the gradient of a score along the image, plain, smoothed and integrated."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models

rng = np.random.RandomState(0)
model = models.Sequential(
    [
        layers.Input((8, 8, 3)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(5, activation="softmax"),
    ]
)
model.set_weights([rng.normal(size=w.shape, scale=0.3) for w in model.get_weights()])
images = tf.convert_to_tensor(rng.rand(2, 8, 8, 3).astype("float32"))

with tf.GradientTape() as tape:
    tape.watch(images)
    predictions = model(images, training=False)
    top = tf.reduce_max(predictions, axis=1)
grads = tape.gradient(top, images)
saliency = tf.reduce_max(tf.abs(grads), axis=-1).numpy()
for image in saliency:
    row, column = np.unravel_index(np.argmax(image), image.shape)
    print("brightest pixel", row, column, "value", image.max(), "mean", image.mean())
scaled = (saliency - saliency.min()) / (saliency.max() - saliency.min() + 1e-18)
assert scaled.min() == 0 and scaled.max() <= 1

# SmoothGrad: the mean over copies with noise
total = np.zeros((8, 8, 3), "float32")
for _ in range(4):
    noisy = images[0:1] + rng.normal(scale=0.05, size=(1, 8, 8, 3)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(noisy)
        score = model(noisy)[:, 2]
    total += tape.gradient(score, noisy)[0]
print("smooth", float(np.abs(total / 4).mean()))


# Integrated gradients: complete up to the error of the sum
def integrated_gradients(image, baseline, target, steps=32):
    alphas = tf.linspace(0.0, 1.0, steps + 1)[:, tf.newaxis, tf.newaxis, tf.newaxis]
    path = baseline[tf.newaxis] + alphas * (image - baseline)[tf.newaxis]
    with tf.GradientTape() as tape:
        tape.watch(path)
        probs = model(path)[:, target]
    gradients = tape.gradient(probs, path)
    trapezoid = (gradients[:-1] + gradients[1:]) / tf.constant(2.0)
    return (image - baseline) * tf.math.reduce_mean(trapezoid, axis=0)


baseline = tf.zeros(shape=(8, 8, 3))
attributions = integrated_gradients(images[0], baseline, target=2)
difference = model(images[:1])[0, 2] - model(baseline[None])[0, 2]
print("attributions", tf.reduce_sum(attributions).numpy(), "difference", difference.numpy())
np.testing.assert_allclose(tf.reduce_sum(attributions), difference, atol=2e-3)
