"""`tf.io`: files of bytes and pictures, and gfile."""

import numpy as np
import pytest

from fastnn.compat import names
from fastnn.compat import tf_files as files
from fastnn.core.errors import ArgumentError, DataError

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("decode", [files.decode_png, files.decode_image, files.decode_jpeg])
def test_pictures_come_back(channels, decode):
    picture = RNG.integers(0, 256, (5, 4, channels)).astype("uint8")
    found = decode(files.encode_png(picture))
    assert found.dtype == np.uint8 and np.array_equal(found, picture)


def test_channels_and_dtypes():
    grey = np.arange(12, dtype="uint8").reshape(3, 4, 1) * 20
    data = files.encode_png(grey)
    assert np.array_equal(files.decode_png(data, channels=3), np.repeat(grey, 3, axis=-1))
    assert np.array_equal(files.decode_png(data, dtype="uint16"), grey.astype("uint16") * 257)
    np.testing.assert_allclose(files.decode_image(data, dtype="float32"), grey / 255, rtol=1e-6)
    smooth = np.full((16, 16, 3), 90, "uint8")
    assert abs(files.decode_jpeg(files.encode_jpeg(smooth, quality=95)).astype(int) - 90).max() <= 2
    assert files.decode_jpeg(files.encode_jpeg(smooth), channels=1).shape == (16, 16, 1)


def test_files_of_bytes(tmp_path):
    path = tmp_path / "new" / "a.bin"
    files.write_file(str(path), b"\x01\x00\xff\xff")
    assert files.read_file(path).numpy() == b"\x01\x00\xff\xff"
    assert files.decode_raw(files.read_file(str(path)), "int16").tolist() == [1, -1]
    assert files.decode_raw(b"\x00\x01", "uint16", little_endian=False).tolist() == [1]
    files.write_file(files.tensor_of(str(path)), "grün")
    assert path.read_text(encoding="utf-8") == "grün"


def test_gfile(tmp_path):
    folder = str(tmp_path / "a" / "b")
    files.makedirs(folder)
    files.makedirs(folder)
    with files.GFile(files.join(folder, "x.txt"), "w") as file:
        file.write("öne")
    with files.GFile(files.join(folder, "x.txt"), "rb") as file:
        assert file.read() == "öne".encode()
    files.copy(f"{folder}/x.txt", f"{folder}/y.txt")
    with pytest.raises(ArgumentError, match="overwrite"):
        files.copy(f"{folder}/x.txt", f"{folder}/y.txt")
    with pytest.raises(ArgumentError, match="overwrite"):
        files.rename(f"{folder}/x.txt", f"{folder}/y.txt")
    files.rename(f"{folder}/x.txt", f"{folder}/z.txt")
    assert [p[-5:] for p in files.glob(f"{folder}/*.txt")] == ["y.txt", "z.txt"]
    assert files.matching_files([f"{folder}/*.txt", f"{folder}/z*"]).shape == (2,)
    files.rmtree(str(tmp_path / "a"))
    assert not files.exists(folder)


def test_every_name_is_there():
    for where in files.NAMES.values():
        assert callable(getattr(files, where.partition(":")[2]))
    assert {"gfile.Exists", "io.read_file", "image.decode_jpeg"} <= names.TENSORFLOW_FUNCTIONS.keys()


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: files.decode_png(b"no picture"), DataError, "no image"),
        (lambda: files.decode_png("a.png"), ArgumentError, "expected bytes"),
        (lambda: files.decode_png(files.encode_png(np.zeros((2, 2, 3), "uint8")), channels=2), ArgumentError, "1, 3"),
        (lambda: files.encode_png(np.zeros((2, 2, 3))), ArgumentError, "uint8"),
        (lambda: files.encode_jpeg(np.zeros((2, 2), "uint8")), ArgumentError, "uint8"),
        (lambda: files.decode_raw(b"abc", "int16"), DataError, "multiple of 2"),
        (lambda: files.read_file(np.array(["a", "b"], object)), ArgumentError, "expected one"),
        (lambda: files.read_file("not/there"), FileNotFoundError, "not/there"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
