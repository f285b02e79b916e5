"""Grad-CAM: a model split at its last convolution, the gradient of a class along its maps, a heat map."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(3)
inputs = keras.Input((12, 12, 3))
x = layers.Conv2D(4, 3, padding="same", activation="relu", name="block1_conv")(inputs)
x = layers.MaxPooling2D(name="block1_pool")(x)
x = layers.Conv2D(6, 3, padding="same", activation="relu", name="last_conv")(x)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(4, name="predictions")(x)
model = keras.Model(inputs, outputs)
model.set_weights([rng.normal(size=w.shape, scale=0.4) for w in model.get_weights()])


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    grad_model = keras.models.Model(model.inputs, [model.get_layer(last_conv_layer_name).output, model.output])
    with tf.GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        if pred_index is None:
            pred_index = tf.argmax(preds[0])
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)
    pooled_grads = tf.reduce_mean(grads, axis=(0, 1, 2))
    last_conv_layer_output = last_conv_layer_output[0]
    heatmap = last_conv_layer_output @ pooled_grads[..., tf.newaxis]
    heatmap = tf.squeeze(heatmap)
    heatmap = tf.maximum(heatmap, 0) / tf.math.reduce_max(heatmap)
    return heatmap.numpy()


img_array = rng.rand(1, 12, 12, 3).astype("float32")
heatmap = make_gradcam_heatmap(img_array, model, "last_conv")
print("shape", heatmap.shape, "sum", heatmap.sum(), "hottest", int(heatmap.argmax()))
other = make_gradcam_heatmap(img_array, model, "last_conv", pred_index=1)
print("of class 1", other.sum(), int(other.argmax()))
heatmap = np.uint8(255 * heatmap)
coloured = np.stack([heatmap] * 3, axis=-1)
print("superimposed", float((coloured * 0.4 + 255 * img_array[0, ::2, ::2]).mean()))

# the other way to split: the classifier as a model of its own
last_conv_layer_model = keras.Model(model.inputs, model.get_layer("last_conv").output)
classifier_input = keras.Input(shape=last_conv_layer_model.output.shape[1:])
x = classifier_input
for layer in model.layers[-2:]:
    x = layer(x)
classifier_model = keras.Model(classifier_input, x)
with tf.GradientTape() as tape:
    maps = last_conv_layer_model(img_array)
    tape.watch(maps)
    preds = classifier_model(maps)
    top_class_channel = preds[:, tf.argmax(preds[0])]
grads = tape.gradient(top_class_channel, maps).numpy()
pooled = grads.mean(axis=(0, 1, 2))
print("channels", *pooled)
