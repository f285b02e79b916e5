"""TextVectorization(ragged=True) under the aliases: rows as TensorFlow 2.21 gives them."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf.ragged.layers import RaggedTextVectorization
from fastnn.compat.tf.ragged.tensor import RaggedTensor
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError


def test_rows_are_as_long_as_their_texts():
    layer = RaggedTextVectorization()
    with pytest.raises(DataError, match="no vocabulary"):
        layer(["a"])
    layer.adapt(["a b b", "c"])
    found = layer(np.array(["b c", "", "zz b a"]))
    assert isinstance(found, RaggedTensor) and found.dtype == "int64"
    assert found.to_list() == [[2, 3], [], [1, 2, 4]]
    assert layer("b c").tolist() == [2, 3]
    short = RaggedTextVectorization(vocabulary=["a"], output_sequence_length=2)
    assert short(["a a a", "a"]).to_list() == [[2, 2], [2]]
    assert RaggedTextVectorization(split=None, vocabulary=["a"])([["a"]]).tolist() == [[2]]
    assert RaggedTextVectorization.from_config(layer.get_config()).get_config()["ragged"] is True
    with pytest.raises(ArgumentError, match="output_mode"):
        RaggedTextVectorization(output_mode="multi_hot")


def test_a_script_pads_in_a_pipeline():
    fastnn.compat.install()
    try:
        import tensorflow as tf

        texts = tf.data.Dataset.from_tensor_slices(["a b", "c", "a"]).batch(2)
        layer = tf.keras.layers.TextVectorization(ragged=True)
        assert isinstance(layer, tf.keras.layers.TextVectorization)
        layer.adapt(texts)
        assert [b.tolist() for b in texts.map(lambda t: layer(t).to_tensor())] == [[[2, 4], [3, 0]], [[2]]]
        assert type(tf.keras.layers.TextVectorization()) is fastnn.layers.TextVectorization
    finally:
        fastnn.compat.uninstall()
    with pytest.raises(NotSupportedError, match="TensorFlow backend"):
        fastnn.layers.TextVectorization(ragged=True)


WORDS = [["a", "b"], ["c"], ["b", "b", "z"], []]


def ragged(rows, dtype=object):
    return RaggedTensor.from_row_lengths(np.array([v for row in rows for v in row], dtype), [len(row) for row in rows])


@pytest.mark.parametrize(("mode", "expected"), [
    ("multi_hot", [[0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0]]),
    ("count", [[0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 2, 0], [0, 0, 0, 0]]),
    ("tf_idf", [[0, 0.5, 0.25, 0], [0, 0, 0, 1], [7 / 12, 0, 0.5, 0], [0, 0, 0, 0]]),
])  # fmt: skip
def test_lookups_count_the_words_of_rows_of_different_lengths(mode, expected):
    """The numbers are TensorFlow 2.21's, as are the vocabularies below."""
    weights = {"idf_weights": [0.5, 0.25, 1.0]} if mode == "tf_idf" else {}
    layer = fastnn.layers.StringLookup(vocabulary=["a", "b", "c"], output_mode=mode, **weights)
    np.testing.assert_allclose(layer(ragged(WORDS)), expected, rtol=1e-6)


def test_lookups_adapt_to_rows_of_different_lengths():
    layer = fastnn.layers.StringLookup(output_mode="multi_hot")
    layer.adapt(ragged(WORDS))
    assert layer.get_vocabulary() == ["[UNK]", "b", "z", "c", "a"]
    numbers = fastnn.layers.IntegerLookup(output_mode="multi_hot")
    numbers.adapt(ragged([[3, 4], [5]], "int64"))
    assert numbers.get_vocabulary() == [-1, 5, 4, 3]
    np.testing.assert_array_equal(numbers(ragged([[3, 4], [5]], "int64")), [[0, 0, 1, 1], [0, 1, 0, 0]])
