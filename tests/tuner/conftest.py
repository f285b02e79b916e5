"""Small models to search for."""

import sys

import cloudpickle
import numpy as np
import pytest

import fastnn as keras

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = (X.sum(1) > 0).astype("float32")


def network(hp):
    """A net of one hidden layer: its size, rate and activation are searched."""
    units = hp.Int("units", 2, 4)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, hp.Choice("activation", ["relu", "tanh"])),
                              keras.layers.Dense(1, "sigmoid")])  # fmt: skip
    rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def build():
    return network


@pytest.fixture
def fit_arguments():
    return {"x": X, "y": Y, "epochs": 3, "batch_size": 8, "validation_split": 0.25, "verbose": 0}


@pytest.fixture
def made(tmp_path):
    """A tuner of a class, in a folder of its own; the same folder for the same name."""

    def make(kind, hypermodel=network, objective="val_loss", name="search", **arguments):
        return kind(hypermodel, objective, seed=3, directory=tmp_path, project_name=name, **arguments)

    return make


@pytest.fixture
def facts():
    """What a search has come to, without times and files."""

    def of(tuner):
        return [
            {k: v for k, v in trial.get_state().items() if k not in ("seconds", "message")}
            for trial in tuner.oracle.trials.values()
        ]

    return of


@pytest.fixture
def workers(request):
    """Workers get functions of the tests as they are: in another process no import finds their modules."""
    names = {__name__, request.module.__name__}
    here = [m for name, m in sys.modules.items() if name in names or name.startswith("tuner.")]
    for module in here:
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in here:
        cloudpickle.unregister_pickle_by_value(module)
