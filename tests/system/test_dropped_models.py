"""Models go when they are dropped: without the garbage collector, after training too."""

import gc
import weakref

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ShapeError


def test_a_trained_model_is_freed_at_once():
    x, y = np.zeros((8, 3), np.float32), np.zeros((8, 1), np.float32)
    gc.collect()
    gc.disable()
    try:
        model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
        model.compile("adam", "mse", metrics=["mae"])
        history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.25, receipt=True)
        model.predict(x, verbose=0)
        model(x)
        model.evaluate(x, y, verbose=0)
        model.check_gradients(x, y)
        gone = weakref.ref(model)
        weight = weakref.ref(model.weights[0])
        del model
        assert gone() is None and weight() is None
        assert history.model is None and len(history.history["loss"]) == 2
    finally:
        gc.enable()


RUNS = {
    "predict": lambda model, x, y: model.predict(x, verbose=0),
    "predict one row": lambda model, x, y: model.predict(x[:1], verbose=0),
    "call": lambda model, x, y: model(x),
    "fit": lambda model, x, y: model.fit(x, y, verbose=0),
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "generator": lambda model, x, y: model.fit(iter([(x, y)]), verbose=0),
    "get_weights": lambda model, x, y: model.set_weights(model.get_weights()),
}


@pytest.mark.parametrize("run", RUNS)
def test_a_run_leaves_no_circle(run):
    """Nothing that only the garbage collector would free: memory is flat without it."""
    x, y = np.zeros((64, 3), np.float32), np.zeros((64, 1), np.float32)
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    for _ in range(2):
        RUNS[run](model, x, y)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            RUNS[run](model, x, y)
        assert gc.collect() == 0
    finally:
        gc.enable()


class Scale(layers.Layer):
    """A user's layer, whose shape is found by running it."""

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), name="w", initializer="ones")

    def call(self, x):
        return ops.relu(x * self.w)


class Wrong(layers.Layer):
    """A user's layer that cannot be built."""

    def call(self, x):
        return ops.matmul(x, np.ones((7, 2), "float32"))


def stack(*inner, shape=(3,)):
    model = fastnn.Sequential([fastnn.Input(shape), *inner, layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def attention(x):
    inputs = fastnn.Input(x.shape[1:])
    pooled = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(1, 2)(inputs, inputs))
    model = fastnn.Model(inputs, layers.Dense(1)(pooled))
    model.compile("sgd", "mse")
    return model


def fitted(model, x, **options):
    y = np.ones((len(x), 1), np.float32)
    model.fit(x, y, verbose=0, **options)
    model.predict(x, verbose=0)
    return model


def saved(x, folder):
    path = folder / "model.keras"
    fitted(stack(layers.Dense(2)), x, checkpoint=folder / "run", resume=False).save(path)
    fitted(fastnn.models.load_model(path), x)


def refused(x):
    try:
        stack(Wrong())
    except ShapeError:
        return
    raise AssertionError("a layer that cannot be built was built")


ROWS, STEPS = np.ones((8, 3), np.float32), np.ones((8, 4, 3), np.float32)
BAD = np.where(np.arange(24).reshape(8, 3) == 7, np.nan, ROWS).astype(np.float32)
LIVES = {
    "sequential": lambda folder: fitted(stack(layers.Dense(4, "relu"), layers.Dropout(0.3)), ROWS),
    "a user's layer": lambda folder: fitted(stack(Scale()), ROWS),
    "a loop": lambda folder: fitted(stack(layers.Bidirectional(layers.GRU(2)), shape=(None, 3)), STEPS),
    "attention": lambda folder: fitted(attention(STEPS), STEPS),
    "receipt": lambda folder: fitted(stack(), ROWS, receipt=True),
    "NaN": lambda folder: fitted(stack(), BAD, nan="skip"),
    "gradient check": lambda folder: stack(layers.LSTM(2), shape=(4, 3)).check_gradients(STEPS, ROWS[:, :1]),
    "files": lambda folder: saved(ROWS, folder),
    "an error": lambda folder: refused(ROWS),
}


@pytest.mark.filterwarnings("ignore::fastnn.core.errors.DataWarning")
@pytest.mark.filterwarnings("ignore::fastnn.core.errors.NotFiniteWarning")
@pytest.mark.parametrize("life", LIVES)
def test_building_and_training_leave_no_circle(life, tmp_path, monkeypatch):
    """Models that are built, trained and dropped leave nothing to the garbage collector."""
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        LIVES[life](tmp_path)
    gc.collect()
    gc.disable()
    try:
        LIVES[life](tmp_path)
        assert gc.collect() == 0
    finally:
        gc.enable()
