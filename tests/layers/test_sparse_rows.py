"""`sparse=True`: the numbers of the same layer without it, as SciPy's arrays; in models, dense."""

import sys

import numpy as np
import pytest
from scipy import sparse

import fastnn
from fastnn import layers
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.data import Dataset
from fastnn.layers.sparse_rows import has_rows, sparse_rows

INTS = np.array([[0, 2, 2], [1, 1, 3]])
WORDS = np.array([["a", "c", "c"], ["b", "?", "a"]], object)
TEXTS = np.array(["a c c", "", "b what a"], object)
COLUMN = np.array([[2], [0], [3]])
WEIGHTS = {"vocabulary": ["a", "b", "c"], "idf_weights": [0.5, 2.0, 1.0], "output_mode": "tf_idf"}
# name -> (function of more arguments, data)
MADE = {
    **{f"categories {mode}": (lambda mode=mode, **k: layers.CategoryEncoding(4, mode, **k), INTS)
       for mode in ("multi_hot", "count")},
    "categories one_hot": (lambda **k: layers.CategoryEncoding(4, "one_hot", **k), COLUMN),
    "categories one_hot of a vector": (lambda **k: layers.CategoryEncoding(4, "one_hot", **k), COLUMN[:, 0]),
    "bins": (lambda **k: layers.Discretization([0.5, 2.0], output_mode="count", **k), INTS.astype("float32")),
    "hashes": (lambda **k: layers.Hashing(5, output_mode="multi_hot", **k), WORDS),
    "hashes one_hot": (lambda **k: layers.Hashing(5, output_mode="one_hot", **k), WORDS[:, :1]),
    "crosses": (lambda **k: layers.HashedCrossing(5, output_mode="one_hot", **k), [WORDS[:, 0], INTS[:, 0]]),
    "words": (lambda **k: layers.StringLookup(vocabulary=["a", "b", "c"], output_mode="count", **k), WORDS),
    "words with a mask": (
        lambda **k: layers.StringLookup(vocabulary=["b", "c"], mask_token="a", output_mode="multi_hot", **k), WORDS),
    "weighed words": (lambda **k: layers.StringLookup(**WEIGHTS, **k), WORDS),
    "numbers": (lambda **k: layers.IntegerLookup(vocabulary=[1, 3], output_mode="multi_hot", **k), INTS),
    "texts": (lambda **k: layers.TextVectorization(vocabulary=["a", "b", "c"], output_mode="count", **k), TEXTS),
    "marked texts": (lambda **k: layers.TextVectorization(vocabulary=["a"], output_mode="multi_hot", **k), TEXTS),
    "weighed texts": (lambda **k: layers.TextVectorization(**WEIGHTS, **k), TEXTS),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_the_numbers_of_the_dense_layer(name):
    make, data = MADE[name]
    thin, full = make(sparse=True), make()
    found, expected = thin(data), np.asarray(full(data))
    assert sparse.issparse(found) and found.dtype == expected.dtype
    np.testing.assert_array_equal(found.toarray(), expected)
    again = layers.deserialize(layers.serialize(thin))
    assert again.sparse is True and sparse.issparse(again(data)) and full.sparse is False


@pytest.mark.parametrize("name", [n for n in MADE if n != "crosses"])
def test_in_a_model_results_are_dense(name):
    make, data = MADE[name]
    data = data[:, None] if data.ndim == 1 else data
    x = fastnn.Input(data.shape[1:], dtype="string" if data.dtype == object else data.dtype.name)
    thin, full = (fastnn.Model(x, make(**options)(x)) for options in ({"sparse": True}, {}))
    np.testing.assert_array_equal(thin.predict(data, verbose=0), full.predict(data, verbose=0))


def test_what_has_no_matrix_stays_dense():
    layer = layers.CategoryEncoding(4, "count", sparse=True)
    np.testing.assert_array_equal(layer(np.array([0, 2, 2])), [1, 0, 2, 0])
    assert layer(np.ones((2, 3, 5), "int32")).shape == (2, 5, 4)
    text = layers.TextVectorization(vocabulary=["a"], output_mode="count", sparse=True)
    np.testing.assert_array_equal(text("a b a"), [1, 2])


def test_weights_of_categories():
    layer = layers.CategoryEncoding(4, "count", sparse=True)
    found = layer(INTS, count_weights=np.array([[1.0, 2, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(found.toarray(), [[1, 0, 5, 0], [0, 9, 0, 6]])


def test_a_model_trains_on_sparse_rows():
    encode = layers.TextVectorization(vocabulary=["a", "b", "c"], output_mode="multi_hot", sparse=True)
    x, y = fastnn.Input((4,), sparse=True), np.arange(3.0)
    assert x.sparse is True
    results = []
    for data in (encode(TEXTS), encode(TEXTS).toarray(), Dataset.from_tensor_slices((TEXTS, y)).batch(3)):
        fastnn.utils.set_random_seed(1)
        model = fastnn.Model(x, layers.Dense(1)(x))
        model.compile("sgd", "mse")
        if isinstance(data, Dataset):
            model.fit(data.map(lambda texts, labels: (encode(texts), labels)), shuffle=False, verbose=0)
        else:
            model.fit(data, y, batch_size=3, shuffle=False, verbose=0)
        results.append(model.get_weights()[0])
    for found in results[1:]:
        np.testing.assert_allclose(found, results[0], rtol=1e-6)
    twin = fastnn.Model.from_config(model.get_config())
    assert twin.inputs[0].sparse is True


WRONG = [
    (lambda: layers.StringLookup(sparse=True), ArgumentError, "`sparse` may only be true if `output_mode` is"),
    (lambda: layers.TextVectorization(sparse=True), ArgumentError, "`sparse` may only be true if `output_mode` is"),
    (lambda: layers.Hashing(3, sparse=True), ArgumentError, "`sparse` may only be true if `output_mode` is"),
    (lambda: layers.Discretization([0.0], sparse=True), ArgumentError, "`sparse` may only be true"),
    (lambda: layers.TextVectorization(ragged=True), NotSupportedError, "`ragged=True` can only be used with the Tens"),
    (lambda: layers.TextVectorization(ragged=True, output_mode="count"), ArgumentError, "`ragged` must not be true"),
    (lambda: fastnn.Input((None,), ragged=True), NotSupportedError, "`ragged=True` is not supported"),
]


@pytest.mark.parametrize(("make", "kind", "words"), WRONG)
def test_errors(make, kind, words):
    with pytest.raises(kind, match=words):
        make()


def test_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(NotSupportedError, match="Hashing: sparse=True gives arrays of SciPy, which is not installed"):
        layers.Hashing(3, output_mode="count", sparse=True)


def test_rows():
    assert not has_rows((), "one_hot") and not has_rows((2, 3), "one_hot") and not has_rows((2, 3, 4), "count")
    np.testing.assert_array_equal(sparse_rows(np.array([[1, -1, 1]]), 2, "multi_hot").toarray(), [[0, 1]])
