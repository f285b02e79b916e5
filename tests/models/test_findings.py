"""Each finding of model.check: data and a model that have it, and none in those that have not."""

import numpy as np
import pytest

import fastnn
from fastnn import layers, losses

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype("float32")
Y = np.arange(64) % 3


def net(*stack, loss="sparse_categorical_crossentropy", shape=(4,)):
    model = fastnn.Sequential([fastnn.Input(shape), *stack])
    model.compile("sgd", loss)
    return model


def classes(activation="softmax", units=3, **options):
    return net(layers.Dense(units, activation=activation), **options)


def ids(model, x=X, y=Y, **options):
    return [f.id for f in model.check(x, y, **options).findings]


def changed(array, value, where=(3, 1)):
    array = array.copy()
    array[where] = value
    return array


BINARY, CATEGORICAL = "binary_crossentropy", "categorical_crossentropy"
HOT = np.eye(3)[Y]
IMAGES = RNG.integers(0, 256, (64, 6, 6, 1))
FLAT = (layers.Flatten, lambda: layers.Dense(3, activation="softmax"))
CASES = {
    "not-finite": (lambda: classes(), changed(X, np.nan), Y, {}),
    "constant-column": (lambda: classes(), changed(X, 0.5, np.s_[:, 2]), Y, {}),
    "unscaled-images": (lambda: net(*(make() for make in FLAT), shape=(6, 6, 1)), IMAGES, Y, {}),
    "unscaled-columns": (lambda: classes(), X * [1, 1, 1, 500], Y, {}),
    "shared-rows": (lambda: classes(), X, Y, {"validation_data": (X[:9], Y[:9])}),
    "one-class": (lambda: classes(), X, Y * 0, {}),
    "class-balance": (lambda: classes(), X, (np.arange(64) % 32 == 0).astype(int), {}),
    "sorted-labels": (lambda: classes(), X, np.sort(Y), {"validation_split": 0.2}),
    "labels-one-hot": (lambda: classes(), X, HOT, {}),
    "labels-range": (lambda: classes(units=2), X, Y, {}),
    "labels-numbers": (lambda: classes(loss=CATEGORICAL), X, Y, {}),
    "labels-sum": (lambda: classes(loss=CATEGORICAL), X, 1 - HOT, {}),
    "labels-binary": (lambda: classes("sigmoid", 1, loss=BINARY), X, (Y > 0) * 2 - 1, {}),
    "softmax-one-unit": (lambda: classes("softmax", 1, loss=BINARY), X, (Y > 0) * 1, {}),
    "from-logits": (lambda: classes(loss=losses.SparseCategoricalCrossentropy(from_logits=True)), X, Y, {}),
    "no-probabilities": (lambda: classes(None), X, Y, {}),
    "sigmoid-classes": (lambda: classes("sigmoid"), X, Y, {}),
    "targets-out-of-reach": (lambda: classes("sigmoid", 1, loss="mse"), X, X[:, :1] * 3, {}),
    "batch-of-one": (lambda: net(layers.BatchNormalization(), layers.Dense(3, activation="softmax")), X[:33], Y[:33],
                     {}),
    "dead-layer": (lambda: net(layers.Dense(8, "relu", bias_initializer=fastnn.initializers.Constant(-100)),
                               layers.Dense(3, activation="softmax")), X, Y, {}),
}  # fmt: skip
CLEAN = {
    "classes": (lambda: classes(), X, Y, {"validation_split": 0.2}),
    "one-hot": (lambda: classes(loss=CATEGORICAL), X, HOT, {}),
    "two classes": (lambda: classes("sigmoid", 1, loss=BINARY), X, (Y > 0) * 1, {}),
    "logits": (lambda: classes(None, loss=losses.SparseCategoricalCrossentropy(from_logits=True)), X, Y, {}),
    "several labels": (lambda: classes("sigmoid", 3, loss=BINARY), X, RNG.integers(0, 2, (64, 3)), {}),
    "numbers": (lambda: classes(None, 1, loss="mse"), X, X[:, :1], {}),
    "positive numbers": (lambda: classes("relu", 4, loss="mse"), X, abs(X), {}),
    "scaled images": (lambda: net(layers.Rescaling(1 / 255), *(make() for make in FLAT), shape=(6, 6, 1)), IMAGES, Y,
                      {}),
    "hidden": (lambda: net(layers.Dense(8, "relu"), layers.Dense(3, activation="softmax")), X, Y, {"batch_size": 21}),
    "softmax layer": (lambda: net(layers.Dense(3), layers.Softmax()), X, Y, {}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def seed():
    fastnn.utils.set_random_seed(0)


@pytest.mark.parametrize("case", CASES)
def test_what_is_found(case):
    make, x, y, options = CASES[case]
    report = make().check(x, y, **options)
    (finding,) = [f for f in report.findings if f.id == case]
    assert finding.reason and finding.advice and finding.level in ("error", "warning")
    assert report.ok is not any(f.level == "error" for f in report.findings)
    assert f"{finding.level:7} {case}: {finding.reason}" in str(report)


@pytest.mark.parametrize("case", CLEAN)
def test_what_is_not(case):
    make, x, y, options = CLEAN[case]
    assert ids(make(), x, y, **options) == []


def test_each_output_is_looked_at():
    x = fastnn.Input((4,))
    a, b = layers.Dense(1, name="a", activation="sigmoid")(x), layers.Dense(2, name="b", activation="softmax")(x)
    model = fastnn.Model(x, [a, b])
    model.compile("sgd", [BINARY, "sparse_categorical_crossentropy"])
    found = model.check(X, [(Y > 0) * 1, Y]).findings
    assert [(f.id, "'b'" in f.reason) for f in found] == [("labels-range", True)]
