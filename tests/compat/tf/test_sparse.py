"""Sparse tensors of TensorFlow are dense ones here."""

import numpy as np
import pytest

from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.sparse import SparseTensor
from fastnn.core.errors import ArgumentError


def test_text_and_numbers():
    words = SparseTensor([[0, 1]], ["a"], (1, 2))
    assert words.tolist() == [["", "a"]] and tf_names.table()["sparse.to_dense"](words).tolist() == [["", "a"]]


def test_places_outside():
    with pytest.raises(ArgumentError, match="inside"):
        SparseTensor([[0, 2]], [1], (1, 2))


# What TensorFlow 2.21 has for a row of 0 and 2 and one of -3, of three rows: (places, values).
ZEROS = SparseTensor([[0, 0], [0, 2], [1, 1]], np.array([0.0, 2.0, -3.0], "float32"), (3, 3))
NAMED = {
    "softmax": ([], [[0, 0], [0, 2], [1, 1]], [0.1192, 0.8808, 1.0]),
    "add": ([ZEROS], [[0, 0], [0, 2], [1, 1]], [0, 4, -6]),
    "minimum": ([ZEROS], [[0, 0], [0, 2], [1, 1]], [0, 2, -3]),
    "transpose": ([], [[0, 0], [1, 1], [2, 0]], [0, -3, 2]),
    "expand_dims": ([0], [[0, 0, 0], [0, 0, 2], [0, 1, 1]], [0, 2, -3]),
    "reshape": ([[9, 1]], [[0, 0], [2, 0], [4, 0]], [0, 2, -3]),
    "slice": ([[0, 0], [2, 2]], [[0, 0], [1, 1]], [0, -3]),
    "reorder": ([], [[0, 0], [0, 2], [1, 1]], [0, 2, -3]),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_zeros_that_are_named_stay_named(name):
    more, places, values = NAMED[name]
    found = tf_names.table()[f"sparse.{name}"](ZEROS, *more)
    assert isinstance(found, SparseTensor) and found.indices.tolist() == places
    np.testing.assert_allclose(found.values, values, atol=5e-5)


def test_parts_and_rows_without_anything():
    table = tf_names.table()
    parts = table["sparse.split"](ZEROS, 2, 1)
    assert [p.values.tolist() for p in parts] == [[0.0, -3.0], [2.0]]
    assert table["sparse.concat"](0, [ZEROS, ZEROS]).indices.shape == (6, 2)
    assert table["sparse.reduce_max"](ZEROS, 1).tolist() == [2.0, -3.0, 0.0]
    unordered = SparseTensor([[1, 0], [0, 1]], [1.0, 2.0], (2, 3))
    assert table["sparse.reorder"](unordered).values.tolist() == [2.0, 1.0]
    filled, empty = table["sparse.fill_empty_rows"](ZEROS, 9.0)
    assert filled.indices.tolist()[-1] == [2, 0] and filled.values.tolist() == [0.0, 2.0, -3.0, 9.0]
    assert empty.tolist() == [False, False, True]


def test_embeddings_of_sparse_ids():
    """The vectors of each row, combined: what TensorFlow 2.21 gives for the same ids and weights."""
    table = np.arange(8.0, dtype="float32").reshape(4, 2)
    ids = SparseTensor([[0, 0], [0, 1], [2, 0]], np.array([1, 3, 0]), (3, 2))
    weights = SparseTensor([[0, 0], [0, 1], [2, 0]], np.array([1.0, 3.0, 2.0], "float32"), (3, 2))
    look, safe = map(tf_names.find, ("nn.embedding_lookup_sparse", "nn.safe_embedding_lookup_sparse"))
    for combiner, plain, weighted in (("mean", [4, 5], [[5, 6], [0, 1]]), ("sum", [8, 10], [[20, 24], [0, 2]]),
                                      ("sqrtn", [5.656854, 7.071068], [[6.324555, 7.589466], [0, 1]])):  # fmt: skip
        found = look(table, ids, None, combiner=combiner)
        np.testing.assert_allclose(found, [plain, [0, 0], [0, 1]], rtol=1e-6)
        found = look(table, ids, weights, combiner=combiner)
        np.testing.assert_allclose(found, [weighted[0], [0, 0], weighted[1]], rtol=1e-6)
    np.testing.assert_allclose(safe(table, ids, default_id=2), [[4, 5], [4, 5], [0, 1]])
    np.testing.assert_allclose(safe(table, ids, weights), [[5, 6], [0, 0], [0, 1]])
