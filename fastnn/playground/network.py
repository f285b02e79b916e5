"""The Keras model of a page, its data, and what is measured of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn import initializers, layers, ops, optimizers, regularizers
from fastnn.graph.autodiff import gradients
from fastnn.models import Model, Sequential
from fastnn.playground.points import COUNT, SETS, columns, shuffled
from fastnn.playground.settings import MAX_LAYERS, OPTIMIZERS, Settings

# what settings say -> Keras's classes
PENALTY = {"none": None, "l1": "L1", "l2": "L2"}
LOSS = {"mse": "MeanSquaredError", "binary_crossentropy": "BinaryCrossentropy",
        "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy"}  # fmt: skip


class Points:
    """The data of a page.

    x: float32 (n, columns) positions.  y: float32 (n,) targets, those of classes 0, 1, ...  inputs, targets: what the
    network is given; targets are (n,) for classes beyond two and else (n, 1).  cut: so many rows, the first, are for
    training.
    """

    def __init__(self, settings: Settings) -> None:
        random = np.random.RandomState(settings.points_seed)
        if settings.own is None:
            x, y = SETS[settings.data][2](random, COUNT, settings.noise / 100)
        else:
            x, y = settings.own.arrays()
        self.x, self.y = shuffled(random, x, y)
        self.cut = min(max(round(len(x) * settings.train / 100), 1), len(x) - 1)
        self.inputs = columns(self.x, list(settings.features))
        targets = 2 * self.y - 1 if settings.signed else self.y
        self.targets = targets if settings.classes > 2 else targets[:, None]

    @property
    def train(self) -> tuple[Any, Any]:
        """(inputs, targets) for training."""
        return self.inputs[: self.cut], self.targets[: self.cut]

    @property
    def test(self) -> tuple[Any, Any]:
        """(inputs, targets) for testing."""
        return self.inputs[self.cut :], self.targets[self.cut :]


def stream(settings: Settings, k: int) -> int:
    """The seed of a layer: each has its own, and no two seeds of the page share one."""
    return settings.seed * (MAX_LAYERS + 1) + k


def build(settings: Settings) -> Sequential:
    """The model of the page, compiled: what Keras code with the same words would build."""

    def dense(units: int, activation: str, k: int) -> Any:
        penalty = PENALTY[settings.penalty]
        return layers.Dense(
            units,
            activation=activation,
            kernel_initializer=initializers.GlorotUniform(seed=stream(settings, k)),
            kernel_regularizer=penalty and getattr(regularizers, penalty)(settings.penalty_rate),
            name=f"dense_{k}",
        )

    model = Sequential([layers.Input((len(settings.features),))])
    for k, block in enumerate(settings.layers):
        model.add(dense(block.units, settings.activation, k))
        if block.norm:
            model.add(layers.BatchNormalization(name=f"norm_{k}"))
        if block.dropout:
            model.add(layers.Dropout(block.dropout, seed=stream(settings, k), name=f"dropout_{k}"))
    units, activation, loss = settings.output
    model.add(dense(units, activation, len(settings.layers)))
    name, arguments = OPTIMIZERS[settings.optimizer]
    optimizer = getattr(optimizers, name)(learning_rate=settings.rate, **arguments)
    model.compile(optimizer=optimizer, loss=loss)
    return model


def dense_layers(model: Sequential) -> list[Any]:
    """The Dense layers, the output's last."""
    return [layer for layer in model.layers if isinstance(layer, layers.Dense)]


class Gradients(Model):
    """A second view of a model whose evaluation gives the size of the loss's gradient for each kernel."""

    def test_step(self, data):
        """One batch of symbols -> {"0": norm, "1": ...}, in inference mode."""
        x, y = data
        loss = self.compute_loss(x, y, self(x, training=False))
        found = gradients([loss], [layer.kernel.value for layer in self.layers if isinstance(layer, layers.Dense)])
        return {str(k): ops.sqrt(ops.sum(ops.square(g))) for k, g in enumerate(found)}


def gradients_of(model: Sequential) -> Gradients:
    """The view of a model."""
    view = Gradients(model.inputs, model.outputs)
    view.compile(loss=model.loss)
    return view


def accuracy(settings: Settings, targets: Any, predicted: Any) -> float | None:
    """The share of points that are put into their class; None in regression."""
    if not settings.classes:
        return None
    if settings.classes > 2:
        right = predicted.argmax(1) == targets
    else:
        border = 0 if settings.signed else 0.5
        right = (predicted > border) == (targets > border)
    return float(right.mean())
