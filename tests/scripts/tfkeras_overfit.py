"""Regularizers, dropout and an inverse time decay, after TensorFlow's tutorial on overfitting."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, regularizers

rng = np.random.RandomState(0)
x, y = rng.rand(32, 6).astype("float32"), (np.arange(32) % 2).astype("float32")
lr_schedule = tf.keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=40, decay_rate=1, staircase=False)
step = np.linspace(0, 100)
lr = lr_schedule(step)
assert lr.shape == (50,) and np.isclose(lr[0], 0.01)


def compile_and_fit(model, name, optimizer=None):
    optimizer = optimizer or tf.keras.optimizers.Adam(lr_schedule)
    model.compile(
        optimizer=optimizer,
        loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[
            tf.keras.metrics.BinaryCrossentropy(from_logits=True, name="binary_crossentropy"),
            tf.metrics.BinaryAccuracy(threshold=0.0, name="accuracy"),
        ],
    )
    return model.fit(
        x,
        y,
        epochs=3,
        validation_data=(x, y),
        callbacks=[tf.keras.callbacks.EarlyStopping(monitor="val_binary_crossentropy", patience=200)],
        verbose=0,
    )


combined = tf.keras.Sequential(
    [
        layers.Dense(8, kernel_regularizer=regularizers.l2(0.001), activation="elu", input_shape=(6,)),
        layers.Dropout(0.5),
        layers.Dense(8, kernel_regularizer=regularizers.l1_l2(l1=1e-4, l2=1e-4), activation="elu"),
        layers.Dense(1),
    ]
)
history = compile_and_fit(combined, "combined").history
assert history["loss"][0] > history["binary_crossentropy"][0] and len(combined.losses) == 2
result = combined(x[:4])
assert np.isfinite(tf.add_n(combined.losses)).all() and result.shape == (4, 1)
