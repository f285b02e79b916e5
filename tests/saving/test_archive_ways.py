"""Ways to save a model: file objects, folders, models without weights; and arguments that are refused."""

import io
import json
import os
import zipfile

import numpy as np
import pytest

import fastnn
from fastnn import layers, saving
from fastnn.core.errors import ArgumentError, FileFormatError, MissingFileError, NotBuiltError

X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


def made(compiled=True):
    model = fastnn.Sequential([fastnn.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)])
    if compiled:
        model.compile("adam", "mse")
        model.fit(X, X[:, :1], verbose=0)
    return model


@fastnn.saving.register_keras_serializable("ways")
class Handing(fastnn.Model):
    """A constructor that hands on what it is given."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


def test_a_file_object():
    model, out = made(), io.BytesIO(b"")
    saving.save_model(model, out)
    out.seek(0)
    loaded = saving.load_model(out)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.fit(X, X[:, :1], verbose=0).history == model.fit(X, X[:, :1], verbose=0).history


def test_a_folder(tmp_path):
    model, path = made(), tmp_path / "folder"
    model.save(path, zipped=False)
    assert sorted(os.listdir(path)) == ["config.json", "metadata.json", "model.weights.h5"]
    np.testing.assert_array_equal(saving.load_model(path).predict(X, verbose=0), model.predict(X, verbose=0))
    model.save(path, zipped=False)  # over the old one
    with pytest.raises(ArgumentError, match="overwrite is False"):
        model.save(path, zipped=False, overwrite=False)
    (path / "more.txt").write_text("x")
    with pytest.raises(FileFormatError, match=r"member 'more\.txt'"):
        saving.load_model(path)


def test_folders_that_are_no_models(tmp_path):
    with pytest.raises(MissingFileError, match=r"File format not supported.*SavedModel"):
        saving.load_model(tmp_path)
    made().save(tmp_path / "m", zipped=False)
    os.rename(tmp_path / "m" / "model.weights.h5", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", tmp_path / "m" / "model.weights.h5")
    with pytest.raises(FileFormatError, match="symbolic link"):
        saving.load_model(tmp_path / "m")


@pytest.mark.parametrize(
    "kwargs, words",
    [
        ({"save_format": "h5"}, "The `save_format` argument is deprecated"),
        ({"random_arg": True}, r"The following argument\(s\) are not supported: \['random_arg'\]"),
        ({"zipped": False}, "should not end in"),
    ],
)
def test_arguments_that_are_refused(tmp_path, kwargs, words):
    with pytest.raises(ArgumentError, match=words):
        made().save(tmp_path / "m.keras", **kwargs)
    with pytest.raises(ArgumentError, match="Invalid filepath extension for saving"):
        made().save(tmp_path / "m.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("compiled", [False, True])
def test_a_model_without_weights(tmp_path, compiled):
    model, path = Handing(name="mine"), tmp_path / "m.keras"
    if compiled:
        model.compile("adam", "mse", metrics=["mae"])
    with pytest.warns(UserWarning, match="You are saving a model that has not yet been built"):
        model.save(path)
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("config.json"))["config"] == {"name": "mine", "trainable": True,
            "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"},
                      "registered_name": None}}  # fmt: skip
    loaded = saving.load_model(path)
    assert not model.built and not loaded.built and loaded.compiled == compiled
    assert loaded.predict(X, verbose=0).shape == (4, 1)
    with pytest.raises(NotBuiltError, match="You are saving a model that has not yet been built"):
        model.save_weights(tmp_path / "m.weights.h5")
    loaded.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(NotBuiltError, match="You are loading weights into a model that has not yet been built"):
        model.load_weights(tmp_path / "m.weights.h5")


def test_a_constructor_with_args_comes_back(tmp_path):
    model = Handing(name="mine")
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_class_that_cannot_be_rebuilt_is_a_type_error(tmp_path):
    @fastnn.saving.register_keras_serializable("ways")
    class Grow:
        def __init__(self, factor):
            self.factor = factor

        def __call__(self, x):
            return x**self.factor

        def get_config(self):
            return {"factor": self.factor}

    x = fastnn.Input((3,))
    model = fastnn.Model(x, layers.Dense(1, activation=Grow(0.5))(x))
    model.save(tmp_path / "m.keras")
    with pytest.raises(TypeError, match="Unable to reconstruct an instance of 'Grow'"):
        saving.load_model(tmp_path / "m.keras")


def test_the_old_format_makes_its_folders(tmp_path):
    made(False).save(tmp_path / "a" / "b" / "m.h5")
    assert saving.load_model(tmp_path / "a" / "b" / "m.h5").count_params() == 21
