"""TextVectorization: functions of the user's, and what is no data."""

import numpy as np
import pytest

from fastnn import layers
from fastnn.core.errors import DataError, ShapeError

RAGGED = [["a"], ["b", "c"]]


@pytest.mark.parametrize("make", [layers.StringLookup, layers.TextVectorization], ids=lambda c: c.__name__)
def test_lists_of_several_lengths_are_no_data(make):
    layer = make(vocabulary=["a", "b"])
    for call in (layer, make().adapt):
        with pytest.raises(DataError, match="need one length"):
            call(RAGGED)


@pytest.mark.parametrize("data", [["B a", "C,"], np.array([[b"B a"], [b"C,"]], object), "B, A"], ids=repr)
@pytest.mark.parametrize("split", ["whitespace", None])
def test_a_function_standardizes_all_texts_at_once(data, split):
    seen = []

    def plain(texts):
        seen.append((texts.dtype.kind, texts.shape))
        return np.char.replace(np.char.lower(texts), ",", "")

    words = ["a", "b", "c", "b a"]
    mine, known = (
        layers.TextVectorization(standardize=s, split=split, vocabulary=words)
        for s in (plain, "lower_and_strip_punctuation")
    )
    np.testing.assert_array_equal(mine(data), known(data))
    assert {kind for kind, _ in seen} == {"U"} and len(seen) == 1


def test_a_function_that_joins_texts():
    layer = layers.TextVectorization(standardize=lambda texts: np.array(" ".join(texts)))
    with pytest.raises(ShapeError, match="one of the same shape"):
        layer.adapt(["a", "b"])


@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_counts_of_rows_are_those_of_texts_one_by_one(mode):
    texts = ["a b a", "", "c c zz a b", "b"]
    layer = layers.TextVectorization(output_mode=mode)
    layer.adapt(texts)
    rows = layer(texts)
    np.testing.assert_array_equal(rows, np.stack([layer(t) for t in texts]))
    assert rows.sum() > 0 and rows[1].sum() == 0


def test_rows_are_cut_and_padded():
    layer = layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)
    np.testing.assert_array_equal(layer(["a b a b", "b", ""]), [[2, 3, 2], [3, 0, 0], [0, 0, 0]])
    layer = layers.TextVectorization(vocabulary=["a", "b"], ngrams=(2, 1))
    np.testing.assert_array_equal(layer(["a b", "b"]), [[1, 2, 3], [3, 0, 0]])
