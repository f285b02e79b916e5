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


def test_hog_svm_and_cnn(tmp_path, capsys):
    found = example("hog_svm_vs_cnn").main(["--epochs", "2", "--out", str(tmp_path)])
    assert list(found) == ["colour histogram + SVM", "HOG + SVM", "both + SVM", "CNN"]
    assert found["colour histogram + SVM"] > 0.6 and min(found["HOG + SVM"], found["both + SVM"]) > 0.95
    assert found["CNN"] > 0.5 and "test accuracy" in capsys.readouterr().out
    assert (tmp_path / "report.html").stat().st_size > 20_000 and (tmp_path / "grad_cam.svg").exists()


def test_covariate_shift(tmp_path, capsys):
    """Normalization for each domain serves both; one that is recalibrated on drawings sees them without labels."""
    found = example("covariate_shift").main(["--out", str(tmp_path)])
    by_domain, shared = (found[f"one network, {k} normalization"] for k in ("by domain", "shared"))
    assert min(by_domain) > 0.9 and sum(by_domain) > sum(shared) - 0.02
    assert found["trained on photographs alone"][1] < 0.5 < 0.85 < found["... recalibrated on drawings"][1]
    assert "drawings" in capsys.readouterr().out and (tmp_path / "report.html").exists()


def test_detector_in_short(tmp_path, capsys):
    score = example("detector").main(["--scenes", "300", "--epochs", "2", "--width", "4", "--out", str(tmp_path)])
    assert 0 <= score <= 1 and "mAP" in capsys.readouterr().out and (tmp_path / "scenes.svg").exists()


@pytest.mark.slow
def test_the_detector_reaches_its_figure():
    assert example("detector").main([]) >= 0.9


def test_transfer_learning(capsys):
    found = example("transfer_learning").main([])
    scratch, frozen, tuned = found.values()
    assert min(frozen, tuned) > scratch + 0.02 and tuned > 0.7
    assert "5-9" in capsys.readouterr().out


def test_gradient_descent(tmp_path, capsys):
    """With the right rate all four arrive; too small a one has hardly begun, too large a one flies off."""
    ends = example("gradient_descent").main(["--out", str(tmp_path)])
    for title, least in (("bowl", 0), ("ravine", 0), ("saddle", -1), ("banana", 0)):
        for name in ("SGD", "momentum", "Nesterov", "Adam"):
            assert ends[title, name, "right"] < least + 0.5
            assert ends[title, name, "right"] < ends[title, name, "too small"]
        assert ends[title, "SGD", "too large"] > 1e3
    assert "too large" in capsys.readouterr().out and (tmp_path / "report.html").exists()


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("FASTNN_DATA"), reason="FASTNN_DATA names no folder with CIFAR-10")
def test_gradients_say_more_than_colours_on_cifar():
    found = example("hog_svm_vs_cnn").main(["--data", os.environ["FASTNN_DATA"], "--train", "3000", "--epochs", "3"])
    assert 0.2 < found["colour histogram + SVM"] < found["HOG + SVM"] < found["both + SVM"]


def test_each_is_listed():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in listed for path in FOLDER.glob("*.py"))


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("FASTNN_DATA"), reason="FASTNN_DATA names no folder with MNIST")
def test_mnist_reaches_99_percent():
    assert example("mnist_convnet").main(["--data", os.environ["FASTNN_DATA"]]) >= 0.99
