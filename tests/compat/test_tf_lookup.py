"""tf.lookup.StaticHashTable: values of keys, dtypes, errors."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf_lookup import KeyValueTensorInitializer, StaticHashTable
from fastnn.core.errors import ArgumentError, DTypeError, NotSupportedError
from fastnn.data import Dataset


def test_values_of_keys():
    table = StaticHashTable(KeyValueTensorInitializer(["a", b"b"], [1, 2]), -1)
    found = table.lookup(np.array([["a", "z"], ["b", "a"]]))
    assert found.dtype == "int32" and found.tolist() == [[1, -1], [2, 1]]
    assert table[np.array([b"b"])].tolist() == [2]
    assert table.size().dtype == "int64" and int(table.size()) == 2
    words = StaticHashTable(KeyValueTensorInitializer([5, 6], ["x", "y"], "int64", "string"), "?")
    assert words.lookup(np.array([6, 7])).tolist() == ["y", "?"]
    wide = StaticHashTable(KeyValueTensorInitializer(["a"], np.array([3])), 0)
    assert wide.lookup("a").dtype == "int64" and wide.lookup("a").shape == ()


def test_in_map():
    table = StaticHashTable(KeyValueTensorInitializer(["a", "b"], [1, 2], "string", "int64"), 0)
    assert [int(v) for v in Dataset.from_tensor_slices(["b", "c", "a"]).map(table.lookup)] == [2, 0, 1]


def test_errors():
    with pytest.raises(ArgumentError, match="2 keys and 1 values"):
        KeyValueTensorInitializer(["a", "b"], [1])
    with pytest.raises(ArgumentError, match="different value for same key"):
        StaticHashTable(KeyValueTensorInitializer(["a", "a"], [1, 2]), 0)
    table = StaticHashTable(KeyValueTensorInitializer(["a"], [1]), 0)
    with pytest.raises(DTypeError, match="must be string"):
        table.lookup(np.array([1]))
    with pytest.raises(NotSupportedError, match="arrays"):
        table.lookup(fastnn.Input((2,)))
