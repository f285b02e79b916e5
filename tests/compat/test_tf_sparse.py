"""Sparse tensors of TensorFlow are dense ones here."""

import pytest

from fastnn.compat import tf_names
from fastnn.compat.tf_sparse import SparseTensor
from fastnn.core.errors import ArgumentError


def test_text_and_numbers():
    words = SparseTensor([[0, 1]], ["a"], (1, 2))
    assert words.tolist() == [["", "a"]] and tf_names.table()["sparse.to_dense"](words).tolist() == [["", "a"]]


def test_places_outside():
    with pytest.raises(ArgumentError, match="inside"):
        SparseTensor([[0, 2]], [1], (1, 2))
