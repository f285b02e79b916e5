"""Plots of runs and data: what they show, in every kind of file, without a display; what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import fastnn
from fastnn import visualization as vis
from fastnn.core.errors import ArgumentError, DataError, NotSupportedError, ShapeError

CURVES = {"loss": [3.0, 1.0, 0.5, 0.4], "accuracy": [0.1, 0.5, 0.7, 0.8], "val_loss": [3.0, 1.5, 1.7, 2.0],
          "val_accuracy": [0.1, 0.4, 0.4, 0.3], "learning_rate": [0.1] * 4}  # fmt: skip
IMAGES = np.arange(5 * 6 * 4 * 3).reshape(5, 6, 4, 3) % 256
PLOTS = {
    "history": lambda **more: vis.plot_history(CURVES, **more),
    "one curve": lambda **more: vis.plot_history({"loss": [1.0]}, **more),
    "confusion": lambda **more: vis.plot_confusion_matrix([0, 1, 2], [0, 2, 2], ["a", "<b>", "c"], **more),
    "numbers": lambda **more: vis.plot_confusion_matrix([0, 1, 2], [0, 2, 2], **more),
    "images": lambda **more: vis.plot_images(IMAGES, list("ab<de"), columns=3, title="five & more", **more),
    "grey": lambda **more: vis.plot_images(IMAGES[..., 0] / 255, **more),
    "embedding": lambda **more: vis.plot_embedding(IMAGES, list("ababa"), **more),
    "no labels": lambda **more: vis.plot_embedding(IMAGES, **more),
}


@pytest.mark.parametrize("name", PLOTS)
def test_every_kind_of_file(name, tmp_path):
    picture = PLOTS[name](path=tmp_path / "p.svg")
    text = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert ET.fromstring(text).tag.endswith("svg") and text == picture.svg() == picture._repr_svg_()
    assert picture.save(tmp_path / "p.png") == str(tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as image:
        pixels = np.asarray(image.convert("L"))
    assert pixels.std() > 5 and min(pixels.shape) > 8
    picture.save(tmp_path / "p.pdf")
    assert (tmp_path / "p.pdf").read_bytes()[:4] == b"%PDF"
    picture.save(tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == len(picture.parts()) and "http" not in page.replace(
        "http://www.w3.org/2000/svg", ""
    )


@pytest.mark.parametrize("name", PLOTS)
def test_axes_are_drawn_into(name):
    figure = Figure()
    parts = len(PLOTS[name]().parts())
    axes = figure.subplots(parts, 1, squeeze=False)[:, 0]
    given = axes if parts > 1 else axes[0]
    assert PLOTS[name](ax=given) is given
    assert all(ax.lines or ax.images or ax.collections for ax in axes)


def test_the_point_where_over_fitting_begins():
    parts = vis.plot_history(CURVES).parts()
    assert [p.title for p in parts] == ["loss", "accuracy"]
    assert all(p.mark == (2, "over-fits from epoch 2 on") for p in parts)
    assert "over-fits from epoch 2 on" in parts[0].svg()
    assert vis.plot_history({"loss": [2, 1], "val_loss": [2.0, 1.0]}).mark is None
    assert vis.plot_history({"loss": [2, 1], "val_loss": [float("nan"), 1.0]}).mark is None
    assert vis.plot_history(CURVES, "learning_rate").series == {"learning_rate": [0.1] * 4}


def test_what_fit_returns():
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 2)), np.ones(4), epochs=2, validation_split=0.5, verbose=0)
    assert list(vis.plot_history(history).series) == ["training", "validation"]


def test_classes_in_any_form():
    expected = [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    true, found = [0, 1, 2], [0, 2, 2]
    for y in (true, np.array(true)[:, None], np.eye(3)[true], np.array(true, "float32")):
        for p in (found, np.eye(3)[found] * 0.7):
            assert vis.plot_confusion_matrix(y, p).matrix.tolist() == expected


def test_probabilities_of_two_classes():
    """A column alone, as a sigmoid gives it."""
    found = vis.plot_confusion_matrix([0, 1, 1, 0], np.array([[0.1], [0.7], [0.4], [0.2]]))
    assert found.matrix.tolist() == [[2, 0], [1, 1]]
    with pytest.raises(DataError, match="y_pred"):
        vis.plot_confusion_matrix([0, 1], [[0.1], [1.7]])


def test_principal_components():
    points = np.random.default_rng(0).normal(size=(40, 2)) * [5, 2]
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    found = vis.plot_embedding(points @ turn[:2] + 3).points
    distances = [np.linalg.norm(p[:, None] - p[None], axis=-1) for p in (points, found)]
    np.testing.assert_allclose(*distances, atol=1e-9)
    assert vis.plot_embedding(np.ones((4, 1))).points.shape == (4, 2)


def test_tsne_keeps_groups_together():
    groups = np.arange(60) % 3
    x = np.random.default_rng(0).normal(size=(60, 8)) + 30 * np.eye(8)[groups]
    found = vis.plot_embedding(x, groups, "tsne", names=["a", "b", "c"]).points
    centres = np.stack([found[groups == k].mean(0) for k in range(3)])
    assert (np.linalg.norm(found[:, None] - centres, axis=-1).argmin(1) == groups).all()


def test_a_report(tmp_path):
    path = vis.report(tmp_path / "r.html", "Run <1>", "Words.", {"loss": 0.5}, *(PLOTS[n]() for n in PLOTS))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert path == str(tmp_path / "r.html") and "Run &lt;1&gt;" in text
    assert text.count("<figure>") == sum(len(PLOTS[n]().parts()) for n in PLOTS)
    with pytest.raises(ArgumentError, match="list"):
        vis.report(tmp_path / "q.html", "T", [1])
    assert not (tmp_path / "q.html").exists()


def test_without_matplotlib_and_without_a_display(tmp_path):
    """SVG, HTML and images as PNG need no package; no plot imports pyplot."""
    code = """
