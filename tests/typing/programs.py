"""What users write with annotations: mypy and pyright must accept all of it, and know the types that it asserts.

Type checkers read it (see tox.ini); test_stubs.py runs it.
"""

from __future__ import annotations

from typing import Any, assert_type

import numpy as np

import fastnn as keras
from fastnn import layers, ops
from fastnn.callbacks import History
from fastnn.models import load_model


class Scaled(keras.Layer):
    """A layer with arguments, weights, a shape rule and a config."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        """units: columns of the result."""
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weight."""
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="kernel")
        assert_type(self.kernel, keras.Variable)
        super().build(input_shape)

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        """inputs @ kernel."""
        return ops.matmul(inputs, self.kernel)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The last dimension becomes `units`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().get_config(), "units": self.units}


class Two(keras.Layer):
    """A layer of two inputs, whose methods name every one."""

    def build(self, left_shape: tuple[int, ...], right_shape: tuple[int, ...]) -> None:
        """Nothing to make."""

    def call(self, left: keras.KerasTensor, right: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Sum and difference."""
        return left + right, left - right


class Own(keras.Model):
    """A subclassed model with a training step of its own."""

    def __init__(self, units: int = 3) -> None:
        """units: classes."""
        super().__init__()
        self.hidden = Scaled(4)
        self.out = layers.Dense(units, activation="softmax")

    def call(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Two layers."""
        return self.out(self.hidden(inputs, training=training))

    def train_step(self, data: Any) -> dict[str, Any]:
        """The usual one."""
        return super().train_step(data)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The usual one, in the form of before Keras 3.3."""
        return super().compute_loss(x, y, y_pred, sample_weight)


class Watch(keras.callbacks.Callback):
    """A callback with annotated hooks."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Begin a list."""
        self.seen: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the loss and stop."""
        self.seen.append((logs or {})["loss"])
        self.model.stop_training = True


class Distance(keras.Loss):
    """A loss with its own names for what it is given."""

    def call(self, truth: keras.KerasTensor, guess: keras.KerasTensor) -> keras.KerasTensor:
        """Mean of squares."""
        return ops.mean(ops.square(truth - guess), axis=-1)


class Total(keras.Metric):
    """A metric."""

    def __init__(self, name: str = "total", **kwargs: Any) -> None:
        """Make the variable."""
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")

    def update_state(
        self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor, sample_weight: keras.KerasTensor | None = None
    ) -> None:
        """Add the predictions."""
        self.total.assign_add(ops.sum(y_pred))

    def result(self) -> keras.KerasTensor:
        """The sum of all predictions."""
        return self.total.value


class Signed(keras.Optimizer):
    """An optimizer that goes by signs."""

    def update_step(self, gradient: keras.KerasTensor, variable: keras.Variable, learning_rate: float) -> None:
        """One step."""
        self.assign_sub(variable, ops.multiply(learning_rate, ops.sign(gradient)))


class Half(keras.Initializer):
    """An initializer."""

    def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray[Any, Any]:
        """Halves."""
        return np.full(shape, 0.5, dtype)


class Sparse(keras.Regularizer):
    """A regularizer."""

    def __call__(self, weights: keras.KerasTensor) -> keras.KerasTensor:
        """A hundredth of the sum of absolute values."""
        return 0.01 * ops.sum(ops.abs(weights))


class Batches(keras.utils.PyDataset):
    """Data by number."""

    def __len__(self) -> int:
        """Two batches."""
        return 2

    def __getitem__(self, index: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Four rows."""
        return np.ones((4, 5), np.float32), np.arange(4) % 3


def functional() -> keras.Model:
    """A model of two inputs, with operators between layers."""
    left, right = keras.Input((5,), name="left"), keras.Input(shape=(5,), dtype="float32")
    assert_type(left, keras.KerasTensor)
    added, taken = Two()(left, right)
    x = layers.Dense(2, kernel_initializer=Half(), kernel_regularizer=Sparse())(added + 2 * taken)
    model = keras.Model([left, right], x, name="two")
    assert_type(model, keras.Model)
    assert_type(model.get_layer(index=0), keras.Layer)
    assert_type(model.layers, list[keras.Layer])
    return model


def train(folder: str) -> tuple[Own, np.ndarray[Any, Any]]:
    """Compile, fit, evaluate, predict, save and load."""
    model = Own()
    model.compile(Signed(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy", Total()])
    watch = Watch()
    history = model.fit(Batches(), epochs=3, callbacks=[watch], verbose=0)
    assert_type(history, History)
    assert_type(history.history, dict[str, list[float]])
    x, y = Batches()[0]
    results = model.evaluate(x, y, verbose=0, return_dict=True)
    assert watch.seen == history.history["loss"] and set(results) >= {"loss", "accuracy"}
    model.save_weights(f"{folder}/own.weights.h5")
    assert_type(model.weights, list[keras.Variable])
    assert_type(model.count_params(), int)
    return model, model.predict(x, verbose=0).argmax(-1)


def stacked(folder: str) -> keras.Model:
    """A Sequential, saved and loaded."""
    model = keras.Sequential([keras.Input((5,)), Scaled(3), layers.ReLU()], name="stack")
    assert_type(model, keras.Sequential)
    model.add(layers.Dense(1))
    assert_type(model.layers[-1], keras.Layer)
    model.compile(optimizer="sgd", loss=Distance())
    model.fit(np.ones((4, 5), np.float32), np.ones((4, 1), np.float32), verbose=0)
    model.save(f"{folder}/stack.keras")
    loaded = load_model(f"{folder}/stack.keras", custom_objects={"Scaled": Scaled, "Distance": Distance})
    assert_type(loaded, keras.Model)
    return loaded
