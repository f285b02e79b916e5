"""Checkpoints, weights, whole models, after TensorFlow's tutorial on saving."""

import os

import numpy as np
import tensorflow as tf
from tensorflow import keras

x, y = np.random.RandomState(0).rand(16, 5), np.arange(16) % 3


def create_model():
    model = tf.keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(5,)), keras.layers.Dropout(0.2), keras.layers.Dense(3)]
    )
    model.compile(
        optimizer="adam",
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[tf.keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


model = create_model()
checkpoint_path = "training_1/cp-{epoch:04d}.weights.h5"
cp_callback = tf.keras.callbacks.ModelCheckpoint(checkpoint_path, verbose=1, save_weights_only=True)
model.save_weights(checkpoint_path.format(epoch=0))
model.fit(x, y, epochs=2, callbacks=[cp_callback], validation_data=(x, y), verbose=0)
assert sorted(os.listdir("training_1")) == [f"cp-000{i}.weights.h5" for i in range(3)]
other = create_model()
other.load_weights("training_1/cp-0002.weights.h5")
assert other.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
model.save_weights("./my_checkpoint.h5")
other = create_model()
other.load_weights("./my_checkpoint.h5")
assert np.array_equal(other.predict(x), model.predict(x))
for name in ("my_model.keras", "my_model.h5"):
    model.save(name)
    new_model = tf.keras.models.load_model(name)
    assert new_model.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
