"""Made data: shapes and dtypes of the sets they stand in for, the same at every call, something to learn."""

import numpy as np
import pytest

import fastnn
from fastnn import datasets, layers
from fastnn.datasets import synthetic

POINTS = ("spirals", "circles", "xor", "gauss")
SHAPES = {
    "reviews": ((), "object", "int64"),
    "clothes": ((28, 28), "uint8", "uint8"),
    "housing": ((13,), "float64", "float64"),
    **dict.fromkeys(POINTS, ((2,), "float32", "int64")),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name):
    shape, x_type, y_type = SHAPES[name]
    make = getattr(datasets.synthetic, name)
    (x, y), (a, b) = make(train=30, test=7)
    assert x.shape == (30, *shape) and a.shape == (7, *shape) and y.shape == (30,) and b.shape == (7,)
    assert x.dtype == a.dtype == x_type and y.dtype == b.dtype == y_type
    again = make(train=30, test=7)
    assert all(np.array_equal(p, q) for p, q in zip((x, y, a, b), (*again[0], *again[1])))
    assert not np.array_equal(make(train=30, test=7, seed=1)[0][1], y)
    for wrong in ({"train": 0}, {"test": 1.5}, {"seed": "x"}):
        with pytest.raises(ValueError):
            make(**wrong)


def test_labels_are_spread():
    for name in ("clothes", "reviews", *POINTS):
        (_, y), _ = getattr(synthetic, name)(train=1000, test=1)
        counts = np.bincount(y)
        assert len(counts) == (10 if name == "clothes" else 2) and counts.min() > 0.7 * counts.mean()
    for name in ("spirals", "gauss"):
        assert set(getattr(synthetic, name)(classes=5)[0][1]) == set(range(5))
    (_, y), _ = synthetic.housing()
    assert 5 <= y.min() < y.max() <= 50 and y.std() > 5
    assert len(synthetic.CLOTHES) == 10


def test_reviews_are_rows_of_words():
    (x, _), _ = synthetic.reviews(train=50, test=1, num_words=200, maxlen=40)
    assert all(row[0] == 1 and 4 <= min(row[1:]) <= max(row) < 200 and 10 <= len(row) < 40 for row in x)


def fitted(data, net, loss, epochs, prepare=lambda x: x):
    fastnn.utils.set_random_seed(0)
    (x, y), (a, b) = data
    model = fastnn.Sequential(net)
    model.compile(fastnn.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    model.fit(prepare(x), y, epochs=epochs, verbose=0)
    return model.evaluate(prepare(a), b, verbose=0)[1]


def test_images_can_be_learnt():
    net = [fastnn.Input((28, 28)), layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(10, "softmax")]
    found = fitted(synthetic.clothes(1000, 200), net, "sparse_categorical_crossentropy", 6, lambda x: x / 255.0)
    assert found > 0.6


def test_reviews_can_be_learnt():
    net = [fastnn.Input((60,)), layers.Embedding(500, 8), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")]
    data = synthetic.reviews(800, 200, num_words=500, maxlen=60)
    pad = lambda x: fastnn.utils.pad_sequences(x, 60)
    assert fitted(data, net, "binary_crossentropy", 6, pad) > 0.75


@pytest.mark.parametrize("name", POINTS)
def test_points_can_be_told_apart(name):
    net = [fastnn.Input((2,)), layers.Dense(32, "tanh"), layers.Dense(32, "tanh"), layers.Dense(1, "sigmoid")]
    data = getattr(synthetic, name)(400, 100, noise=0.01)
    assert fitted(data, net, "binary_crossentropy", 150 if name == "spirals" else 30) > 0.8
