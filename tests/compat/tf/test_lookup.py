"""tf.lookup.StaticHashTable: values of keys, dtypes, errors."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf import lookup
from fastnn.compat.tf.lookup import KeyValueTensorInitializer, StaticHashTable
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


def test_unknown_words_have_numbers_of_buckets():
    """The numbers are TensorFlow 2.21's."""
    words = lookup.KeyValueTensorInitializer(["<1H OCEAN", "INLAND"], np.arange(2))
    table = lookup.StaticVocabularyTable(words, 3)
    found = table.lookup(np.array([["INLAND", "DESERT"], ["x", "naïve"]]))
    assert found.tolist() == [[1, 4], [4, 2]] and found.dtype == np.int64 and int(table.size()) == 5
    whole = lookup.StaticVocabularyTable(lookup.KeyValueTensorInitializer(np.array([5, 7]), np.arange(2)), 5)
    assert whole.lookup(np.array([7, 1, 2, 3, 12])).tolist() == [1, 6, 6, 3, 5]
    assert lookup.StaticVocabularyTable(None, 1).lookup(np.array(["a"])).tolist() == [0]
    with pytest.raises(ArgumentError, match="num_oov_buckets=0"):
        lookup.StaticVocabularyTable(words, 0)
    with pytest.raises(DTypeError, match="int64"):
        lookup.StaticVocabularyTable(lookup.KeyValueTensorInitializer(["a"], ["b"]), 1)


def test_words_in_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\t5\nb\t6\nc\t7\n", encoding="utf-8")
    index = lookup.TextFileIndex
    for arguments, kwargs, expected in (
        (("string", 0, "int64", 1), {}, [6, -1]),
        (("string", 0, "int64", index.LINE_NUMBER), {"value_index_offset": 2}, [3, -1]),
        (("string", 0, "int64", index.LINE_NUMBER), {"vocab_size": 1}, [-1, -1]),
        (("string", index.WHOLE_LINE, "int64", index.LINE_NUMBER), {}, [-1, -1]),
    ):
        table = lookup.StaticHashTable(lookup.TextFileInitializer(path, *arguments, **kwargs), -1)
        assert table.lookup(np.array(["b", "q"])).tolist() == expected
    with pytest.raises(ArgumentError, match="column 2"):
        lookup.TextFileInitializer(path, "string", 2, "int64", 1)


def test_tables_that_change():
    table = lookup.MutableHashTable("string", "float32", default_value=[0.0, -1.0])
    table.insert(["a", b"b"], [[1.0, 2.0], [3.0, 4.0]])
    table.insert([["a"]], [[[5.0, 6.0]]])
    assert table.lookup([["b", "c"]]).tolist() == [[[3.0, 4.0], [0.0, -1.0]]]
    assert table.lookup(["c", "a"], [[7.0, 8.0], [9.0, 9.0]]).tolist() == [[7.0, 8.0], [5.0, 6.0]]
    table.remove(["b", "z"])
    keys, values = table.export()
    assert (keys.tolist(), values.tolist(), int(table.size())) == (["a"], [[5.0, 6.0]], 1)
    words = lookup.MutableHashTable("int64", "string", default_value="none")
    words.insert(np.array([1]), ["one"])
    assert words.lookup(np.array([1, 2])).tolist() == ["one", "none"] and words.lookup(np.int64(1)).item() == "one"
    with pytest.raises(ArgumentError, match="expected"):
        table.insert(["a"], [1.0])
    with pytest.raises(DTypeError):
        table.lookup(np.array([1]))
    dense = lookup.DenseHashTable("int64", "int64", 0, empty_key=-1, deleted_key=-2)
    with pytest.raises(ArgumentError, match="-2"):
        dense.insert(np.array([-2]), np.array([1]))
    with pytest.raises(ArgumentError, match="equal"):
        lookup.DenseHashTable("int64", "int64", 0, empty_key=-1, deleted_key=-1)
