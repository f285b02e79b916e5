"""Data sets: the bundled digits, the original formats, and what happens when files are missing or damaged."""

import gzip
import io
import os
import zipfile

import numpy as np
import pytest

from fastnn import datasets
from fastnn.core.errors import ArgumentError, DataError
from fastnn.datasets import cifar10, cifar100, digits, fashion_mnist, mnist
from fastnn.datasets.files import read_idx, read_npz, read_records, write_idx


def test_digits():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8) and x_test.shape == (360, 8, 8)
    assert x_train.dtype == np.uint8 and y_train.dtype == np.uint8
    assert int(x_train.astype(int).sum() + x_test.astype(int).sum()) == 561718
    counts = np.bincount(y_test, minlength=10)
    assert counts.min() >= 30 and counts.max() <= 44
    again = digits.load_data()
    assert np.array_equal(again[0][0], x_train)


def test_digits_files_are_small_and_name_their_licence():
    folder = os.path.join(os.path.dirname(digits.__file__), "data")
    assert sum(e.stat().st_size for e in os.scandir(folder)) <= 150_000
    with open(os.path.join(folder, "README.txt")) as file:
        text = file.read()
    assert "CC BY 4.0" in text and "Alpaydin" in text


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 3, 5)])
@pytest.mark.parametrize("zipped", [True, False])
def test_idx_round_trip(tmp_path, shape, zipped):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    path = tmp_path / "a.gz"
    write_idx(path, array)
    if not zipped:
        (tmp_path / "a").write_bytes(gzip.decompress(path.read_bytes()))
        path = tmp_path / "a"
    out = read_idx(path)
    assert out.dtype == np.uint8 and np.array_equal(out, array)


def test_idx_big_endian_numbers(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes([0, 0, 12, 1, 0, 0, 0, 2]) + np.array([1, 258], ">i4").tobytes())
    assert read_idx(path).tolist() == [1, 258] and read_idx(path).dtype == np.int32


def damaged(kind, good):
    """A damaged form of the bytes of an IDX file."""
    return {
        "empty": b"",
        "short header": good[:6],
        "short data": good[:-1],
        "long data": good + b"x",
        "magic": b"PK\3\4" + good[4:],
        "type": good[:2] + b"\x07" + good[3:],
        "rank": good[:3] + b"\0" + good[4:],
        "huge": good[:4] + b"\xff" * 8 + good[12:],
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "short header", "short data", "long data", "magic", "type", "rank", "huge"])
@pytest.mark.parametrize("zipped", [True, False])
def test_idx_damaged(tmp_path, kind, zipped):
    good = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(6)
    path = tmp_path / ("a.gz" if zipped else "a")
    bad = damaged(kind, good)
    path.write_bytes(gzip.compress(bad) if zipped else bad)
    with pytest.raises(DataError, match="a"):
        read_idx(path)


def test_idx_truncated_gzip(tmp_path):
    path = tmp_path / "a.gz"
    write_idx(path, np.arange(200, dtype=np.uint8))
    data = path.read_bytes()
    for size in range(0, len(data), 7):
        path.write_bytes(data[:size])
        with pytest.raises(DataError):
            read_idx(path)


@pytest.mark.parametrize(
    "loader, name",
    [
        (mnist.load_data, "train-images-idx3-ubyte.gz"),
        (fashion_mnist.load_data, "train-images-idx3-ubyte.gz"),
        (cifar10.load_data, "data_batch_1.bin"),
    ],
)
def test_missing_files_say_what_belongs_where(tmp_path, monkeypatch, loader, name):
    with pytest.raises(DataError, match=name) as error:
        loader(str(tmp_path))
    assert str(tmp_path) in str(error.value) and "FASTNN_DATA" in str(error.value)
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DataError, match=name):
        loader()


