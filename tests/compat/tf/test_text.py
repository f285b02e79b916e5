"""Text of TensorFlow's years: lines of files, and functions on text in Dataset.map; values: the table of calls."""

import gzip

import numpy as np
import pytest
from compat.running import run

import fastnn
from fastnn.compat.tf import names as tf_names
from fastnn.compat.tf.text import TextLineDataset
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.data import Dataset

split, lower, substr = (tf_names.find(f"strings.{n}") for n in ("split", "lower", "substr"))


def test_lines_of_files(tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.gz"
    first.write_bytes("One two\r\n\nÉté last".encode())
    second.write_bytes(gzip.compress(b"x\ny\n"))
    lines = TextLineDataset(str(first))
    for _ in range(2):  # each pass reads anew
        assert [str(line) for line in lines] == ["One two", "", "Été last"]
    assert len(list(TextLineDataset([str(first), str(first)]))) == 6
    names = Dataset.list_files(str(tmp_path / "*.txt"))
    assert [str(line) for line in TextLineDataset(names).skip(2)] == ["Été last"]
    assert [str(line) for line in TextLineDataset(str(second), "GZIP")] == ["x", "y"]
    with pytest.raises(NotSupportedError, match="compression_type"):
        TextLineDataset(str(first), "ZLIB")
    with pytest.raises(FileNotFoundError):
        list(TextLineDataset(str(tmp_path / "none.txt")))


def test_functions_in_map(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("A b\nC d e\n", encoding="utf-8")
    words = TextLineDataset(str(path)).map(lower).map(split)
    assert [row.tolist() for row in words] == [["a", "b"], ["c", "d", "e"]]
    assert [str(w) for w in words.flat_map(Dataset.from_tensor_slices)] == ["a", "b", "c", "d", "e"]


def test_many_texts_at_once():
    assert split(["a b", "c"]).to_list() == [["a", "b"], ["c"]]
    assert split(np.array([["a b", "c"], ["", "d"]])).to_list() == [[["a", "b"], ["c"]], [[], ["d"]]]
    assert split(np.zeros((0, 2), "U1")).to_list() == [] and split(np.zeros((2, 0), "U1")).to_list() == [[], []]
    assert split(np.array([b"a", b"c"])).to_list() == [["a"], ["c"]] and split("").shape == (0,)
    with pytest.raises(NotSupportedError, match="arrays"):
        split(fastnn.Input((3,)))
    with pytest.raises(ArgumentError, match="pos 9 out of range"):
        substr("abc", 9, 1)


def test_rows_of_characters_are_texts_again_and_what_is_none_is_refused():
    decode, encode, number = (tf_names.find(f"strings.{n}") for n in ("unicode_decode", "unicode_encode", "to_number"))
    assert encode(decode(["héllo", "日本", ""], "UTF-8"), "UTF-8").tolist() == ["héllo", "日本", ""]
    with pytest.raises(ArgumentError, match="Invalid formatting"):
        decode([b"a\xff"], "UTF-8", errors="strict")
    with pytest.raises(ArgumentError, match="no number"):
        number(["1.5", "x"])


ELEMENTS = """
import tensorflow as tf
words = tf.strings.split(["a b", "c"])[0]
first, second = words
print(first.numpy(), second.shape, [w.numpy().decode() for w in tf.constant(["x", "y"])])
line = next(iter(tf.data.Dataset.from_tensor_slices(["p 1", "q 2"])))
print(tf.strings.split([line], " ").to_list(), tf.strings.to_number([words[0] + "1", tf.constant("2")][1]).numpy())
print(bool(tf.equal([first], ["a"])[0]), tf.strings.length([first, "é"]).numpy().tolist())
print(tf.compat.v1.string_split([line, "r"], " ").values.numpy().tolist(), tf.Variable(1.5).value().numpy())
print(tf.numpy_function(lambda x: x.decode() * 2, [first], tf.string).numpy())
tf.print(words, output_stream="file://said.txt")
print(open("said.txt").read().strip())
"""


def test_elements_of_texts_are_tensors_as_in_tensorflow(tmp_path):
    status, output, errors = run(ELEMENTS, tmp_path)
    assert status == 0, errors
    assert output.splitlines() == [
        "b'a' () ['x', 'y']",
        "[[b'p', b'1']] 2.0",
        "True [1, 2]",
        "[b'p', b'1', b'r'] 1.5",
        "b'aa'",
        '["a" "b"]',
    ]
