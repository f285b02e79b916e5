"""Arrays that stay in HDF5 files."""

import h5py
import numpy as np
import pytest

import fastnn as keras
from fastnn.compat.keras2 import io as keras2_io
from fastnn.core.errors import ArgumentError, NotSupportedError

X = np.random.default_rng(0).random((20, 3))


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file.create_dataset("x", data=X)
        file.create_dataset("y", data=X.sum(1))
    return str(tmp_path / "data.h5")


KEYS = [3, -1, slice(2, 7), slice(None, None, 2), slice(None, None, -1), [4, 1, 1], np.array([5, 0]),
        np.arange(10) % 2 == 0, np.array([], int)]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_rows_are_those_of_the_array(path, key):
    rows = keras2_io.HDF5Matrix(path, "x", 5, 15)
    np.testing.assert_array_equal(rows[key], X[5:15][key])


def test_an_array_in_a_file_trains(path):
    x = keras2_io.HDF5Matrix(path, "x", normalizer=lambda rows: rows * 2)
    y = keras2_io.HDF5Matrix(path, "y")
    assert (x.shape, x.dtype, x.ndim, x.size, len(y)) == ((20, 3), X.dtype, 2, 60, 20)
    np.testing.assert_array_equal(np.asarray(x), 2 * X)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=8, shuffle="batch", verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.predict(2 * X, verbose=0), rtol=1e-5)
    for wrong, error in ((lambda: keras2_io.HDF5Matrix(path, "x", 0, 21), ArgumentError), (lambda: x[20], IndexError),
                         (lambda: x[[20]], IndexError), (lambda: keras2_io.H5Dict(path),
                                                         NotSupportedError)):  # fmt: skip
        with pytest.raises(error):
            wrong()


def test_arrays_that_are_written(tmp_path, monkeypatch):
    keras2_io.save_array(X, tmp_path / "a.h5")
    np.testing.assert_array_equal(keras2_io.load_array(tmp_path / "a.h5"), X)
    answers = iter(["what", "y"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    assert keras2_io.ask_to_proceed_with_overwrite("a.h5") is True
