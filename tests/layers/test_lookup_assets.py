"""The vocabulary of adapted lookups in Keras's files: a text beside the weights."""

import pytest

from fastnn import layers
from fastnn.core.errors import FileFormatError


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
