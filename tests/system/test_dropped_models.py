"""Models go when they are dropped: without the garbage collector, after training too."""

import gc
import weakref

import numpy as np
import pytest

import fastnn
from fastnn import layers


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
