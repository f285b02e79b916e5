"""Panda: a training in pieces is the training in one, changes are marked, everything can be undone."""

import numpy as np
import pytest

import fastnn as keras
from fastnn.core.errors import ArgumentError, ArgumentTypeError, NotBuiltError, SearchError
from fastnn.tuner import Panda

X = np.random.default_rng(1).normal(size=(40, 3)).astype("float32")
Y = X.sum(1)


def network(optimizer=None):
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.BatchNormalization(),
                              keras.layers.Dropout(0.1), keras.layers.Dense(1)])  # fmt: skip
    model.compile(optimizer or keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def bits(model):
    return [np.asarray(v).tobytes() for v in [*model.variables, *model.optimizer.variables]]


def test_changes_are_those_of_a_training_by_hand():
    panda = Panda(network(), X, Y, batch_size=8, validation_split=0.25)
    panda.train(2).set(learning_rate=0.001, beta_1=0.8).train(3)
    by_hand, data = network(), {"x": X, "y": Y, "batch_size": 8, "validation_split": 0.25, "verbose": 0}
    by_hand.fit(**data, epochs=2)
    by_hand.optimizer.learning_rate, by_hand.optimizer.beta_1 = 0.001, 0.8
    late = by_hand.fit(**data, initial_epoch=2, epochs=5)
    assert panda.history["val_loss"][2:] == late.history["val_loss"] and panda.epoch == 5
    assert bits(panda.model) == bits(by_hand)
    assert [str(m) for m in panda.marks] == ["learning_rate: 0.01 -> 0.001", "beta_1: 0.9 -> 0.8"]
    assert "before epoch 3: beta_1: 0.9 -> 0.8" in str(panda)


def test_back_undoes_weights_numbers_and_history():
    panda = Panda(network(), X, Y, batch_size=8).train(2)
    before, history = bits(panda.model), {k: list(v) for k, v in panda.history.items()}
    panda.set(learning_rate=0.5).train(1)
    first = panda.history["loss"][-1]
    panda.set(learning_rate=5.0).train(2)
    panda.back()
    assert panda.epoch == 3 and panda.numbers()["learning_rate"] == pytest.approx(5.0)  # set before what was undone
    panda.back()
    assert panda.epoch == 2 and panda.history == history and len(panda.marks) == 1
    assert panda.numbers()["learning_rate"] == pytest.approx(0.5)
    panda.set(learning_rate=0.01)
    assert bits(panda.model) == before
    assert panda.set(learning_rate=0.5).train(1).history["loss"][-1] == first  # the same numbers are drawn again


def test_the_rate_finder_leaves_the_model_alone(tmp_path):
    models = [network(), network()]
    panda, plain = (Panda(model, X, Y, batch_size=40).train(2) for model in models)
    found = panda.find_learning_rate(1e-5, 10.0, steps=60)
    assert bits(panda.model) == bits(plain.model) and panda.epoch == 2 and not panda.marks
    assert 1e-5 <= found.suggestion <= 10.0 and len(found.rates) == len(found.losses) <= 60
    assert found.losses[np.searchsorted(found.rates, found.suggestion)] <= found.losses[0] * 1.1
    svg = found.plot(tmp_path / "rates.svg")
    assert (tmp_path / "rates.svg").read_text(encoding="utf-8") == svg and "suggestion" in svg
    for one in (panda, plain):
        one.train(2)
    assert bits(panda.model) == bits(plain.model) and panda.history == plain.history


def test_the_rate_finder_of_a_model_that_was_never_trained():
    panda = Panda(network(keras.optimizers.SGD(0.1)), X, Y)
    weights = [w.tobytes() for w in panda.model.get_weights()]
    panda.find_learning_rate(steps=20)
    assert [w.tobytes() for w in panda.model.get_weights()] == weights
    assert panda.numbers()["learning_rate"] == pytest.approx(0.1)


def test_the_picture_has_the_marks(tmp_path):
    panda = Panda(network(), X, Y, validation_split=0.25).train(2).set(learning_rate=0.1).train(2)
    svg = panda.plot(tmp_path / "panda.svg")
    assert svg.count("<polyline") == 2 and "learning_rate: 0.01 -&gt; 0.1" in svg
    assert (tmp_path / "panda.svg").exists()


def _schedule():
    return network(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)))


BAD = {
    "no model": (lambda: Panda("model"), ArgumentTypeError, "expected a compiled Model"),
    "not compiled": (lambda: Panda(keras.Sequential([keras.layers.Dense(1)])), NotBuiltError, "not compiled"),
    "epochs": (lambda: Panda(network(), X, Y, epochs=3), ArgumentError, "what train.epochs. says"),
    "three": (lambda: Panda(network(), X, Y, 8), ArgumentError, "received 3 arguments"),
    "a name": (lambda: Panda(network(), X, Y).set(learning_rat=1), ArgumentError, "Did you mean: learning_rate"),
    "a value": (lambda: Panda(network(), X, Y).set(learning_rate="high"), ArgumentError, "learning_rate"),
    "no epochs": (lambda: Panda(network(), X, Y).train(0), ArgumentError, "epochs"),
    "nothing to undo": (lambda: Panda(network(), X, Y).back(), SearchError, "nothing was trained"),
    "nothing to show": (lambda: Panda(network(), X, Y).plot(), SearchError, "nothing was trained"),
    "rates": (lambda: Panda(network(), X, Y).find_learning_rate(1, 0.1), ArgumentError, "lowest=1"),
    "a schedule": (lambda: Panda(_schedule(), X, Y).find_learning_rate(), ArgumentError, "is a schedule"),
    "momentum": (lambda: Panda(network(keras.optimizers.SGD(0.1)), X, Y).train().set(momentum=0.9), ArgumentError,
                 "other variables"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    act, error, words = BAD[name]
    with pytest.raises(error, match=words):
        act()


def test_a_refused_number_is_no_mark():
    panda = Panda(network(), X, Y)
    with pytest.raises(ArgumentError):
        panda.set(learning_rate=0.5, nothing=1)
    assert not panda.marks and panda.numbers()["learning_rate"] == pytest.approx(0.01)
