"""cross_validate: every fold as its own training, and what the folds are."""

import numpy as np
import pytest

import fastnn as keras
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.tuner import cross_validate
from fastnn.tuner.cross_validation import folds_of
from fastnn.tuner.work import begin, seed_of

X = np.random.default_rng(1).normal(size=(30, 3)).astype("float32")
Y = (X.sum(1) > 0).astype("float32")


def network():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dropout(0.1),
                              keras.layers.Dense(1, "sigmoid")])  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_each_fold_is_a_training_of_its_own():
    found = cross_validate(network, X, Y, folds=4, seed=3, epochs=3, batch_size=8)
    parts = folds_of(30, 4, None, 3)
    for history, model, part in zip(found.histories, found.models, parts, strict=True):
        rest = np.setdiff1d(np.arange(30), part)
        begin(seed_of(3, 0, 0))
        alone = network()
        keras.utils.set_random_seed(seed_of(3, 0, 0))
        want = alone.fit(X[rest], Y[rest], epochs=3, batch_size=8, verbose=0, validation_data=(X[part], Y[part]))
        assert want.history == history.history
        assert [a.tobytes() for a in alone.get_weights()] == [b.tobytes() for b in model.get_weights()]
    assert found.scores["val_accuracy"].shape == (4,)
    assert found.mean("val_loss") == pytest.approx(np.mean([h.history["val_loss"][-1] for h in found.histories]))
    assert str(found).startswith("4 folds\naccuracy: ") and "val_loss: " in str(found)


@pytest.mark.parametrize("labels", [None, np.arange(31) % 3])
@pytest.mark.parametrize("folds", [2, 5, 31])
def test_folds_hold_every_row_once_and_labels_evenly(labels, folds):
    parts = folds_of(31, folds, labels, 7)
    assert sorted(np.concatenate(parts).tolist()) == list(range(31))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    if labels is not None:
        counts = np.array([np.bincount(labels[part], minlength=3) for part in parts])
        assert (np.ptp(counts, axis=0) <= 1).all()
    assert [p.tolist() for p in parts] != [p.tolist() for p in folds_of(31, folds, labels, 8)]


def test_folds_of_your_own_and_strata():
    found = cross_validate(network, X, Y, folds=[[0, 1, 2], [3, 4, 5]], epochs=1)
    assert len(found.models) == 2
    assert len(cross_validate(network, X, Y, folds=2, stratify=Y, epochs=1).models) == 2


BAD = {
    "no function": ({"build": network()}, ArgumentTypeError, "expected a function without arguments"),
    "one fold": ({"folds": 1}, ArgumentError, "folds"),
    "more folds than rows": ({"folds": 31}, ArgumentError, "folds"),
    "empty": ({"folds": [[0], []]}, ArgumentError, "at least two lists of row numbers"),
    "outside": ({"folds": [[0], [30]]}, ArgumentError, "outside of 0 to 29"),
    "labels": ({"stratify": [1, 2]}, ArgumentError, "2 labels, expected one for each of 30"),
    "a split": ({"validation_split": 0.5}, ArgumentError, "validation_split is what the folds give"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(name):
    given, error, words = BAD[name]
    with pytest.raises(error, match=words):
        cross_validate(**{"build": network, "x": X, "y": Y, **given})
