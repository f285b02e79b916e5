"""Real Keras on JAX beside fastnn: the same models give the same outputs, losses and weights, and read the same files.

`tox -e keras-interop` runs it.  Weights come from Keras through a `.keras` file; 20 steps are taken in both.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from models import LOSSES, METRICS, MODELS, OPTIMIZERS

import fastnn
from fastnn.playground import Block, Session, Settings, read_csv, script_of

# Keras 3.15's variables know no `copy` of __array__, which NumPy 2 asks for: its warning inside Keras is not ours
pytestmark = pytest.mark.filterwarnings(
    r"ignore:__array__ implementation doesn't accept a copy:DeprecationWarning:keras\.src"
)

ROWS, STEPS = 8, 20


def build(name):
    shape, function = MODELS[name]
    inputs = keras.Input(shape)
    return keras.Model(inputs, function(keras, inputs))


def data(shape):
    return np.random.default_rng(0).random((ROWS, *shape)).astype("float32") - 0.3


def moved(model, path):
    """The model of Keras, read by fastnn from Keras's file."""
    model.save(path)
    return fastnn.saving.load_model(path, compile=False)


def train(model, optimizer, loss, x, y):
    model.compile(optimizer, loss)
    return model.fit(x, y, batch_size=ROWS // 2, epochs=STEPS // 2, shuffle=False, verbose=0).history["loss"]


def same(a, b, rtol=2e-4, atol=2e-5):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)


@pytest.mark.parametrize("name", MODELS)
def test_model(name, tmp_path):
    theirs = build(name)
    mine = moved(theirs, tmp_path / "theirs.keras")
    x = data(MODELS[name][0])
    same(theirs.predict(x, verbose=0), mine.predict(x, verbose=0))
    y = np.random.default_rng(1).random(mine.predict(x, verbose=0).shape).astype("float32")
    if theirs.trainable_variables:
        same(
            train(theirs, keras.optimizers.SGD(0.05), "mse", x, y),
            train(mine, fastnn.optimizers.SGD(0.05), "mse", x, y),
        )
        for a, b in zip(theirs.get_weights(), mine.get_weights(), strict=True):
            same(a, b, 2e-3, 2e-4)
    mine.save(tmp_path / "mine.keras")
    same(keras.saving.load_model(tmp_path / "mine.keras").predict(x, verbose=0), mine.predict(x, verbose=0), 2e-3, 2e-4)


def target(kind):
    random = np.random.default_rng(2)
    return {
        "real": random.normal(size=(ROWS, 3)),
        "positive": random.random((ROWS, 3)) + 0.1,
        "probability": random.integers(0, 2, (ROWS, 3)),
        "distribution": np.eye(3)[random.integers(0, 3, ROWS)],
        "class": random.integers(0, 3, (ROWS, 1)),
    }[kind].astype("float32")


def head(activation):
    inputs = keras.Input((6,))
    return keras.Model(inputs, keras.layers.Dense(3, activation=activation)(inputs))


@pytest.mark.parametrize("loss", LOSSES)
def test_loss(loss, tmp_path):
    kind = LOSSES[loss]
    activation = {"real": None, "positive": "softplus", "probability": "sigmoid"}.get(kind, "softmax")
    theirs = head(activation)
    mine = moved(theirs, tmp_path / "m.keras")
    x, y = data((6,)), target(kind)
    same(train(theirs, keras.optimizers.SGD(0.01), loss, x, y), train(mine, fastnn.optimizers.SGD(0.01), loss, x, y))
    for a, b in zip(theirs.get_weights(), mine.get_weights(), strict=True):
        same(a, b)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer(name, tmp_path):
    cls, arguments = name.split()[0], {"learning_rate": 0.01, **OPTIMIZERS[name]}
    theirs = head(None)
    mine = moved(theirs, tmp_path / "m.keras")
    x, y = data((6,)), target("real")
    losses = train(theirs, getattr(keras.optimizers, cls)(**arguments), "mse", x, y)
    same(losses, train(mine, getattr(fastnn.optimizers, cls)(**arguments), "mse", x, y))
    for a, b in zip(theirs.get_weights(), mine.get_weights(), strict=True):
        same(a, b)
    mine.save(tmp_path / "mine.keras")
    theirs.save(tmp_path / "theirs.keras")
    crossed = keras.saving.load_model(tmp_path / "mine.keras"), fastnn.saving.load_model(tmp_path / "theirs.keras")
    same(*(model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"] for model in crossed))


@pytest.mark.parametrize("name", METRICS)
def test_metric(name):
    y, p = target("probability"), np.random.default_rng(3).random((ROWS, 3)).astype("float32")
    weights = np.random.default_rng(4).random(ROWS).astype("float32")
    found = []
    for k in (keras, fastnn):
        metric = getattr(k.metrics, name)()
        metric.update_state(y[:5], p[:5])
        metric.update_state(y[5:], p[5:], sample_weight=weights[5:])
        found.append(float(metric.result()))
    same(*found)


PAGES = {
    "sgd": Settings(data="spiral", layers=(Block(8), Block(8)), features=("x1", "x2", "sin_x1"), batch=7),
    "adam": Settings(optimizer="Adam", rate=0.003, penalty="l2", penalty_rate=0.003, loss="crossentropy"),
    "numbers": Settings(data="many_peaks", activation="silu", optimizer="SGD with momentum", rate=0.003),
    "norm": Settings(
        layers=(Block(4, True), Block(3)), optimizer="RMSprop", rate=0.001, penalty="l1", penalty_rate=0.01
    ),
    "classes": Settings(data="own", own=read_csv("".join(f"{k % 7},{k % 11},{'abc'[k % 3]}\n" for k in range(60)))),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_script_of_the_playground(name, capsys):
    """Copy as Python, run with Keras itself: the page's weights and numbers but for rounding."""
    session = Session(PAGES[name])
    session.advance(31)
    session.edit("weight", 0.25, 0, 1, 0)
    session.edit("rate", 0.002)
    session.advance(40)
    names = {}
    exec(script_of(session).replace("import fastnn as keras", "import keras"), names)
    assert isinstance(names["model"], keras.Model)
    for a, b in zip(names["model"].get_weights(), session.model.get_weights(), strict=True):
        same(a, b, 2e-3, 2e-4)
    printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    numbers = session.measure()
    same(float(printed["training loss"]), numbers["train"]["loss"], 2e-3)
    same(float(printed["test loss"]), numbers["test"]["loss"], 2e-3)
