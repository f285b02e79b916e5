"""predict of models whose results have other rows than their batches: one after another, as in Keras."""

import numpy as np
import pytest

import fastnn
from fastnn import ops

X = np.arange(10, dtype="float32").reshape(5, 2)


def batches(size):
    return [X[i : i + size] for i in range(0, len(X), size)]


# what a model makes of a batch -> the same with NumPy
MODELS = {
    "one row": (lambda i: ops.sum(i, axis=0, keepdims=True), lambda b: b.sum(0, keepdims=True)),
    "no rows' axis": (lambda i: ops.sum(i, axis=0), lambda b: b.sum(0)),
    "rows twice": (lambda i: ops.concatenate([i, i]), lambda b: np.concatenate([b, b])),
    "rows cut": (lambda i: i[:1], lambda b: b[:1]),
    "rows joined": (lambda i: ops.reshape(i, (-1,)), lambda b: b.ravel()),
    "two of each batch": (lambda i: ops.concatenate([i[:1], i[:1] * 2]), lambda b: np.concatenate([b[:1], b[:1] * 2])),
}


@pytest.mark.parametrize("size", [1, 2, 5, 8])
@pytest.mark.parametrize("name", MODELS)
def test_rows_are_not_repeated(name, size):
    make, reference = MODELS[name]
    i = fastnn.Input((2,))
    model = fastnn.Model(i, [make(i), i * 2])
    got, rows = model.predict(X, batch_size=size, verbose=0)
    np.testing.assert_array_equal(got, np.concatenate([reference(b) for b in batches(size)]))
    np.testing.assert_array_equal(rows, X * 2)
