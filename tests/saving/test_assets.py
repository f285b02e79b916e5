"""save_assets and load_assets of a user's layers: folders of their own inside `.keras`, at Keras's places."""

import io
import os
import tempfile
import zipfile

import numpy as np
import pytest

import fastnn
from fastnn import layers, saving
from fastnn.core.errors import ArgumentError, FileFormatError, NotSupportedError

X = np.ones((2, 3), "float32")


@saving.register_keras_serializable("assets")
class Words(layers.Layer):
    """Keeps a text in a file, and an array in the weights."""

    def __init__(self, text="", **kwargs):
        super().__init__(**kwargs)
        self.text, self.table, self.wrong = text, np.zeros(2), None

    def call(self, x):
        return x * 2.0

    def save_assets(self, folder):
        os.makedirs(os.path.join(folder, "deep"))
        for name in ("words.txt", os.path.join("deep", "er.txt"), *([self.wrong] if self.wrong else [])):
            with open(os.path.join(folder, name), "w") as file:
                file.write(self.text)

    def load_assets(self, folder):
        with open(os.path.join(folder, "words.txt")) as one, open(os.path.join(folder, "deep", "er.txt")) as other:
            self.text = one.read()
            assert self.text == other.read()

    def save_own_variables(self, store):
        store["table"] = self.table

    def load_own_variables(self, store):
        self.table = np.array(store["table"])

    def get_config(self):
        return super().get_config()


def made():
    x = fastnn.Input((3,))
    inner = fastnn.Sequential([fastnn.Input((3,)), Words("inner")], name="inner")
    model = fastnn.Model(x, layers.Dense(1)(inner(Words("outer")(x))))
    model.layers[1].table = np.arange(2.0)
    return model


@pytest.mark.parametrize("way", ["archive", "folder"])
def test_there_and_back(tmp_path, way):
    model, path = made(), tmp_path / ("m.keras" if way == "archive" else "m")
    model.save(path, zipped=way == "archive")
    if way == "archive":
        with zipfile.ZipFile(path) as archive:
            assert sorted(n for n in archive.namelist() if n.startswith("assets/")) == [
                "assets/layers/sequential/layers/words/deep/er.txt", "assets/layers/sequential/layers/words/words.txt",
                "assets/layers/words/deep/er.txt", "assets/layers/words/words.txt"]  # fmt: skip
    loaded = saving.load_model(path)
    assert loaded.layers[1].text == "outer" and loaded.layers[2].layers[0].text == "inner"
    np.testing.assert_array_equal(loaded.layers[1].table, [0.0, 1.0])
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    loaded.load_weights(path) if way == "archive" else None
    assert saving.load_model(path).layers[1].text == "outer"


def test_what_no_layer_takes_is_refused(monkeypatch):
    out = io.BytesIO()
    saving.save_model(made(), out)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("assets/layers/dense/x.txt", "x")
    out.seek(0)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", None)  # and no folder is made for it
    with pytest.raises(NotSupportedError, match=r"asset 'assets/layers/dense/x\.txt', which no layer of the model"):
        saving.load_model(out)


@pytest.mark.parametrize("name", ["words.txt/more", "deep", "x" * 300])
def test_what_is_no_file_in_a_folder_is_refused(name):
    out = io.BytesIO()
    saving.save_model(made(), out)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(f"assets/layers/words/{name}", "x")
    out.seek(0)
    with pytest.raises(FileFormatError, match="is no file in a folder"):
        saving.load_model(out)


def test_names_that_would_not_come_back(tmp_path):
    model = made()
    model.layers[1].wrong = "a:b"
    with pytest.raises(ArgumentError, match="expected a plain file name"):
        model.save(tmp_path / "m.keras")
    assert list(tmp_path.iterdir()) == []
