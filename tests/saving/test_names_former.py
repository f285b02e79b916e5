"""Classes that other years had are found again in configs and files, in a process that has not asked for them too."""

import subprocess
import sys

import numpy as np
import pytest

from fastnn import Input, Sequential, models, saving
from fastnn.compat.keras1.layers import Highway, MaxoutDense, ParametricSoftplus, SReLU
from fastnn.compat.keras2.kept import MeanRelativeError, MeanTensor, RadialConstraint, RandomFourierFeatures
from fastnn.compat.keras2.layers import LocallyConnected1D, LocallyConnected2D
from fastnn.saving import names

IMAGES, ROWS = (6, 5, 2), (4,)
LAYERS = [
    (lambda: LocallyConnected1D(3, 2, kernel_regularizer="l2"), (6, 2)),
    (lambda: LocallyConnected2D(3, 3, strides=2, bias_constraint="non_neg"), IMAGES),
    (lambda: MaxoutDense(3, nb_feature=2, init="glorot_normal"), ROWS),
    (lambda: Highway(activation="relu", W_regularizer="l2"), ROWS),
    (lambda: ParametricSoftplus(), ROWS),
    (lambda: SReLU(), ROWS),
    (lambda: RandomFourierFeatures(3), ROWS),
]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(("make", "shape"), LAYERS, ids=lambda x: x().__class__.__name__ if callable(x) else "")
def test_a_layer_of_another_year_is_found_in_files(tmp_path, ending, make, shape):
    model = Sequential([Input(shape), make()])
    x = np.linspace(-1, 1, 2 * int(np.prod(shape)), dtype="float32").reshape(2, *shape)
    path = str(tmp_path / f"m{ending}")
    model.save(path)
    again = models.load_model(path)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("make", [MeanTensor, RadialConstraint, lambda: MeanRelativeError([1.0, 2.0])])
def test_other_parts_too(make):
    part = make()
    config = saving.serialize_keras_object(part)
    assert config["registered_name"] is None
    assert type(saving.deserialize_keras_object(config)) is type(part)


def test_a_process_that_never_asked_for_them(tmp_path):
    path = str(tmp_path / "m.keras")
    Sequential([Input(IMAGES), LocallyConnected2D(2, 3)]).save(path)
    code = f"import fastnn\nprint(fastnn.models.load_model({path!r}).layers[-1].__class__.__name__)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "LocallyConnected2D"


@pytest.mark.parametrize(("category", "name"), [(c, n) for c, table in names._FORMER.items() for n in table])
def test_the_table_names_what_is_there(category, name):
    found = names.find(category, name)
    assert names.home_of(found) == (names.TABLES[category][0], name)
    assert name not in names.public_names(category)
