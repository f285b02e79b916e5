"""Sparse matrices as data give what the same numbers give as arrays."""

import numpy as np
import pytest
from scipy import sparse

import fastnn
from fastnn import layers
from fastnn.models.sparse import batches

X = np.random.default_rng(0).normal(size=(20, 5)).astype("float32") * (np.arange(100).reshape(20, 5) % 3 == 0)
Y = X.sum(1, keepdims=True)
KINDS = ["csr_matrix", "csc_matrix", "coo_matrix", "lil_matrix", "csr_array", "coo_array"]


def model():
    fastnn.utils.set_random_seed(2)
    made = fastnn.Sequential([fastnn.Input((5,)), layers.Dense(3, "relu"), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_same_as_dense(kind):
    x, made = getattr(sparse, kind)(X), model()
    np.testing.assert_array_equal(made.predict(x, verbose=0), made.predict(X, verbose=0))
    np.testing.assert_array_equal(made.predict(x, batch_size=7, verbose=0), made.predict(X, batch_size=7, verbose=0))
    np.testing.assert_array_equal(made(x), made(X))
    np.testing.assert_array_equal(made.predict_on_batch(x), made.predict_on_batch(X))
    assert made.evaluate(x, Y, verbose=0) == made.evaluate(X, Y, verbose=0)
    assert made.test_on_batch(x, Y) == made.test_on_batch(X, Y)


@pytest.mark.parametrize("options", [{}, {"validation_split": 0.25}, {"class_weight": {0: 2.0}}, {"sample_weight": 1}])
def test_training(options):
    results = []
    for x in (X, sparse.csr_matrix(X)):
        made = model()
        chosen = {**options, **({"sample_weight": np.arange(20.0)} if "sample_weight" in options else {})}
        y = (Y > 0).astype("float32") if "class_weight" in options else Y
        history = made.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0, **chosen).history
        results.append((history, made.get_weights()))
    (a, first), (b, second) = results
    assert a.keys() == b.keys()
    for left, right in [*zip(first, second), *((a[k], b[k]) for k in a)]:
        np.testing.assert_allclose(left, right, rtol=1e-6)


def test_every_row_once_in_an_epoch():
    x = sparse.csr_matrix(np.arange(1, 21.0)[:, None])
    for shuffle in (True, "batch", False):
        data = batches({"x": x, "y": None, "sample_weight": None}, 6, None, shuffle)
        passes = [np.concatenate([b[0] for b in data]).ravel().tolist() for _ in range(2)]
        assert [sorted(p) for p in passes] == [list(range(1, 21))] * 2
        assert (passes[0] == passes[1]) is (shuffle is False)


def test_several_inputs_and_wrong_rows():
    a, b = fastnn.Input((5,)), fastnn.Input((2,))
    made = fastnn.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))
    made.compile("sgd", "mse")
    dense = np.ones((20, 2), "float32")
    np.testing.assert_array_equal(
        made.predict([sparse.csr_matrix(X), dense], verbose=0), made.predict([X, dense], verbose=0)
    )
    made.fit([sparse.csr_matrix(X), dense], Y, verbose=0)
    with pytest.raises(ValueError, match="same number of samples"):
        made.fit([sparse.csr_matrix(X), dense], Y[:7], verbose=0)
