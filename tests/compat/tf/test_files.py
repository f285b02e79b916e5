"""Files under TensorFlow's names: contents are bytes, pictures and sound come out of them as they went in."""

import numpy as np
import pytest

from fastnn.compat.tf import names as tf_names
from fastnn.core.errors import ArgumentError, FileFormatError, MissingFileError

tf = tf_names.table()


def test_files_hold_bytes(tmp_path):
    path = tmp_path / "below" / "a.bin"
    tf["io.write_file"](str(path), b"\x00ab\x00")
    assert tf["io.read_file"](path).numpy() == b"\x00ab\x00"
    assert tf["io.matching_files"](str(tmp_path / "below" / "*")).tolist() == [str(path)]
    with pytest.raises(MissingFileError, match="no file"):
        tf["io.read_file"](tmp_path / "b.bin")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_come_back(channels, tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (3, 4, channels)).astype("uint8")
    tf["io.write_file"](str(tmp_path / "x.png"), tf["io.encode_png"](x))
    read = tf["io.read_file"](str(tmp_path / "x.png"))
    for name in ("io.decode_png", "io.decode_image", "image.decode_image"):
        np.testing.assert_array_equal(tf[name](read), x)
    assert tf["io.decode_png"](read, channels=3).shape == (3, 4, 3)


def test_jpeg_is_near():
    x = np.add.outer(np.arange(16), np.arange(16))[..., None].repeat(3, -1).astype("uint8")
    found = tf["image.decode_jpeg"](tf["io.encode_jpeg"](x, quality=95))
    assert found.dtype == "uint8" and np.abs(np.asarray(found, int) - x).max() < 8
    assert tf["image.adjust_jpeg_quality"](x / np.float32(255), 90).dtype == "float32"


@pytest.mark.parametrize(("name", "args", "error", "words"), [
    ("io.decode_png", (b"no picture",), FileFormatError, "no picture"),
    ("io.decode_png", (np.zeros(3),), ArgumentError, "bytes"),
    ("io.decode_jpeg", (b"", 7), ArgumentError, "channels=7"),
    ("io.encode_png", (np.zeros((2, 2, 3)),), ArgumentError, "uint8"),
    ("io.decode_csv", ("1,", [[0], []]), ArgumentError, "field 1 is needed"),
    ("io.decode_csv", ("1,2,3", [[0], []]), ArgumentError, "Expect 2 fields but have 3"),
])  # fmt: skip
def test_errors(name, args, error, words):
    with pytest.raises(error, match=words):
        tf[name](*args)


@pytest.mark.parametrize("kind", ["float32", "float64", "int32", "int64"])
def test_an_empty_default_of_a_column_has_its_dtype(kind):
    found = tf["io.decode_csv"](["1,7", "2,8"], [[0], np.zeros(0, kind)])[1]
    assert found.dtype == kind and found.tolist() == [7, 8]


def test_an_empty_list_as_default_is_a_column_of_floats():
    assert tf["io.decode_csv"]("1,7", [[0], []])[1].dtype == "float32"
