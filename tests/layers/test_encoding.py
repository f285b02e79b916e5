"""Categories as numbers: encodings against their definition (numbers checked against Keras), vocabularies both ways."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import ArgumentError, DataError

X = np.array([[0, 2], [1, 1], [3, 0]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("multi_hot", [[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]), ("count", [[1, 0, 1, 0], [0, 2, 0, 0], [1, 0, 0, 1]])],
)
def test_category_encoding(mode, expected):
    layer = layers.CategoryEncoding(4, output_mode=mode)
    np.testing.assert_array_equal(layer(X), expected)
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layer, layers.Dense(1)])
    assert layer.output_shape == (None, 4)
    model.compile("sgd", "mse")
    model.fit(X, np.ones(3), verbose=0)
    with pytest.raises(DataError, match="index 4 in row 1"):
        model.fit([[0, 1], [4, 0]], np.ones(2), verbose=0)
    with pytest.raises(DataError, match="num_tokens=4"):
        layer(X + 1)
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()


def test_one_hot_and_weights():
    for x in (X[:, 0], X[:, :1]):
        np.testing.assert_array_equal(layers.CategoryEncoding(4, "one_hot")(x), np.eye(4)[[0, 1, 3]])
    weights = np.array([[0.5, 2], [1, 3], [1, 1]])
    np.testing.assert_array_equal(
        layers.CategoryEncoding(4, "count")(X, count_weights=weights), [[0.5, 0, 2, 0], [0, 4, 0, 0], [1, 0, 0, 1]]
    )


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=20), bins=st.sets(st.integers(-4, 4), min_size=1)
)
def test_discretization(values, bins):
    edges = sorted(bins)
    x = np.array(values, "float32")[:, None]
    np.testing.assert_array_equal(layers.Discretization(edges)(x), np.digitize(x, edges))
    np.testing.assert_array_equal(
        layers.Discretization(edges, output_mode="one_hot")(x), np.eye(len(edges) + 1)[np.digitize(x[:, 0], edges)]
    )


def test_discretization_adapts():
    layer = layers.Discretization(num_bins=4)
    with pytest.raises(DataError, match="adapt"):
        layer(np.ones(2))
    data = np.random.default_rng(0).normal(size=1000)
    layer.adapt(data)
    counts = np.bincount(np.asarray(layer(data[:, None])).ravel())
    assert len(counts) == 4 and counts.min() > 240
    twin = layers.deserialize(layers.serialize(layer))
    np.testing.assert_array_equal(twin(data), layer(data))


def test_string_lookup_both_ways():
    words = np.array([["b", "?"], ["a", "c"]])
    layer = layers.StringLookup(vocabulary=["a", "b", "c"], mask_token="")
    assert layer.get_vocabulary() == ["", "[UNK]", "a", "b", "c"]
    numbers = layer(words)
    assert numbers.tolist() == [[3, 1], [2, 4]] and layer(np.array("")).item() == 0
    back = layers.StringLookup(vocabulary=layer.get_vocabulary(), mask_token="", invert=True)
    assert back(numbers).tolist() == [["b", "[UNK]"], ["a", "c"]]
    many = layers.StringLookup(vocabulary=["a"], num_oov_indices=3)
    assert {int(i) for i in many(np.array(list("abcdefgh")))} == {0, 1, 2, 3}
    with pytest.raises(DataError, match="not in the vocabulary"):
        layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(np.array(["b"]))
    assert layers.deserialize(layers.serialize(layer))(words).tolist() == numbers.tolist()


def test_integer_lookup():
    layer = layers.IntegerLookup(output_mode="multi_hot")
    layer.adapt(np.array([12, 36, 36, 1138]))
    assert layer.get_vocabulary() == [-1, 36, 1138, 12]
    np.testing.assert_array_equal(layer(np.array([[36, 7], [12, 36]])), [[1, 1, 0, 0], [0, 1, 0, 1]])
    with pytest.raises(ArgumentError, match="vocabulary_dtype='int64'"):
        layers.IntegerLookup(vocabulary_dtype="int32")


def test_text_vectorization():
    texts = ["The cat, sat", "the dog!", "a cat"]
    layer = layers.TextVectorization(max_tokens=6, output_sequence_length=4)
    layer.adapt(texts)
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "cat", "sat", "dog"]  # equals: later in order first
    assert layer(["The dog sat on", "cat"]).tolist() == [[2, 5, 4, 1], [3, 0, 0, 0]]
    assert layer("the cat").tolist() == [2, 3, 0, 0]
    assert layers.deserialize(layers.serialize(layer))(texts).tolist() == layer(texts).tolist()
    pairs = layers.TextVectorization(ngrams=2, output_mode="count", standardize="lower")
    pairs.adapt(["a b a"])
    assert pairs.get_vocabulary() == ["[UNK]", "a", "b a", "b", "a b"]
    assert pairs(["a b x"]).tolist() == [[3 - 1, 1, 0, 1, 1]]
    weighted = layers.TextVectorization(output_mode="tf_idf")
    weighted.adapt(texts)
    idf = {"the": np.log(1 + 3 / 3), "dog": np.log(1 + 3 / 2)}
    row = weighted(["the dog dog"])[0]
    np.testing.assert_allclose(
        [row[weighted.get_vocabulary().index(w)] for w in ("the", "dog")], [idf["the"], 2 * idf["dog"]], rtol=1e-6
    )
    letters = layers.TextVectorization(split="character", standardize=None, vocabulary=["a", "b"])
    assert letters(["ab!"]).tolist() == [[2, 3, 1]]


@pytest.mark.parametrize("mode, row", [("count", [0, 2, 0]), ("multi_hot", [0, 1, 0]), ("tf_idf", [0.0, 2.0, 0.0])])
def test_a_word_that_is_the_mask_is_in_no_count(mode, row):
    """A `split` of the user may leave empty words, which are the mask token; the last word is not meant."""
    weights = {"idf_weights": [1.0, 1.0]} if mode == "tf_idf" else {}
    layer = layers.TextVectorization(
        split=lambda text: text.split(" "), vocabulary=["a", "b"], output_mode=mode, **weights
    )
    assert layer(["a  a"]).tolist() == [row]


@pytest.mark.parametrize("wrong", [
    lambda: layers.CategoryEncoding(), lambda: layers.CategoryEncoding(3, "some"), lambda: layers.Discretization(),
    lambda: layers.Discretization([2, 1]), lambda: layers.Discretization([1], num_bins=2),
    lambda: layers.StringLookup(vocabulary=["a", "a"]), lambda: layers.StringLookup(max_tokens=1),
    lambda: layers.StringLookup(vocabulary=["a", "b"], max_tokens=2), lambda: layers.StringLookup(output_mode="x"),
    lambda: layers.TextVectorization(split="line"), lambda: layers.TextVectorization(ngrams="2"),
    lambda: layers.StringLookup(output_mode="tf_idf", vocabulary=["a"])])  # fmt: skip
def test_wrong_arguments(wrong):
    with pytest.raises(ArgumentError):
        wrong()


@pytest.mark.parametrize(
    ("make", "batches"),
    [
        (lambda: layers.Discretization(num_bins=3), [np.arange(10.0), np.arange(5.0, 25.0)]),
        (lambda: layers.StringLookup(), [np.array([["b", "a"], ["b", "c"]]), np.array([["c", "b"]])]),
        (lambda: layers.TextVectorization(output_mode="tf_idf"), [["the cat", "a dog"], ["the end"]]),
    ],
    ids=["discretization", "lookup", "text"],
)
def test_adapt_in_its_parts(make, batches):
    whole, parts = make(), make()
    whole.adapt(iter(batches))
    parts.reset_state()
    for batch in batches:
        parts.update_state(batch)
    parts.finalize_state()
    if isinstance(whole, layers.Discretization):
        assert parts.bin_boundaries == whole.bin_boundaries
    else:
        assert parts.get_vocabulary() == whole.get_vocabulary()
        assert make().get_vocabulary() != whole.get_vocabulary()
    np.testing.assert_array_equal(parts(batches[0]), whole(batches[0]))
