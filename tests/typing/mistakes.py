"""Mistakes that type checkers must find: where a type has become Any its comment is unused, which is an error."""

from __future__ import annotations

import numpy as np

import fastnn as keras
from fastnn.models import load_model


def mistakes(model: keras.Model, x: np.ndarray, path: str) -> None:
    """Each line is wrong in one way."""
    model.fit(x, x, epochs="three")  # type: ignore[arg-type]
    model.fit(x, x, epoch=3)  # type: ignore[call-arg]
    model.fit(x, x).histories  # type: ignore[attr-defined]
    model.predict(x).predictions  # type: ignore[union-attr]
    model.predict(x, batch_size="all")  # type: ignore[arg-type]
    model.compile(optimizer="adam", los="mse")  # type: ignore[call-arg]
    model.get_layer(index="last")  # type: ignore[arg-type]
    model.layers[0].weigths  # type: ignore[attr-defined]
    model.save(3.5)  # type: ignore[arg-type]
    keras.Input((3,)).shpae  # type: ignore[attr-defined]
    keras.Input((3,), optional="no")  # type: ignore[arg-type]
    keras.Sequential(layers=3)  # type: ignore[arg-type]
    keras.Sequential().add("dense")  # type: ignore[arg-type]
    load_model(path, compil=False)  # type: ignore[call-arg]
    load_model(path).fitt(x)  # type: ignore[attr-defined]
    keras.models.clone_model(x)  # type: ignore[arg-type]


class Wrong(keras.callbacks.Callback):
    """A hook that takes text where numbers come."""

    def on_epoch_end(self, epoch: str, logs: dict[str, float] | None = None) -> None:  # type: ignore[override]
        """Nothing."""


class Inverted(keras.Layer):
    """A property with another type than the layer's."""

    def count_params(self) -> str:  # type: ignore[override]
        """Text."""
        return "many"
