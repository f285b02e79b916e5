"""Pickled lists of numbers are read as NumPy writes them; every other pickle is refused, and none is run."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from datasets.sequences_calls import OPTIONS, keras_files, summary
from hypothesis import given
from hypothesis import strategies as st

from fastnn import datasets as sets
from fastnn.core.errors import DataError
from fastnn.datasets.lists import read_lists, read_table
from fastnn.datasets.sequences import objects

ROWS = [[1, 255, 256, 65535, 65536, 2**31 - 1, -1, 2**40, -(2**70)], [], [7] * 3000, [0]]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", ["array", "list"])
def test_every_protocol(protocol, kind):
    assert read_lists(pickle.dumps(objects(ROWS) if kind == "array" else ROWS, protocol)) == ROWS


@given(st.lists(st.lists(st.integers(-(2**40), 2**40), max_size=8), max_size=8), st.integers(0, 5))
def test_any_rows(rows, protocol):
    assert read_lists(pickle.dumps(objects(rows), protocol)) == rows


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


class Call:
    def __reduce__(self):
        return np.ndarray, ((10**12,),)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    "value",
    [Evil(), [Evil()], [[1, Evil()]], [[1.5]], [["a"]], [[[1]]], {"a": 1}, 3, None, [1], [[True]], [[1], Call()]],
)
def test_other_pickles_are_refused(value, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError):
        read_lists(pickle.dumps(value, protocol))
    assert not os.path.exists("evil")


def test_damage():
    whole = pickle.dumps(objects(ROWS[:2]), 4)
    for cut in range(len(whole)):
        with pytest.raises(ValueError):
            read_lists(whole[:cut])
    for at in range(len(whole)):
        for value in (0, 40, 46, 82, 99, 147, 255):
            try:
                rows = read_lists(whole[:at] + bytes([value]) + whole[at + 1 :])
            except ValueError:
                continue
            assert all(type(n) is int for row in rows for n in row)


IMAGES = np.random.default_rng(0).integers(0, 256, (5, 3072)).astype(np.uint8)
LABELS = [3, 9, 0, 9, 1]
TABLE = {"batch_label": "training batch 1 of 5", "labels": LABELS, "data": IMAGES, "filenames": ["a.png"] * 5}


def as_python_2(table):
    """A dict as Python 2 pickled it, in protocol 2: texts are bytes there, as in CIFAR's files."""

    def of(value):
        if isinstance(value, str):
            return b"U" + bytes([len(value)]) + value.encode("latin-1")
        if isinstance(value, list):
            return b"](" + b"".join(map(of, value)) + b"e"
        if isinstance(value, int):
            return b"K" + bytes([value])
        n, width = value.shape
        kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        text = b"T" + value.size.to_bytes(4, "little") + value.tobytes()
        shape = b"K" + bytes([n]) + b"M" + width.to_bytes(2, "little") + b"\x86"
        empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        return empty + b"(K\x01" + shape + kind + b"\x89" + text + b"tb"

    return b"\x80\x02}(" + b"".join(of(key) + of(value) for key, value in table.items()) + b"u."


PICKLES = {"2": as_python_2(TABLE), **{f"3, protocol {p}": pickle.dumps(TABLE, p) for p in range(2, 5)},
           "bytes": pickle.dumps({k.encode(): v for k, v in TABLE.items()}, 4)}  # fmt: skip


@pytest.mark.parametrize("python", PICKLES)
def test_tables_of_cifar(python):
    found = read_table(PICKLES[python])
    assert list(found) == list(TABLE) and found["labels"] == LABELS
    np.testing.assert_array_equal(found["data"], IMAGES)
    if python == "2":
        there = pickle.loads(PICKLES[python], encoding="latin-1")
        np.testing.assert_array_equal(there["data"], IMAGES)


