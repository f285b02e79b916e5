"""Models and weights in HDF5 files that a script has opened itself."""

import h5py
import numpy as np
import pytest

from fastnn import Input, Model, Sequential, compat, layers
from fastnn.core.errors import ArgumentError

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


@pytest.fixture(autouse=True)
def old_years():
    compat.install()
    from keras.models import Model as _  # noqa: F401  # what is first asked for gives the classes their old ways

    yield
    compat.uninstall()


def made():
    return Sequential([Input((3,)), layers.Dense(2)])


@pytest.mark.parametrize("group", ["", "deep/inside"])
def test_a_model_in_an_open_file(tmp_path, group):
    from keras.models import load_model, save_model

    model = made()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        save_model(model, file.require_group(group) if group else file)
    with h5py.File(tmp_path / "a.h5", "r") as file:
        again = load_model(file[group] if group else file)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_weights_in_an_open_file(tmp_path):
    model, other = made(), made()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        model.save_weights(file)
        model.save_weights(file)  # members of the same names are replaced
        other.load_weights(file)
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_file_that_is_open_for_reading(tmp_path):
    path = tmp_path / "a.h5"
    h5py.File(path, "w").close()
    with h5py.File(path, "r") as file, pytest.raises(ArgumentError, match="open for reading"):
        made().save(file)


def test_names_longer_than_a_page(tmp_path):
    from keras.models import load_model

    x = Input((3,), name="input_" + "x" * 2**15)
    model = Model(x, layers.Dense(2, name="dense_" + "y" * 5000)(x))
    model.save(str(tmp_path / "a.h5"))
    again = load_model(str(tmp_path / "a.h5"))
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
