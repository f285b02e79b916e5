"""`fastnn replay`."""

import numpy as np
import pytest

import fastnn as keras
from fastnn import compat, layers
from fastnn.cli import main
from fastnn.core.errors import NotFiniteError

SCRIPT = """
import keras

class Logarithm(keras.layers.Layer):
    def call(self, x):
        return keras.ops.log(x)
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The name of a file of a step whose model has a layer of a script, `mine.py`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(SCRIPT, encoding="utf-8")

    class Logarithm(layers.Layer):
        def call(self, x):
            return keras.ops.log(x)

    model = keras.Sequential([keras.Input((2,)), Logarithm(name="mine"), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "f4")
    x[3, 1] = 0.0
    with pytest.raises(NotFiniteError) as raised:
        model.fit(x, x[:, :1], verbose=0, nan="stop", shuffle=False)
    assert raised.value.file == str(tmp_path / "nan-step-0.npz")
    yield "nan-step-0.npz"
    compat.uninstall()


def test_it_prints_the_diagnosis(file, capsys):
    assert main(["replay", file, "--script", "mine.py"]) == 0
    out = capsys.readouterr().out
    assert "'log' of layer" in out and "mine'" in out and "row 3 of the batch" in out


def test_it_says_what_is_missing(file, capsys):
    assert main(["replay", file]) == 1
    error = capsys.readouterr().err
    assert "Logarithm" in error and "--script" in error


@pytest.mark.parametrize("arguments", [["none.npz"], ["mine.py"], ["nan-step-0.npz", "--script", "none.py"]])
def test_files_that_are_none(file, arguments, capsys):
    assert main(["replay", *arguments]) == 1
    assert capsys.readouterr().err.startswith("fastnn: ")
