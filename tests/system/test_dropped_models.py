"""Models go when they are dropped: without the garbage collector, after training too."""

import gc
import weakref

import numpy as np

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