@pytest.mark.parametrize("value", [
    {"data": np.ones((2, 3))}, {"data": np.ones(3, np.uint8)}, {"a": Evil()}, {"data": np.array([Evil()], object)},
    {1: 2}, [1], {"data": np.asfortranarray(np.ones((2, 3), np.uint8))}, {"data": Call()},
])  # fmt: skip
@pytest.mark.parametrize("protocol", [2, 4])
def test_other_tables_are_refused(value, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError):
        read_table(pickle.dumps(value, protocol))
    assert not os.path.exists("evil")


def test_damaged_tables():
    small = as_python_2({"labels": [1, 2], "data": IMAGES[:2, :256]})
    for at in range(len(small)):
        for damaged in (
            small[:at],
            *(small[:at] + bytes([v]) + small[at + 1 :] for v in (0, 40, 46, 82, 99, 147, 255)),
        ):
            try:
                found = read_table(damaged)
            except ValueError:
                continue
            assert all(isinstance(v, (str, int, list, np.ndarray, tuple, type(None))) for v in found.values())


@pytest.mark.parametrize("folder", ["", "cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"])
def test_cifar_as_keras_keeps_it(folder, tmp_path):
    place = tmp_path / folder
    place.mkdir(parents=True, exist_ok=True)
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        (place / name).write_bytes(PICKLES["2"])
    (x, y), (a, b) = sets.cifar10.load_data(tmp_path)
    assert x.shape == (10, 32, 32, 3) and a.shape == (5, 32, 32, 3) and y.dtype == b.dtype == np.uint8
    np.testing.assert_array_equal(a, IMAGES.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    assert b.ravel().tolist() == LABELS and y.shape == (10, 1)
    (place / "test_batch").write_bytes(as_python_2({**TABLE, "labels": LABELS[:3]}))
    with pytest.raises(DataError, match="one for each image"):
        sets.cifar10.load_data(tmp_path)


def test_cifar100_as_keras_keeps_it(tmp_path):
    place = tmp_path / "cifar-100-python"
    place.mkdir()
    for name in ("train", "test"):
        (place / name).write_bytes(as_python_2({"fine_labels": LABELS, "coarse_labels": LABELS[::-1], "data": IMAGES}))
    assert sets.cifar100.load_data(path=tmp_path)[0][1].ravel().tolist() == LABELS
    assert sets.cifar100.load_data("coarse", tmp_path)[1][1].ravel().tolist() == LABELS[::-1]
    (place / "test").write_bytes(pickle.dumps({"data": Evil()}))
    with pytest.raises(DataError, match="nothing is called or imported"):
        sets.cifar100.load_data(path=tmp_path)


VALUES = json.loads((Path(__file__).parent / "sequences_values.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["imdb", "reuters"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_as_keras(name, options, tmp_path, monkeypatch):
    keras_files(tmp_path)
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path))
    module = getattr(sets, name)
    expected = VALUES[f"{name} {json.dumps(options)}"]
    assert summary(module.load_data(**options)) == expected
    assert summary(module.load_data(tmp_path / f"{name}.npz", **options)) == expected
    (x, _), _ = module.load_data(**options)
    assert x.dtype == object and type(x[0]) is list


def test_words_and_errors(tmp_path, monkeypatch):
    keras_files(tmp_path)
    monkeypatch.setenv("FASTNN_DATA", str(tmp_path))
    assert sets.imdb.get_word_index() == sets.reuters.get_word_index() == {"the": 1, "a": 2}
    assert len(sets.reuters.get_label_names()) == 46
    with pytest.raises(ValueError, match="no sequence was kept"):
        sets.imdb.load_data(maxlen=1)
    with pytest.raises(TypeError, match="Unrecognized"):
        sets.imdb.load_data(words=3)
    assert len(sets.imdb.load_data(nb_words=5)[0][0]) == 40
    np.savez(tmp_path / "reuters.npz", x=np.array([Evil(), 1], object), y=np.arange(2))
    with pytest.raises(DataError, match="nothing is called"):
        sets.reuters.load_data()
    (tmp_path / "imdb_word_index.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match="no words"):
        sets.imdb.get_word_index()
    with pytest.raises(DataError, match=r"put nothing\.npz, from https"):
        sets.imdb.load_data("nothing.npz")
