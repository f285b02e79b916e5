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
from fastnn.datasets.lists import read_lists
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
