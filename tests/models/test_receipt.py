"""Receipts of fit: what is in them, that they change nothing, and what a comparison finds first."""

import copy
import json
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import Input, Model, layers, ops
from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.models.digests import digest_of
from fastnn.models.receipt import PARTS, read_receipt, verifying

X = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


class Own(Model):
    """A model without a config."""

    def __init__(self, width):
        super().__init__()
        self.dense, self.out = layers.Dense(width), layers.Dense(1)

    def call(self, x):
        return self.out(ops.tanh(self.dense(x)))


def script(receipt=True, seed=1, rate=0.3, lr=0.01, loss="mse", x=X, epochs=3, batch_size=5, before=0, model=None,
           **kwargs):  # fmt: skip
    """What a user's script does; returns (history, model)."""
    fastnn.utils.clear_session()
    fastnn.utils.set_random_seed(seed)
    if model is None:
        model = fastnn.Sequential([Input((4,)), layers.Dense(6, activation="relu"), layers.Dropout(rate),
                                   layers.BatchNormalization(), layers.Dense(1)])  # fmt: skip
    model.compile(fastnn.optimizers.Adam(lr), loss, metrics=["mae"])
    for _ in range(before):
        model.fit(X, Y, verbose=0)
    history = model.fit(x, Y, epochs=epochs, batch_size=batch_size, verbose=0, receipt=receipt, **kwargs)
    return history, model


@pytest.fixture
def facts(tmp_path):
    """The receipt of `script()`, from its file."""
    with verifying():  # calls of fit are counted from 0
        script(tmp_path / "receipt.json")
    return read_receipt(tmp_path / "receipt.json")


def compared(facts, steps=None, **change):
    with verifying(facts, steps) as check:
        script(**change)
    return check


def test_what_is_in_one(facts):
    assert {*PARTS, "format", "fit", "weights", "history"} == set(facts)
    assert facts["fit"] == 0 and facts["versions"]["numpy"] == np.__version__ and facts["random"]["seed"] == 1
    assert list(map(int, facts["weights"]["steps"])) == [1, 2, 5, 6, 12]  # of 6 steps an epoch
    assert facts["weights"]["taken"] == 18 and len(facts["history"]["loss"]) == 3
    assert facts["run"] == {"epochs": [0, 3], "steps": 6, "batch size": 5, "shuffle": "True", "callbacks": ["History"]}
    digests = [facts["weights"]["start"], *facts["weights"]["steps"].values(), facts["weights"]["end"]]
    assert len(set(digests)) == len(digests)


def test_digests_are_of_all_bytes(facts):
    _, model = script()
    assert facts["weights"]["end"] == digest_of(model.get_weights())
    assert facts["data"]["train x[0]"].startswith(digest_of([X]))
    many = np.arange(24.0).reshape(4, 6)
    assert digest_of([many[:, ::2]]) == digest_of([many[:, ::2].copy()]) != digest_of([many[:, 1::2]])
    for other in (many.astype("f4"), many.reshape(6, 4), np.where(many == 23, 22, many)):
        assert digest_of([other]) != digest_of([many])


def test_it_changes_no_bit():
    results = []
    for receipt in (None, True):
        history, model = script(receipt, validation_split=0.2)
        results.append((history.history, [w.tobytes() for w in model.get_weights()]))
    assert results[0] == results[1]


def test_without_being_asked_it_has_what_is_known_for_nothing(tmp_path):
    history, _ = script(None)
    facts = history.receipt.facts
    assert facts["random"]["seed"] == 1 and facts["run"]["epochs"] == [0, 3] and "weights" not in facts
    with pytest.raises(ArgumentError, match="receipt=True"):
        history.save_receipt(tmp_path / "r.json")
    with pytest.raises(ArgumentError, match="no call of fit"):
        fastnn.callbacks.History().save_receipt(tmp_path / "r.json")


