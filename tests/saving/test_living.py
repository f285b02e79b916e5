"""Lambdas in configs and files: a process finds its own again where it may, and nothing comes from a file."""

import subprocess
import sys

import numpy as np
import pytest

from fastnn import Input, Model, Sequential, compat, layers, models, saving
from fastnn.core.errors import NotSupportedError
from fastnn.saving import living

X = np.array([[1.0, 2.0]], "float32")


@pytest.fixture
def old_years():
    compat.install()
    from keras.models import load_model as _  # noqa: F401  # what a script first asks for gives the classes their old ways

    yield
    compat.uninstall()


def tenfold(by):
    return Sequential([Input((2,)), layers.Lambda(lambda x: x * by)])


@pytest.mark.filterwarnings("ignore:A lambda has no name")
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_file_of_this_process_finds_its_functions(tmp_path, ending):
    made = {by: tenfold(by) for by in (3.0, 10.0)}
    for by, model in made.items():
        model.save(tmp_path / f"{by}{ending}")
    for by in made:
        with pytest.raises(NotSupportedError, match="arbitrary code execution"):
            models.load_model(tmp_path / f"{by}{ending}")
        again = models.load_model(tmp_path / f"{by}{ending}", safe_mode=False)
        np.testing.assert_array_equal(again.predict(X, verbose=0), X * np.float32(by))


@pytest.mark.filterwarnings("ignore:A lambda has no name")
def test_another_process_finds_nothing(tmp_path):
    tenfold(10.0).save(tmp_path / "m.keras")
    code = f"import fastnn\nfastnn.models.load_model({str(tmp_path / 'm.keras')!r}, safe_mode=False)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "NotSupportedError" in found.stderr


@pytest.mark.filterwarnings("ignore:A lambda has no name")
def test_scripts_of_the_old_years_load_what_they_saved(tmp_path, old_years):
    model = tenfold(10.0)
    model.save(tmp_path / "m.h5")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.h5").predict(X, verbose=0), X * 10)
    layer = layers.Lambda(lambda x: x + 1, output_shape=lambda s: s)
    again = layers.Lambda.from_config(layer.get_config())
    assert again.function is layer.function and again.compute_output_shape((None, 2)) == (None, 2)


@pytest.mark.filterwarnings("ignore:A lambda has no name")
def test_clones_have_the_functions_of_their_models():
    x = Input((2,))
    model = Model(x, layers.Lambda(lambda t: t - 1)(x))
    np.testing.assert_array_equal(models.clone_model(model).predict(X, verbose=0), X - 1)
    assert layers.Lambda.from_config(model.layers[-1].get_config()).function is model.layers[-1].function
    again = saving.deserialize_keras_object(model.layers[-1].get_config(), safe_mode=False)
    assert again["function"] is model.layers[-1].function


def test_keys_say_what_a_function_is_made_of():
    def of(value):
        return lambda x, d=1: [x + value + d, {"a": lambda: value}]

    def here():
        return lambda x: x in {"a", "b", "c"}

    assert living.keep(of(1)).split("-")[0] == living.keep(of(1)).split("-")[0]
    assert living.keep(of(1)) != living.keep(of(1))  # two functions
    assert len({living.keep(of(v)).split("-")[0] for v in (1, 1.0, "1", None, (1, 2), np.ones(2))}) == 6
    assert living.keep(here()).split("-")[0] == living.keep(here()).split("-")[0]
    function = of(3)
    assert living.keep(function) == living.keep(function)


def test_only_so_many_are_kept_alive():
    kept = [living.keep(lambda x, n=n: x + n) for n in range(living._LIMIT + 5)]
    assert len(living._alive) == living._LIMIT
    assert kept[0] not in living._alive and kept[-1] in living._alive


def test_functions_with_names_are_found_in_the_old_years(tmp_path, old_years):
    def tenth(x):
        return x / 10

    class Loss:
        def __init__(self, by=2.0):
            self.by = by

        def __call__(self, y_true, y_pred):
            return ((y_true - y_pred) ** 2) * self.by

        def get_config(self):
            return {"by": self.by}

    model = Sequential([Input((2,)), layers.Lambda(tenth)])
    model.compile(loss=Loss(3.0))
    model.save(tmp_path / "m.h5")
    again = models.load_model(tmp_path / "m.h5", custom_objects={"Loss": Loss})
    np.testing.assert_array_equal(again.predict(X, verbose=0), X / 10)
    assert again.loss.by == 3.0