import json, sys
sys.modules["matplotlib"] = None
from fastnn import visualization as vis
curve = vis.plot_history({"loss": [1.0, 0.5]}, path="c.svg"); curve.save("c.html")
vis.plot_images([[[0.0, 1.0]]], path="i.png")
try:
    curve.save("c.png"); said = ""
except Exception as error:
    said = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "fastnn-engine[plots]" in json.loads(done.stdout), done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.html", "c.svg", "i.png"]
    code = "import sys\nfrom fastnn import visualization as v\nv.plot_history({'loss': [1.0, 2.0]}, path='c.png')\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "assert 'matplotlib.pyplot' not in sys.modules"], cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0 and (tmp_path / "c.png").exists()


CASES = [
    (vis.plot_history, ([1.0],), {}, ArgumentError, "list"),
    (vis.plot_history, ({},), {}, ArgumentError, "without epochs"),
    (vis.plot_history, (CURVES, "f1"), {}, ArgumentError, "val_accuracy"),
    (vis.plot_history, (CURVES,), {"ax": Figure().subplots()}, ArgumentError, "1 axes for 2"),
    (vis.plot_history, (CURVES,), {"path": "picture"}, ArgumentError, "ending"),
    (vis.plot_confusion_matrix, ([0, 1], [0]), {}, ShapeError, "2 true and 1"),
    (vis.plot_confusion_matrix, ([0, 5], [0, 1]), {"labels": ["a", "b"]}, DataError, "2 names"),
    (vis.plot_confusion_matrix, ([0.5, 1], [0, 1]), {}, DataError, "y_true"),
    (vis.plot_confusion_matrix, ([-1, 1], [0, 1]), {}, DataError, "-1"),
    (vis.plot_images, (IMAGES[0, 0],), {}, ShapeError, "1 or 3 channels"),
    (vis.plot_images, (IMAGES[..., :2],), {}, ShapeError, "1 or 3 channels"),
    (vis.plot_images, (IMAGES, ["a"]), {}, ShapeError, "1 titles for 5"),
    (vis.plot_images, (IMAGES,), {"columns": 0}, ArgumentError, "columns"),
    (vis.plot_embedding, (np.eye(2),), {}, ShapeError, "3 rows"),
    (vis.plot_embedding, (np.eye(3) * np.nan,), {}, DataError, "NaN"),
    (vis.plot_embedding, (np.eye(3), [0, 1]), {}, ShapeError, "2 labels for 3"),
    (vis.plot_embedding, (np.eye(3), [0, 1, 2]), {"names": ["a"]}, ShapeError, "1 names"),
    (vis.plot_embedding, (np.eye(3),), {"method": "umap"}, ArgumentError, "tsne"),
]


@pytest.mark.parametrize(("function", "given", "more", "error", "words"), CASES)
def test_bad_input_is_named(function, given, more, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        function(*given, **more)
    assert not any(tmp_path.iterdir())


def test_packages_that_are_missing_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(NotSupportedError, match="sklearn"):
        vis.plot_embedding(np.eye(4), method="tsne")
