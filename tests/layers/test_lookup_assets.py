"""The vocabulary of adapted lookups in Keras's files: a text beside the weights."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import FileFormatError
from fastnn.saving.layout import places


@pytest.mark.parametrize(
    "make, text, words",
    [
        (layers.StringLookup, "[UNK]\nthe\nsat", ["[UNK]", "the", "sat"]),
        (lambda: layers.StringLookup(mask_token=""), "\n[UNK]\nthe", ["", "[UNK]", "the"]),
        (layers.IntegerLookup, "-1\n6\n9", [-1, 6, 9]),
        (layers.TextVectorization, "\n[UNK]\nthe\nsat", ["", "[UNK]", "the", "sat"]),
        (lambda: layers.StringLookup(vocabulary=["a"]), "[UNK]\nb", ["[UNK]", "a"]),  # its own stays
    ],
)
def test_the_vocabulary_is_taken(make, text, words, tmp_path):
    layer = make()
    layer.load_assets(tmp_path)  # without the file nothing happens
    (tmp_path / "vocabulary.txt").write_text(text, encoding="utf-8")
    layer.load_assets(tmp_path)
    assert layer.get_vocabulary() == words


@pytest.mark.parametrize(
    "make, data",
    [
        (layers.StringLookup, b"\xff"),
        (layers.StringLookup, b"[UNK]\na\na"),
        (layers.IntegerLookup, b""),
        (layers.IntegerLookup, b"-1\nword"),
    ],
)
def test_a_damaged_vocabulary_is_an_error_of_the_file(make, data, tmp_path):
    (tmp_path / "vocabulary.txt").write_bytes(data)
    with pytest.raises(FileFormatError, match="The vocabulary of layer"):
        make().load_assets(tmp_path)


def test_words_travel_in_a_folder(tmp_path):
    made = layers.StringLookup(max_tokens=10, mask_token="<mask>")
    made.adapt(np.array(["apple", "cherry", "apple"]))
    made.save_assets(str(tmp_path))
    assert (tmp_path / "vocabulary.txt").read_text() == "<mask>\n[UNK]\napple\ncherry"
    for text in ("<mask>\n[UNK]\napple\ncherry", "<mask>\n[UNK]\napple\ncherry\n"):
        (tmp_path / "vocabulary.txt").write_text(text)
        other = layers.StringLookup(max_tokens=10, mask_token="<mask>")
        other.load_assets(str(tmp_path))
        assert other.get_vocabulary() == made.get_vocabulary()


def test_words_that_were_given_are_not_adapted(tmp_path):
    given = layers.StringLookup(vocabulary=["a", "b"])
    given.save_assets(str(tmp_path))
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="Cannot adapt layer"):
        given.adapt(np.array(["c"]))
    free = layers.StringLookup()
    free.set_vocabulary(["a", "b"])
    free.adapt(np.array(["c"]))
    assert free.get_vocabulary() == ["[UNK]", "c"]


def without_words(config):
    """The config as Keras writes that of an adapted layer: the words are beside it, their number is in it."""
    return {**config, "vocabulary": None, "idf_weights": None}


LOOKUPS = {
    "text": (layers.TextVectorization, ["a b c", "b c d b"]),
    "strings": (layers.StringLookup, np.array(["a", "b", "c", "b"])),
    "integers": (layers.IntegerLookup, np.array([3, 5, 7, 5])),
}


@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
@pytest.mark.parametrize("kind", LOOKUPS)
def test_layers_after_adapted_words_are_built_before_the_words_come(kind, mode, tmp_path):
    make, data = LOOKUPS[kind]
    made = make(output_mode=mode)
    made.adapt(data)
    made.save_assets(tmp_path)
    arrays = {}
    made.save_own_variables(arrays)
    assert list(arrays) == (["idf_weights"] if mode == "tf_idf" else [])
    other = make.from_config(without_words(made.get_config()))
    assert other.compute_output_shape((None, 1)) == made.compute_output_shape((None, 1)) != (None, 1)
    other.load_own_variables(arrays)
    other.load_assets(tmp_path)
    rows = np.array(data)[:, None]
    np.testing.assert_array_equal(other(rows), made(rows))
    with pytest.raises(ValueError, match="idf_weights of shape"):
        other.load_own_variables({"idf_weights": np.ones(3)})


def test_weights_of_words_are_where_keras_looks_for_them(tmp_path):
    i = keras.Input((1,), dtype="string")
    words = layers.TextVectorization(output_mode="tf_idf")
    words.adapt(["a b", "b c"])
    model = keras.Model(i, layers.Dense(1)(words(i)))
    model.save(tmp_path / "m.keras")
    groups = {place.group.removeprefix("layers/text_vectorization/") for place in places(model) if place.part is words}
    assert groups == {"vars", "_lookup_layer/vars"}
    x = np.array([["b c"], ["a zz"]])
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "m.keras").predict(x), model.predict(x))


WORDS = ["a", "b"]
REFUSED = {
    "Vocabulary file none.txt does not exist": dict(vocabulary="none.txt"),
    "`num_oov_indices` must be greater than or equal to 0": dict(num_oov_indices=-1),
    "`idf_weights` should only be set if `output_mode` is `'tf_idf'`": dict(vocabulary=WORDS, idf_weights=[1.0, 2.0]),
    "must be the same length as vocabulary": dict(vocabulary=WORDS, idf_weights=[1.0], output_mode="tf_idf"),
    "must be a 1-index array": dict(vocabulary=WORDS, idf_weights=[[1.0, 2.0]], output_mode="tf_idf"),
    "`sparse` may only be true if `output_mode` is `'one_hot'`": dict(sparse=True),
}


@pytest.mark.parametrize("words", REFUSED)
def test_words_of_errors(words):
    with pytest.raises(ValueError) as error:
        layers.StringLookup(**REFUSED[words])
    assert words in str(error.value)


def test_rows_need_a_vocabulary_first():
    with pytest.raises(RuntimeError, match="When using `output_mode=multi_hot` and"):
        layers.StringLookup(output_mode="multi_hot")(["a"])


def test_weights_of_words():
    made = layers.StringLookup(output_mode="tf_idf")
    assert made.idf_weights is None
    made.adapt(["one", "one", "one", "two", "two", "three"])
    np.testing.assert_allclose(made.idf_weights[1:], np.log(1 + 6 / (1 + np.array([3, 2, 1]))), rtol=1e-6)


def test_configs_have_the_entries_of_keras():
    common = ["invert", "max_tokens", "num_oov_indices", "oov_token", "mask_token", "output_mode", "sparse",
              "pad_to_max_tokens", "idf_weights", "vocabulary", "vocabulary_size", "oov_method", "salt"]  # fmt: skip
    texts = layers.StringLookup(vocabulary=["é"], encoding="latin-1")
    assert list(texts.get_config())[3:] == [*common, "encoding"]
    again = layers.StringLookup.from_config(texts.get_config())
    assert again([b"\xe9"]).tolist() == [1]
    numbers = layers.IntegerLookup(vocabulary=[3], output_mode="one_hot")
    at = common.index("idf_weights")
    assert list(numbers.get_config())[3:] == [*common[:at], "vocabulary_dtype", *common[at:]]
    assert numbers.get_config()["vocabulary_size"] == 2
    assert layers.IntegerLookup.from_config(numbers.get_config()).get_config() == numbers.get_config()
