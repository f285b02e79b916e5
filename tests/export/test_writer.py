"""Files of Model.export: they work without fastnn, and are whole or not there."""

import subprocess
import sys

import numpy as np
import pytest
from exported import words

import fastnn
from fastnn import layers
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.export import writer


@pytest.fixture
def model():
    fastnn.utils.set_random_seed(0)
    return fastnn.Sequential([fastnn.Input((4,)), layers.Dense(8, "relu"), layers.Dense(3, "softmax")], name="net")


def test_a_python_file_needs_numpy_alone_and_tests_itself(tmp_path, model, capsys):
    assert model.export(tmp_path / "m.py") is None
    assert "Wrote" in (said := capsys.readouterr().out) and float(said.rsplit(": ", 1)[1]) < 1e-5
    code = "import sys, m, numpy as np; print(m.predict(np.eye(4)).tolist()); print('fastnn' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
                          capture_output=True, text=True)  # fmt: skip
    values, there = done.stdout.splitlines()
    np.testing.assert_allclose(eval(values), model.predict(np.eye(4), verbose=0), rtol=1e-5)
    assert there == "False"
    tested = subprocess.run([sys.executable, "-I", tmp_path / "m.py"], capture_output=True, text=True)
    assert tested.returncode == 0 and "largest difference" in tested.stdout, tested.stderr


def test_a_python_file_that_was_damaged_says_so(tmp_path, model):
    model.export(tmp_path / "m.py", verbose=False)
    text = (tmp_path / "m.py").read_text()
    (tmp_path / "m.py").write_text(text.replace("return x @ weight + bias", "return x @ weight + 1 + bias"))
    assert subprocess.run([sys.executable, "-I", tmp_path / "m.py"], capture_output=True).returncode == 1


def test_several_outputs_and_unknown_sizes(tmp_path):
    model = words()
    assert writer.export(model, tmp_path / "m.py", "py") < 1e-5
    namespace = {"__name__": "exported"}
    exec((tmp_path / "m.py").read_text(), namespace)
    x = np.arange(10).reshape(2, 5)
    for a, b in zip(namespace["predict"](x), model.predict(x, verbose=0)):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_weights_by_their_paths(tmp_path, model):
    model.export(tmp_path / "m.npz", verbose=False)
    with np.load(tmp_path / "m.npz") as found:
        assert {name: found[name].shape for name in found.files} == {v.path: v.shape for v in model.weights}
        np.testing.assert_array_equal(found[model.weights[0].path], model.weights[0].numpy())


def test_a_failed_export_leaves_what_was_there(tmp_path, model, monkeypatch):
    model.export(tmp_path / "m.py", verbose=False)
    before = (tmp_path / "m.py").read_bytes()

    def broken(*args, **kwargs):
        raise OSError("full")

    monkeypatch.setattr(writer.os, "replace", broken)
    with pytest.raises(OSError, match="full"):
        model.export(tmp_path / "m.py", verbose=False)
    assert (tmp_path / "m.py").read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["m.py"]


@pytest.mark.parametrize("path, options, error, words", [
    ("no/m.py", {}, ArgumentError, "no folder"),
    ("m", {}, NotSupportedError, r"ends in \.onnx, .* is written"),
    ("m.py", {"format": "onxx"}, ArgumentError, "onnx"), ("m.py", {"format": "torch"}, NotSupportedError, "torch"),
    ("m.py", {"batch_size": 2}, ArgumentError, "for .c files alone"),
])  # fmt: skip
def test_other_formats(tmp_path, model, path, options, error, words):
    with pytest.raises(error, match=words):
        model.export(tmp_path / path, **options)
    assert not list(tmp_path.iterdir())
