"""The examples run as they are, on bundled or made-up data; with real data the MNIST one keeps its word."""

import importlib.util
import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the examples are in the source tree only")


def example(name):
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name, arguments, least", [
    ("mnist_convnet", ["--epochs", "2"], 0.5), ("cifar10_cnn", ["--epochs", "1"], 0.1),
    ("text_and_features", ["--epochs", "2"], 0.6), ("functional_siamese", ["--epochs", "1"], 0.5)])  # fmt: skip
def test_in_short(name, arguments, least, capsys):
    assert example(name).main(arguments) > least
    assert "test" in capsys.readouterr().out


def test_searches(tmp_path, capsys):
    assert 0.4 < example("search").main(["--trials", "4", "--epochs", "4", "--directory", str(tmp_path)]) <= 1
    assert {"trials.jsonl", "trials.svg", "panda.svg"} <= {path.name for path in (tmp_path / "search").iterdir()}
    assert "4 folds" in capsys.readouterr().out
    assert example("sklearn_search").main(["--epochs", "4"]) > 0.9


def test_custom_parts(capsys):
    assert 0.8 < example("custom_parts").main([]) < 0.97
    assert "the same predictions" in capsys.readouterr().out


def test_each_is_listed():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in listed for path in FOLDER.glob("*.py"))


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("FASTNN_DATA"), reason="FASTNN_DATA names no folder with MNIST")
def test_mnist_reaches_99_percent():
    assert example("mnist_convnet").main(["--data", os.environ["FASTNN_DATA"]]) >= 0.99
