"""DeepDream: gradient ascent on an image over octaves, after the tutorials of TensorFlow and Keras."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(1)
base = keras.Sequential(
    [
        keras.Input((None, None, 3)),
        layers.Conv2D(4, 3, padding="same", activation="relu", name="mixed4"),
        layers.Conv2D(6, 3, padding="same", activation="relu", name="mixed5"),
    ]
)
base.set_weights([rng.normal(size=w.shape, scale=0.3) for w in base.get_weights()])
layer_settings = {"mixed4": 1.0, "mixed5": 1.5}
outputs_dict = {name: base.get_layer(name).output for name in layer_settings}
feature_extractor = keras.Model(inputs=base.inputs, outputs=outputs_dict)


def compute_loss(input_image):
    features = feature_extractor(input_image)
    loss = tf.zeros(shape=())
    for name in features.keys():
        coeff = layer_settings[name]
        activation = features[name]
        scaling = tf.reduce_prod(tf.cast(tf.shape(activation), "float32"))
        loss += coeff * tf.reduce_sum(tf.square(activation[:, 2:-2, 2:-2, :])) / scaling
    return loss


@tf.function
def gradient_ascent_step(img, learning_rate):
    with tf.GradientTape() as tape:
        tape.watch(img)
        loss = compute_loss(img)
    grads = tape.gradient(loss, img)
    grads /= tf.maximum(tf.reduce_mean(tf.abs(grads)), 1e-6)
    img += learning_rate * grads
    return loss, img


def gradient_ascent_loop(img, iterations, learning_rate, max_loss=None):
    for i in range(iterations):
        loss, img = gradient_ascent_step(img, learning_rate)
        if max_loss is not None and loss > max_loss:
            break
        print("... Loss value at step %d: %.4f" % (i, loss))
    return img


original_img = tf.constant(rng.rand(1, 20, 20, 3).astype("float32") * 2 - 1)
successive_shapes = [(10, 10), (14, 14), (20, 20)]
shrunk_original_img = tf.image.resize(original_img, successive_shapes[0])
img = tf.identity(original_img)
for i, shape in enumerate(successive_shapes):
    img = tf.image.resize(img, shape)
    img = gradient_ascent_loop(img, iterations=3, learning_rate=0.01, max_loss=15.0)
    upscaled_shrunk_original_img = tf.image.resize(shrunk_original_img, shape)
    same_size_original = tf.image.resize(original_img, shape)
    lost_detail = same_size_original - upscaled_shrunk_original_img
    img += lost_detail
    shrunk_original_img = tf.image.resize(original_img, shape)
x = (img.numpy()[0] / 2.0 + 0.5) * 255.0
x = np.clip(x, 0, 255).astype("uint8")
print("dream", x.shape, x.astype(float).mean())
