"""Windows of series, pairs of words, tokens: against what their definitions say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn as keras
from fastnn.core.errors import ArgumentError, DataError, FileFormatError
from fastnn.preprocessing import sequence, text

NUMBERS = st.integers(1, 4)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(12, 30),
    length=NUMBERS,
    rate=NUMBERS,
    stride=NUMBERS,
    batch=st.integers(1, 7),
    start=st.integers(0, 3),
    reverse=st.booleans(),
)
def test_timeseries_generator(n, length, rate, stride, batch, start, reverse):
    data, targets = np.arange(n) * 10, np.arange(n) + 0.5
    made = sequence.TimeseriesGenerator(
        data, targets, length, sampling_rate=rate, stride=stride, start_index=start, reverse=reverse, batch_size=batch
    )
    expected = [
        (data[i - length : i : rate][:: -1 if reverse else 1].tolist(), targets[i])
        for i in range(start + length, n, stride)
    ]
    got = [(x.tolist(), y) for i in range(len(made)) for x, y in zip(*made[i])]
    assert got == expected


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(10, 30),
    length=NUMBERS,
    rate=NUMBERS,
    stride=NUMBERS,
    batch=st.integers(1, 7),
    first=st.integers(0, 3),
    shuffle=st.booleans(),
)
def test_timeseries_dataset(n, length, rate, stride, batch, first, shuffle):
    data, reach = np.arange(n), (length - 1) * rate
    if n - first <= reach:
        return
    made = keras.utils.timeseries_dataset_from_array(
        data, data * 2, length, stride, rate, batch, shuffle, seed=1, start_index=first
    )
    rows = [(x.tolist(), int(y)) for batch in made for x, y in zip(*batch)]
    expected = [(data[i : i + reach + 1 : rate].tolist(), 2 * i) for i in range(first, n - reach, stride)]
    assert (sorted(rows) if shuffle else rows) == expected


def test_timeseries_train():
    series = np.sin(np.arange(60) / 3)[:, None]
    data = keras.preprocessing.timeseries_dataset_from_array(series[:-5], series[5:], 5, batch_size=8, shuffle=True)
    model = keras.Sequential([keras.Input((5, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(data, epochs=2, verbose=0)
    for wrong in ({"sequence_length": 0}, {"sequence_length": 99}, {"sequence_length": 3, "start_index": 70}):
        with pytest.raises(ArgumentError):
            keras.utils.timeseries_dataset_from_array(series, None, **wrong)
    with pytest.raises(DataError, match="no part of the sequence"):
        sequence.TimeseriesGenerator(series, series, 60)
    with pytest.raises(DataError, match="as many"):
        sequence.TimeseriesGenerator(series, series[1:], 3)


@settings(max_examples=30, deadline=None)
@given(words=st.lists(st.integers(0, 9), max_size=12), window=NUMBERS, negative=st.sampled_from([0, 0.5, 2]))
def test_skipgrams(words, window, negative):
    pairs, labels = sequence.skipgrams(words, 10, window, negative, shuffle=False, seed=3)
    real = [
        [w, words[j]]
        for i, w in enumerate(words)
        for j in range(len(words))
        if w and words[j] and i != j and abs(i - j) <= window
    ]
    assert pairs[: len(real)] == real and labels == [1] * len(real) + [0] * int(len(real) * negative)
    assert all(1 <= b <= 9 for _, b in pairs)
    mixed, kinds = sequence.skipgrams(words, 10, window, negative, seed=3)
    assert sorted(zip(map(tuple, mixed), kinds)) == sorted(zip(map(tuple, pairs), labels))


def test_sampling_table():
    table = sequence.make_sampling_table(1000)
    assert table.shape == (1000,) and (np.diff(table[1:]) >= 0).all() and 0 < table[0] < table[-1] <= 1
    np.testing.assert_allclose(table[1], np.sqrt(1e-5 * (0.577 + 0.5 - 1 / 12)))


TEXTS = ["The cat sat on the mat.", "The dog, the log!", "Fish"]


def test_tokenizer():
    made = text.Tokenizer(num_words=4, oov_token="?")
    made.fit_on_texts(TEXTS)
    assert made.word_index["?"] == 1 and made.word_index["the"] == 2 and made.document_count == 3
    assert made.texts_to_sequences(["the fish saw the cat"]) == [[2, 1, 1, 2, 3]]
    assert made.sequences_to_texts([[2, 3, 9]]) == ["the cat ?"]
    for mode, row in (("binary", [0, 1, 1, 0]), ("count", [0, 2, 1, 0]), ("freq", [0, 2 / 3, 1 / 3, 0])):
        np.testing.assert_allclose(
            made.texts_to_matrix(["the x y"], mode)[0][:3], [0, row[1], row[2]][:3]
        ) if mode == "binary" else None
        assert made.sequences_to_matrix([[1, 1, 2]], mode)[0].tolist() == row
    weight = (1 + np.log(1)) * np.log(1 + 3 / (1 + made.index_docs[2]))
    np.testing.assert_allclose(made.sequences_to_matrix([[2]], "tfidf")[0, 2], weight)
    twin = text.tokenizer_from_json(made.to_json())
    assert twin.get_config() == made.get_config() and twin.texts_to_sequences(TEXTS) == made.texts_to_sequences(TEXTS)
    letters = text.Tokenizer(char_level=True)
    letters.fit_on_texts(["aab"])
    assert letters.texts_to_sequences(["ba"]) == [[2, 1]]
    with pytest.raises(ArgumentError, match="mode"):
        made.sequences_to_matrix([[1]], "some")
    with pytest.raises(DataError, match="fit"):
        text.Tokenizer().sequences_to_matrix([[1]])


def test_words_and_hashes():
    assert text.text_to_word_sequence("A b,c", lower=False, filters=",") == ["A", "b", "c"]
    numbers = text.hashing_trick("one two one", 50, "md5")
    assert numbers[0] == numbers[2] and all(1 <= i < 50 for i in numbers)
    with pytest.raises(ArgumentError):
        text.hashing_trick("x", 1)


def test_structures():
    nested = {"b": [1, (2, 3)], "a": 4}
    assert keras.tree.flatten(nested) == [4, 1, 2, 3]  # dicts by sorted key
    assert keras.tree.pack_sequence_as(nested, [5, 6, 7, 8]) == {"b": [6, (7, 8)], "a": 5}
    assert keras.tree.map_structure(lambda x, y: x + y, nested, nested) == {"b": [2, (4, 6)], "a": 8}
    assert keras.tree.lists_to_tuples(nested) == {"b": (1, (2, 3)), "a": 4}
    assert keras.tree.traverse(lambda x: sum(x) if isinstance(x, tuple) else None, nested) == {"b": [1, 5], "a": 4}
    assert keras.tree.traverse(lambda x: len(x) if isinstance(x, list) else None, nested, top_down=False)["b"] == 2
    with pytest.raises(ArgumentError):
        keras.tree.pack_sequence_as(nested, [1])
    with pytest.raises(ArgumentError):
        keras.tree.assert_same_structure([1], [1, 2])


@pytest.mark.parametrize("change", [
    lambda t: "", lambda t: t[:-5], lambda t: "[" * 100_000, lambda t: "7", lambda t: "{}",
    lambda t: '{"config": []}', lambda t: t.replace('"num_words": 5', '"num_words": 5, "strange": 1'),
    lambda t: t.replace('"word_index"', '"word"'), lambda t: t.replace("{}", "{"), lambda t: t.replace("{}", "7"),
])  # fmt: skip
def test_text_that_is_no_tokenizer(change):
    made = text.Tokenizer(5)
    written = made.to_json()
    with pytest.raises(FileFormatError, match="tokenizer_from_json"):
        text.tokenizer_from_json(change(written))


def test_windows_as_json():
    windows = sequence.TimeseriesGenerator(
        np.arange(20.0).reshape(10, 2), np.arange(10), 3, stride=2, batch_size=2, start_index=1, reverse=True
    )
    again = sequence.timeseries_generator_from_json(windows.to_json())
    assert len(again) == len(windows) and again.get_config() == windows.get_config()
    for found, wanted in zip(again[1], windows[1]):
        np.testing.assert_array_equal(found, wanted)