def write_mnist(folder, n=4):
    """Four small files under MNIST's names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in mnist.FILES:
        shape = (n, 28, 28) if "images" in name else (n,)
        write_idx(folder / name, np.full(shape, 7, np.uint8))


def test_mnist_layouts(tmp_path, monkeypatch):
    write_mnist(tmp_path / "mnist")
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for path in (None, tmp_path, tmp_path / "mnist"):
        (x, y), (a, b) = mnist.load_data(path)
        assert x.shape == (4, 28, 28) and y.shape == (4,) and a.shape == x.shape and b.shape == y.shape
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path / "mnist"))
    assert mnist.load_data()[0][0].shape == (4, 28, 28)
    with pytest.raises(DataError):  # MNIST's files are not Fashion-MNIST's
        fashion_mnist.load_data()


def test_mnist_lengths_must_agree(tmp_path):
    write_mnist(tmp_path)
    write_idx(tmp_path / mnist.FILES[1], np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="labels"):
        mnist.load_data(tmp_path)


def test_cifar(tmp_path):
    record = np.arange(3073, dtype=np.int64).astype(np.uint8)
    record[0] = 5
    for name in ("data_batch_1.bin", "data_batch_3.bin", "test_batch.bin"):
        (tmp_path / name).write_bytes(np.stack([record, record]).tobytes())
    (x, y), (a, b) = cifar10.load_data(tmp_path)
    assert x.shape == (4, 32, 32, 3) and y.shape == (4, 1) and a.shape == (2, 32, 32, 3) and int(b[0, 0]) == 5
    assert x[0, 1, 2].tolist() == [record[1 + 34], record[1 + 1024 + 34], record[1 + 2048 + 34]]
    (tmp_path / "test_batch.bin").write_bytes(bytes(100))
    with pytest.raises(DataError, match="3073"):
        cifar10.load_data(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(b"\x0b" + bytes(3072))
    with pytest.raises(DataError, match="CIFAR-100"):
        cifar10.load_data(tmp_path)


def test_cifar100(tmp_path):
    for name in cifar100.FILES:
        (tmp_path / name).write_bytes(b"\x03\x2a" + bytes(3072))
    assert int(cifar100.load_data(path=tmp_path)[0][1][0, 0]) == 42
    assert int(cifar100.load_data("coarse", tmp_path)[0][1][0, 0]) == 3
    with pytest.raises(ArgumentError):
        cifar100.load_data("medium", tmp_path)
    with pytest.raises(DataError):
        read_records(tmp_path / "nothing.bin", 1)


@pytest.mark.skipif(not os.environ.get("FASTNN_DATA"), reason="FASTNN_DATA names no folder with MNIST and CIFAR-10")
def test_real_files():
    (x, y), (_, b) = mnist.load_data()
    assert x.shape == (60000, 28, 28) and y[:5].tolist() == [5, 0, 4, 1, 9] and b[:5].tolist() == [7, 2, 1, 0, 4]
    (x, y), _ = cifar10.load_data()
    assert x.shape[1:] == (32, 32, 3) and len(x) % 10000 == 0 and set(np.unique(y)) == set(range(10))


def test_files_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path))
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20.0)
    images, labels = np.ones((3, 28, 28), np.uint8), np.arange(3, dtype=np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images[:1], y_test=labels[:1])
    for path in (None, "mnist.npz", tmp_path / "mnist.npz"):
        (a, b), (c, d) = datasets.mnist.load_data(path)
        assert a.shape == (3, 28, 28) and b.tolist() == [0, 1, 2] and len(c) == len(d) == 1
    for name in ("boston_housing", "california_housing"):
        np.savez(tmp_path / f"{name}.npz", x=x, y=y)
        (a, b), (c, d) = getattr(datasets, name).load_data(test_split=0.25)
        assert len(a) == 15 and len(c) == 5 and sorted([*b, *d]) == list(y) and (a[:, 0] == 2 * b).all()
        again = getattr(datasets, name).load_data(test_split=0.25)
        assert np.array_equal(again[0][0], a)
    np.savez(tmp_path / "boston_housing.npz", x=np.array([[1], [2, 3]], dtype=object), y=y)
    with pytest.raises(DataError, match="pickle"):
        datasets.boston_housing.load_data()
    (tmp_path / "california_housing.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="damaged"):
        datasets.california_housing.load_data()
    with pytest.raises(ValueError, match="version"):
        datasets.california_housing.load_data("huge")


@pytest.mark.parametrize("change", [
    lambda a: np.array([["a"]]), lambda a: np.zeros(3, [("f", "f4")]), lambda a: a.astype(complex),
    lambda a: np.array([1, None], dtype=object), lambda a: np.array("2020-01-01", "M8[D]")])  # fmt: skip
def test_archives_of_arrays_hold_numbers(change, tmp_path):
    np.savez(tmp_path / "a.npz", x=change(np.zeros((3, 2))), y=np.zeros(3))
    with pytest.raises(DataError, match="expected numbers"):
        read_npz(tmp_path / "a.npz", ("x", "y"), "test")


def test_archives_of_arrays(tmp_path):
    arrays = {
        "x": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "y": np.array([True, False]),
        "z": np.array(7, ">i2"),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        found = read_npz(tmp_path / "a.npz", tuple(arrays), "test")
        assert all(np.array_equal(found[k], v) and found[k].dtype == v.dtype for k, v in arrays.items())
    np.save(tmp_path / "b.npz.npy", arrays["x"])
    with pytest.raises(DataError, match="damaged"):
        read_npz(tmp_path / "b.npz.npy", ("x",), "test")


@pytest.mark.parametrize("shape", ["(10**9, 10**9)", "(1000000000,)", "(-1,)", "(3.5,)", "('a',)", "[2]", "()" * 9000])
def test_arrays_that_claim_more_than_there_is(shape, tmp_path):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("x.npy", data)
    with pytest.raises(DataError):
        read_npz(tmp_path / "a.npz", ("x",), "test")


@pytest.mark.parametrize("ending", [".gz", ""])
def test_an_idx_file_that_claims_four_gigabytes(ending, tmp_path):
    path, data = tmp_path / f"a{ending}", bytes([0, 0, 8, 1]) + (2**32 - 1).to_bytes(4, "big") + bytes(100)
    path.write_bytes(gzip.compress(data) if ending else data)
    with pytest.raises(DataError, match="header claims"):
        read_idx(path)


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_houses_in_the_order_of_keras(name, tmp_path):
    """Rows and their split as NumPy's old generator with Keras's seed mixes them."""
    np.savez(tmp_path / "own.npz", x=np.arange(20.0).reshape(10, 2), y=np.arange(10.0))
    (_, y), (_, b) = getattr(datasets, name).load_data(path=tmp_path / "own.npz")
    assert [*y, *b] == [9, 3, 6, 1, 0, 7, 4, 8, 2, 5] and len(b) == 2
    with pytest.raises(ArgumentError, match="test_split"):
        getattr(datasets, name).load_data(path=tmp_path / "own.npz", test_split=1.0)
    with pytest.raises(DataError, match=r"own\.npz, from https"):
        getattr(datasets, name).load_data(path="own.npz")


def test_idx_of_no_elements_and_too_many(tmp_path):
    path = tmp_path / "a.idx"
    path.write_bytes(bytes([0, 0, 14, 4]) + np.array([0, 2**31, 2**31, 2**31], ">u4").tobytes())
    with pytest.raises(DataError, match="the header claims"):
        read_idx(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_npz_packed_otherwise(tmp_path, method):
    data = io.BytesIO()
    np.save(data, np.arange(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as file:
        file.writestr("x.npy", data.getvalue())
    with pytest.raises(DataError, match="packed by method"):
        read_npz(tmp_path / "a.npz", ("x",), "test")
