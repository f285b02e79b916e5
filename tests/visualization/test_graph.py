"""Drawings of models: as SVG and PNG without any package, in four directions, with the layers of models inside."""

import re
import struct
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

import fastnn as keras
from fastnn import layers
from fastnn.core.errors import ArgumentError, NotBuiltError, NotSupportedError
from fastnn.visualization import model_svg, plot_model
from fastnn.visualization.raster import Canvas, text_width


def siamese():
    """A tower of two layers, called on two inputs, inside a model."""
    a, b = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    tower = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="one"), layers.ReLU(name="two")], name="tower")
    return keras.Model([a, b], layers.Add(name="sum")([tower(a), tower(b)]), name="pair")


def boxes(text):
    """{first line of a box: its middle}, and the lines between, of a drawing."""
    root = ET.fromstring(text)
    rects = [e for e in root if e.tag.endswith("rect") and "x" in e.attrib]
    texts = [e for e in root if e.tag.endswith("text")]
    found = {}
    for rect in rects:
        x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
        inside = [t.text for t in texts if x < float(t.get("x")) < x + w and y < float(t.get("y")) < y + h]
        found.setdefault(inside[0], []).append((x + w / 2, y + h / 2))
    return found, [e for e in root if e.tag.endswith("line")]


@pytest.mark.parametrize(("rankdir", "axis", "sign"), [("TB", 1, 1), ("BT", 1, -1), ("LR", 0, 1), ("RL", 0, -1)])
def test_directions(rankdir, axis, sign):
    text = model_svg(siamese(), rankdir=rankdir)
    found, lines = boxes(text)
    ranks = [found[name][0][axis] for name in ("left (InputLayer)", "tower (Sequential)", "sum (Add)")]
    assert ranks == sorted(ranks, reverse=sign < 0) and len(set(ranks)) == 3
    assert len(found["tower (Sequential)"]) == 2 and len(lines) == 4
    width, height = (float(re.search(rf'{k}="([\d.]+)"', text)[1]) for k in ("width", "height"))
    assert all(0 < x < width and 0 < y < height for places in found.values() for x, y in places)


def test_models_inside_are_drawn_as_their_layers():
    found, lines = boxes(model_svg(siamese(), expand_nested=True))
    assert sorted(found) == ["left (InputLayer)", "right (InputLayer)", "sum (Add)", "tower/one (Dense)",
                             "tower/two (ReLU)"]  # fmt: skip
    assert len(found["tower/one (Dense)"]) == 2 and len(lines) == 6  # each call has boxes of its own
    outer = keras.Sequential([keras.Input((4,)), layers.Dense(4), keras.Sequential([siamese_tower()], name="outer")])
    assert "outer/inner/deep (Dense)" in boxes(model_svg(outer, expand_nested=True))[0]


def siamese_tower():
    return keras.Sequential([keras.Input((4,)), layers.Dense(2, name="deep")], name="inner")


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("dpi", [72, 96, 200])
def test_a_png_needs_no_package(missing, dpi, tmp_path, monkeypatch):
    if missing:
        monkeypatch.setitem(sys.modules, "PIL", None)
    path = plot_model(siamese(), tmp_path / "model.png", show_shapes=True, dpi=dpi)
    data = (tmp_path / "model.png").read_bytes()
    assert path == str(tmp_path / "model.png") and path._repr_svg_().startswith("<svg")
    width, height = struct.unpack(">II", data[16:24])
    size = re.search(r'width="(\d+)" height="(\d+)"', path._repr_svg_())
    assert (width, height) == tuple(round(int(v) * dpi / 96) for v in size.groups())
    monkeypatch.undo()
    with Image.open(tmp_path / "model.png") as image:
        pixels = np.asarray(image)
    assert (pixels == 255).all(-1).mean() > 0.2 and (pixels < 90).all(-1).mean() > 0.002  # paper, and ink of letters


def test_other_kinds_are_written_by_pillow(tmp_path, monkeypatch):
    plot_model(siamese(), tmp_path / "model.pdf")
    assert (tmp_path / "model.pdf").read_bytes()[:4] == b"%PDF"
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NotSupportedError, match=r"model\.png"):
        plot_model(siamese(), tmp_path / "model.jpg")
    assert not (tmp_path / "model.jpg").exists()


def test_what_is_refused_writes_nothing(tmp_path):
    with pytest.raises(ArgumentError, match="TB, BT, LR, RL"):
        plot_model(siamese(), tmp_path / "m.svg", rankdir="up")
    with pytest.raises(NotBuiltError):
        plot_model(keras.Sequential([layers.Dense(1)]), tmp_path / "m.svg")
    for words, message in (
        ({"show_shape": True}, "Did you mean 'show_shapes'"),
        ({"layer_range": [0, 1]}, "no longer"),
    ):
        with pytest.raises(ArgumentError, match=message):
            plot_model(siamese(), tmp_path / "m.svg", **words)
    assert not any(tmp_path.iterdir())


def test_pixels():
    canvas = Canvas(60, 20)
    canvas.text(30, 10, "Hi Ω", 12)
    rows, columns = np.nonzero((canvas.pixels < 128).all(-1))
    assert 4 < np.ptp(rows) < 14 and abs(np.ptp(columns) - text_width("Hi ?", 12)) < 6
    canvas.text(0, 0, "beyond the edge of it", 30)
    canvas.line(-5, -5, 70, 30, (9, 9, 9), 3)
    canvas.box(-4, 15, 10, 40, (1, 2, 3), (0, 0, 0))
    assert canvas.pixels.shape == (20, 60, 3) and canvas.pixels[18, 5].tolist() == [1, 2, 3]
