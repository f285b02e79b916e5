"""Augmentation layers inside and outside of a model, Rescaling, and Monte Carlo dropout."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(812)
augment = keras.Sequential(
    [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1), layers.RandomContrast(0.1)]
)
images = (np.random.default_rng(0).random((8, 10, 10, 3)) * 255).astype("float32")
out = np.asarray(augment(images, training=True))
assert out.shape == images.shape and not np.array_equal(out, images)
assert np.array_equal(np.asarray(augment(images, training=False)), images)
inputs = keras.Input((10, 10, 3))
x = layers.Rescaling(1.0 / 255)(augment(inputs))
x = layers.Conv2D(4, 3, strides=2, activation="swish")(x)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(0.5)(x)
model = keras.Model(inputs, layers.Dense(2)(x))
model.compile(
    keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(1e-2, 10), weight_decay=1e-4),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
)
model.fit(images, np.arange(8) % 2, epochs=2, batch_size=4, verbose=0)
samples = np.stack([np.asarray(model(images, training=True)) for _ in range(3)])
assert samples.std(0).max() > 0
assert np.array_equal(np.asarray(model(images)), np.asarray(model(images)))
