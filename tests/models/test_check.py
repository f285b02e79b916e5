"""model.check() as a whole: facts, data of every kind, nothing changed."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.cli import main
from fastnn.data import Dataset

X, Y = np.random.default_rng(0).normal(size=(40, 4)).astype("float32"), np.arange(40) % 2


def net(units=2):
    model = fastnn.Sequential(
        [fastnn.Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(units, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_facts():
    report = net().check(X, Y, batch_size=16)
    assert set(report.facts) == {"device", "threads", "memory", "time"}
    assert "epoch of 3 steps" in report.facts["time"] and "a step of 16 rows" in report.facts["memory"]
    assert report.ok and "nothing found" in str(report)


def test_training_after_a_check_is_as_without_one():
    results = []
    for look in (False, True):
        fastnn.utils.set_random_seed(1)
        model = net()
        if look:
            model.check(X, Y)
        model.fit(X, Y, epochs=2, verbose=0)
        results.append([*model.get_weights(), *(layer.name.rstrip("0123456789_") for layer in model.layers)])
    assert all(np.array_equal(a, b) for a, b in zip(*results))


class Batches(fastnn.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        rows = slice(index * 8, index * 8 + 8)
        return X[rows], Y[rows] + 1


@pytest.mark.parametrize("source", [lambda: Dataset.from_tensor_slices((X, Y + 1)).batch(8), Batches])
def test_sources_of_batches(source):
    report = net().check(source())
    assert [f.id for f in report.findings] == ["labels-range"]


def test_rows_of_another_shape():
    report = net().check(X[:, :3], Y)
    assert not report.ok and "found shape=(32, 3)" in str(report)


def test_an_iterator_is_not_used_up():
    batches = iter([(X, Y)])
    report = net().check(batches)
    assert not report.ok and "can be gone through once" in str(report)
    assert next(batches)


@pytest.mark.parametrize("x, y, words", [
    (X, Y[:5], "cardinality is ambiguous"),
    (X[:0], Y[:0], "is empty"),
    (np.array([["a"]] * 40, object), Y, ""),
])  # fmt: skip
def test_data_that_fit_refuses(x, y, words):
    report = net().check(x, y)
    assert not report.ok and words in str(report)


def test_without_data_and_without_compile():
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(1)])
    assert model.check().findings == []
    assert "inference" in str(model.check(X))
    unbuilt = fastnn.Sequential([layers.Dense(1)])
    assert "not known" in unbuilt.check(X).facts["plan"]


def test_the_command_looks_at_the_first_fit_and_runs_none(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.savez("data.npz", x=X, y=Y + 1)
    script = (
        "import keras, numpy as np\n"
        "d = np.load('data.npz')\n"
        "m = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation='softmax')])\n"
        "m.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "try:\n    m.fit(d['x'], d['y'], 16, epochs=3)\nexcept Exception:\n    pass\n"
        "keras.utils.set_random_seed(1 / 0)\n"
    )
    (tmp_path / "s.py").write_text(script)
    try:
        assert main(["check", "s.py"]) == 1
    finally:
        fastnn.compat.uninstall()
    out = capsys.readouterr().out
    assert "labels-range" in out and "epoch of 3 steps" in out
    (tmp_path / "none.py").write_text("x = 1")
    try:
        assert main(["check", "none.py"]) == 1
    finally:
        fastnn.compat.uninstall()
    assert "without a call of fit" in capsys.readouterr().err


def test_the_command_looks_at_a_model_file(tmp_path, capsys):
    net().save(tmp_path / "m.keras")
    assert main(["check", str(tmp_path / "m.keras")]) == 0
    assert "nothing found" in capsys.readouterr().out
