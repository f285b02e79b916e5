"""Normalization: statistics of whatever holds batches are those of all rows together."""

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.data import Dataset

DATA = np.random.default_rng(0).normal(3, 2, (23, 4, 3)).astype("float32")


class Batches(fastnn.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return DATA[index * 5 : index * 5 + 5], np.zeros(5)


SOURCES = {
    "array": lambda: DATA,
    "numbers": lambda: DATA.tolist(),
    "list": lambda: [DATA[:9], DATA[9:]],
    "generator": lambda: (DATA[i : i + 4] for i in range(0, 23, 4)),
    "pairs": lambda: [(DATA[:9], 0), (DATA[9:], 1)],
    "dataset": lambda: Dataset.from_tensor_slices(DATA).batch(6),
    "labelled": lambda: Dataset.from_tensor_slices((DATA, np.zeros(23))).batch(6),
    "by number": Batches,
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("axis", [-1, None, (1, 2), (2, -2), 1])
def test_adapt(name, axis):
    layer = layers.Normalization(axis=axis)
    layer.adapt(SOURCES[name]())
    kept = {a % 3 for a in np.atleast_1d(() if axis is None else axis).astype(int)}
    reduced = tuple(i for i in range(3) if i not in kept)
    wide = DATA.astype("float64")
    np.testing.assert_allclose(layer.mean, wide.mean(reduced, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(layer.variance, wide.var(reduced, keepdims=True), rtol=1e-6)
    layer.adapt(SOURCES[name]())  # again: from the beginning
    np.testing.assert_allclose(layer.variance, wide.var(reduced, keepdims=True), rtol=1e-6)


def test_rows_alone_are_batched():
    layer = layers.Normalization()
    layer.adapt(Dataset.from_tensor_slices(DATA[:, 0]))
    np.testing.assert_allclose(layer.mean[0], DATA[:, 0].mean(0, dtype="float64"), rtol=1e-6)


@pytest.mark.parametrize(
    ("axis", "mean", "wide"),
    [
        (-1, 2.0, (1, 1, 3)),
        (-1, [1.0, 2.0, 3.0], (1, 1, 3)),
        ((1, 2), [1.0, 2.0, 3.0], (1, 4, 3)),
        (None, 2.0, (1, 1, 1)),
    ],
)
def test_given_statistics(axis, mean, wide):
    layer = layers.Normalization(axis=axis, mean=mean, variance=np.ones_like(mean))
    np.testing.assert_allclose(layer(DATA), DATA - np.asarray(mean, "float32"), rtol=1e-6)
    assert layer.mean.shape == wide


WRONG = [
    (lambda: layers.Normalization().adapt([]), "empty iterable"),
    (lambda: layers.Normalization().adapt(iter(())), "empty iterable"),
    (lambda: layers.Normalization().adapt([DATA, DATA[:, :, :2]]), "incompatible shape"),
    (lambda: layers.Normalization(axis=3).adapt(DATA), "must be in the range"),
    (lambda: layers.Normalization(mean=1.0), "both `mean` and `variance`"),
    (lambda: layers.Normalization(mean=1.0, variance=[1.0]), "same shape"),
    (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(DATA), "static"),
]


@pytest.mark.parametrize(("call", "words"), WRONG)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()
    for nothing in (3, (x for x in "ab")):
        with pytest.raises(TypeError):
            layers.Normalization().adapt(nothing)


def test_one_statistic_of_a_vector_keeps_vectors():
    layer = layers.Normalization(axis=None)
    layer.adapt(np.array([1.0, 2.0, 3.0, 4.0, 5.0], "float32"))
    np.testing.assert_allclose(layer(np.array([1.0, 2.0, 3.0], "float32")), [-np.sqrt(2), -np.sqrt(0.5), 0], rtol=1e-6)
    one = layers.Normalization()
    one.adapt(np.array([1.0, 2.0, 3.0]))  # one feature
    assert one(np.ones((3, 1), "float32")).shape == (3, 1)
