"""Arrays in HDF5 files by Keras's private store: beside h5py, on disk, in archives and in memory."""

import io
import zipfile

import h5py
import numpy as np
import pytest

from fastnn.compat.h5_store import H5IOStore
from fastnn.compat.keras3 import src as keras_src
from fastnn.core.errors import ArgumentError, ArgumentTypeError

ARRAYS = {
    "": {"0": np.arange(3)},
    "lora": {"rank": np.asarray(4)},
    "lora/12": {"a": np.ones((2, 3), "float32"), "b": np.zeros((3, 1), "float64")},
}


def filled(store):
    for path, arrays in ARRAYS.items():
        group = store.make(path)
        for name, array in arrays.items():
            group[name] = array
    store.close()


@pytest.mark.parametrize("kind", ["path", "memory", "archive"])
def test_round_trip(kind, tmp_path):
    where = {"path": tmp_path / "x.lora.h5", "memory": io.BytesIO(), "archive": "inside.h5"}[kind]
    if kind == "archive":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            filled(H5IOStore(where, archive, "w"))
        store = H5IOStore(where, zipfile.ZipFile(tmp_path / "a.zip"))
    else:
        filled(H5IOStore(where, mode="w"))
        store = H5IOStore(where)
    for path, arrays in ARRAYS.items():
        group = store.get(path)
        assert len(group) == len(arrays) and set(group.keys()) == set(arrays) and store.has_path(path) and bool(store)
        for name, array in arrays.items():
            np.testing.assert_array_equal(group[name], array)
            assert group[name].dtype == array.dtype and name in group
    assert len(store.get("nowhere")) == 0 and not store.has_path("lora/1") and store


def test_files_are_laid_out_as_kerass(tmp_path):
    filled(H5IOStore(tmp_path / "x.h5", mode="w"))
    with h5py.File(tmp_path / "x.h5") as file:
        assert sorted(file) == ["lora", "vars"] and file["lora/12/vars/a"].shape == (2, 3)
        assert int(file["lora/vars/rank"][()]) == 4
    with h5py.File(tmp_path / "y.h5", "w") as file:
        file["layers/0/vars/kernel"] = np.eye(2)
    np.testing.assert_array_equal(H5IOStore(tmp_path / "y.h5").get("layers/0")["kernel"], np.eye(2))


def test_errors(tmp_path):
    filled(H5IOStore(tmp_path / "x.h5", mode="w"))
    store = H5IOStore(tmp_path / "x.h5")
    with pytest.raises(ArgumentError, match="write mode"):
        store.make("a")
    with pytest.raises(ArgumentError, match="write mode"):
        store["a"] = 1
    with pytest.raises(ArgumentError, match="read mode"):
        H5IOStore(io.BytesIO(), mode="w").get("a")
    with pytest.raises(ArgumentError, match="'w' or 'r'"):
        H5IOStore("x", mode="a")
    with pytest.raises(ArgumentTypeError, match="BytesIO"):
        H5IOStore(3)
    with pytest.raises(ArgumentError, match="archive"):
        H5IOStore(io.BytesIO(), archive=1)


def test_it_is_found_where_packages_look():
    assert keras_src.private("keras.src.saving.saving_lib", "H5IOStore") == "compat.h5_store:H5IOStore"