def test_files_and_copies(tmp_path):
    history, _ = script()
    history.save_receipt(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(str(history.receipt))
    for twin in (copy.deepcopy(history.receipt), pickle.loads(pickle.dumps(history.receipt))):
        assert str(twin) == str(history.receipt)


@pytest.mark.parametrize("receipt", [3, "no/such/folder/r.json", ["r.json"]])
def test_a_bad_argument_changes_nothing(receipt):
    _, model = script(None)
    before = model.get_weights()
    with pytest.raises((ArgumentError, FileNotFoundError), match="receipt"):
        model.fit(X, Y, verbose=0, receipt=receipt)
    for a, b in zip(before, model.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("steps", [None, 1, 4, 7, 18, 1000])
def test_the_same_script_does_the_same(facts, steps):
    check = compared(facts, steps, receipt=None)
    assert check.same and check.first_difference is None
    assert check.compared == {None: 18, 1: 1, 4: 2, 7: 6, 18: 18, 1000: 18}[steps]


CHANGES = {
    "seed": (dict(seed=2), "random: seed"),
    "data": (dict(x=np.where(np.arange(30)[:, None] == 29, X + 1e-6, X)), "data: train x[0]"),
    "layer": (dict(rate=0.4), "config: model"),
    "optimizer": (dict(lr=0.02), "config: compile"),
    "loss": (dict(loss=lambda y, p: ops.mean((y - p) ** 2, axis=-1)), "config: compile"),
    "batch size": (dict(batch_size=6), "run: steps"),
    "epochs": (dict(epochs=4), "run: epochs"),
    "order": (dict(shuffle=False), "run: shuffle"),
    "callback": (dict(callbacks=[fastnn.callbacks.LambdaCallback()]), "run: callbacks"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_first_difference(facts, name):
    change, where = CHANGES[name]
    check = compared(facts, **change)
    assert not check.same and check.first_difference == where


def test_a_difference_that_shows_in_a_step_alone(facts):
    class Meddles(fastnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                self.model.layers[0].bias.assign_add(np.full(6, 1e-6))

    facts["run"]["callbacks"] = ["Meddles", "History"]
    check = compared(facts, callbacks=[Meddles()])
    assert check.first_difference == "weights: after step 5" and check.compared == 5 and not check.same
    assert compared(facts, 2, callbacks=[Meddles()]).same


def test_other_versions_are_named_but_bits_decide(facts):
    facts["versions"]["numpy"], facts["kernels"]["level"] = "1.0", "x86-64-v3"
    check = compared(facts)
    assert check.same and check.first_difference == "versions: numpy"
    assert not compared(facts, seed=3).same


def test_functions_are_known_by_their_code():
    digests = []
    for loss in (lambda y, p: ops.mean((y - p) ** 2, axis=-1), lambda y, p: ops.mean((y - p) ** 4, axis=-1),
                 lambda y, p: ops.mean((y - p) ** 2, axis=-1)):  # fmt: skip
        digests.append(script(loss=loss)[0].receipt.facts["config"]["compile"])
    assert digests[0] == digests[2] != digests[1]


def test_a_model_without_a_config():
    digests = [script(model=Own(width))[0].receipt.facts["config"]["model"] for width in (3, 3, 4)]
    assert digests[0] != digests[2]


def test_the_call_of_fit_is_found_by_its_number(facts):
    facts["fit"] = 2
    with verifying(facts) as check:
        script(before=1)
    assert not check.reached and not check.same
    facts["fit"] = 0
    assert compared(facts, before=0).same


def test_batches_and_numbers_that_are_none(tmp_path):
    def batches():
        for i in range(0, 30, 10):
            yield X[i : i + 10], Y[i : i + 10]

    def odd(y, p):
        return ops.log(-1 - ops.square(ops.sum(p, axis=-1)))

    _, model = script(None)
    model.compile("sgd", "mse", metrics=[odd])
    history = model.fit(batches(), verbose=0, receipt=tmp_path / "r.json")
    facts = read_receipt(tmp_path / "r.json")
    assert facts["data"] == {"train": "generator, None batches"} and facts["history"]["odd"] == ["nan"]
    assert np.isnan(history.receipt.facts["history"]["odd"]).all()


def test_a_run_that_is_broken_off_leaves_a_receipt(tmp_path):
    class Fails(fastnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        script(tmp_path / "r.json", callbacks=[Fails()])
    assert read_receipt(tmp_path / "r.json")["weights"]["taken"] == 3


def test_a_run_that_goes_on_begins_where_the_other_one_ended(tmp_path, facts):
    class Fails(fastnn.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        script(None, callbacks=[fastnn.callbacks.BackupAndRestore(str(tmp_path / "backup")), Fails()])
    history, _ = script(callbacks=[fastnn.callbacks.BackupAndRestore(str(tmp_path / "backup"))])
    found = history.receipt.facts
    assert found["random"]["train"] == 6 and found["weights"]["taken"] == 12
    assert found["weights"]["start"] == facts["weights"]["steps"]["6"]
    assert found["weights"]["end"] == facts["weights"]["end"]


@pytest.mark.parametrize("change", [
    lambda f: f.pop("weights"), lambda f: f.update(format=2), lambda f: f.update(fit="0"), lambda f: f.update(data=[]),
    lambda f: f["weights"].update(steps={"one": "a"}), lambda f: f["weights"].update(steps={"1": 2}),
    lambda f: f["weights"].update(taken=None), lambda f: f.clear()])  # fmt: skip
def test_a_damaged_receipt_is_refused(facts, change, tmp_path):
    change(facts)
    (tmp_path / "bad.json").write_text(json.dumps(facts))
    with pytest.raises(FileFormatError, match="no receipt"):
        read_receipt(tmp_path / "bad.json")
