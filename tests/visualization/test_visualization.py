"""Pictures: PNG bytes decode to what went in, charts are well-formed, pages are one self-contained file."""

import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest

from fastnn.core.errors import ShapeError
from fastnn.visualization import Page, confusion_matrix, encode_png, image_grid, line_chart, matrix_chart, normalise
from fastnn.visualization.svg import ticks


def decode(data):
    """The pixels of a PNG that was written without filters."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, pixels, header = 8, b"", None
    while position < len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + size]
        assert struct.unpack(">I", data[position + 8 + size : position + 12 + size])[0] == zlib.crc32(kind + body)
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        pixels += body if kind == b"IDAT" else b""
        position += 12 + size
    width, height, _, colour = header[:4]
    rows = np.frombuffer(zlib.decompress(pixels), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape((height, width, 3) if colour == 2 else (height, width))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 2, 3)])
@pytest.mark.parametrize("scale", [1, 3])
def test_png(shape, scale):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(decode(encode_png(image, scale)), image.repeat(scale, 0).repeat(scale, 1))


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.zeros((2, 2, 4), np.uint8), np.zeros(3, np.uint8)])
def test_png_refuses(bad):
    with pytest.raises(ShapeError, match="expected"):
        encode_png(bad)


def test_grid_and_normalise():
    grid = image_grid(np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8), columns=3)
    assert grid.shape == (5, 11) and grid[0, 4] == 1 and grid[3, 0] == 3 and grid[4, 10] == 255
    with pytest.raises(ShapeError):
        image_grid(np.zeros((0, 2, 2), np.uint8))
    assert normalise(np.array([2.0, 4.0])).tolist() == [0, 255]
    assert normalise(np.full(3, 7.0)).tolist() == [0, 0, 0]
    assert normalise(np.array([np.nan, -1.0, 1.0])).tolist() == [128, 0, 255]


@pytest.mark.parametrize("series", [{}, {"a": []}, {"a": [1.0]}, {"loss": [3, 2, 1], "val <x>": [3, float("nan"), 1]},
                                    {"a": [5.0, 5.0]}, {"a": [float("nan")] * 3}, {"a": [-1e9, 1e9]}])  # fmt: skip
def test_line_chart_is_well_formed(series):
    root = ET.fromstring(line_chart(series, "A & B", y_label="<y>"))
    assert root.tag.endswith("svg")
    assert "nan" not in "".join(e.get("points", "") for e in root.iter())


def test_ticks():
    for low, high in [(0, 1), (0.001, 0.0013), (-5, 17), (2, 2), (0, 0)]:
        out = ticks(low, high)
        assert out[0] <= low and out[-1] >= high and 2 <= len(out) <= 9


def test_matrix():
    matrix = confusion_matrix([0, 1, 2, 2], [0, 1, 1, 2], 4)
    assert matrix.sum() == 4 and matrix[2, 1] == 1 and matrix.shape == (4, 4)
    root = ET.fromstring(matrix_chart(matrix, "M", labels=["a", "b", "<c>", "d"]))
    assert sum(e.tag.endswith("rect") for e in root.iter()) == 16
    with pytest.raises(ShapeError):
        confusion_matrix([1], [1, 2])


def test_page_is_self_contained_and_escaped():
    page = Page("<script>", "x & y").heading("H").facts({"k": "<v>"}).text("t").preformatted("a  b")
    html = page.images([np.zeros((2, 2), np.uint8)], ['"c"']).charts(line_chart({"a": [1, 2]}, "T")).html()
    assert "<script>" not in html and "&lt;v&gt;" in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "") and 'src="data:image/png' in html
