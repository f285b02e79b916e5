"""TextVectorization(ragged=True) under the aliases: rows as TensorFlow 2.21 gives them."""

import numpy as np
import pytest

import fastnn
from fastnn.compat.tf_ragged import RaggedTensor
from fastnn.compat.tf_ragged_layers import RaggedTextVectorization
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
