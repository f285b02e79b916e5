"""What a typed user of the package writes: mypy must find every name and accept every call."""

from __future__ import annotations

import numpy as np

import fastnn as keras
from fastnn import layers, ops


def classifier(width: int = 16) -> keras.Model:
    """A functional model with a branch."""
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(width, 3, padding="same", activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    left = layers.MaxPooling2D(2)(x)
    right = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(layers.Concatenate()([left, right]))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Dropout(0.1)(x)))


class Scale(keras.Layer):
    """A layer with one weight."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weight."""
        self.factor = self.add_weight(shape=(1,), initializer="ones", name="factor")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """x * factor."""
        return ops.multiply(inputs, self.factor)


def train() -> keras.Model:
    """compile, fit, evaluate, save."""
    model = classifier()
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.zeros((12, 8, 8, 1), np.float32), np.arange(12) % 3
    stop = keras.callbacks.EarlyStopping(patience=2)
    history = model.fit(x, y, batch_size=4, epochs=1, validation_split=0.25, callbacks=[stop], verbose=0)
    assert "loss" in history.history
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    return model
