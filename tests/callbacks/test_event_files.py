"""Event files: records whose checks are right, entries as TensorBoard's formats say."""

import sys
import types
import zlib

import numpy as np
import pytest

import fastnn
from fastnn.callbacks import TensorBoard, event_files
from fastnn.compat.tf.protos import fields
from fastnn.compat.tf.records import records


def entries(folder):
    """[(step, tag, {field: value})] of the one file in a folder, after the line that says its version."""
    (file,) = folder.iterdir()
    first, *events = [dict(fields(r)) for r in records(str(file))]
    assert first[3] == b"brain.Event:2"
    found = [(e[2], dict(fields(dict(fields(e[5]))[1]))) for e in events]
    return [(step, value.pop(1).decode(), value) for step, value in found]


@pytest.fixture
def writer(tmp_path):
    made = event_files.SummaryWriter(str(tmp_path / "logs"))
    yield made
    made.close()


def test_numbers_and_texts(writer, tmp_path):
    writer.add_scalar("loss", 0.25, 7)
    writer.add_text("note", "**bold**", 8)
    (step, tag, value), (_, note, words) = entries(tmp_path / "logs")
    assert (step, tag, np.frombuffer(value[2], "<f4")[0]) == (7, "loss", 0.25)
    assert note == "note" and b"**bold**" in words[8] and b"text" in words[9]


@pytest.mark.parametrize("values", [np.arange(100.0), [3.0], [np.nan, 1.0, np.inf], []])
def test_histograms_count_what_is_finite(writer, tmp_path, values):
    writer.add_histogram("w", values, 1)
    histogram = dict(fields(entries(tmp_path / "logs")[0][2][5]))
    finite = np.asarray(values, float)[np.isfinite(values)]
    finite = finite if finite.size else np.zeros(1)
    numbers = [np.frombuffer(histogram[k], "<f8")[0] for k in range(1, 6)]
    np.testing.assert_allclose(numbers, [finite.min(), finite.max(), finite.size, finite.sum(), (finite**2).sum()])
    limits, counts = (np.frombuffer(histogram[k], "<f8") for k in (6, 7))
    assert len(limits) == len(counts) == 30 and counts.sum() == finite.size and (np.diff(limits) > 0).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_are_png(writer, tmp_path, channels):
    picture = np.random.default_rng(0).integers(0, 256, (3, 5, channels), dtype="uint8")
    writer.add_image("p", picture.transpose(2, 0, 1), 1)
    writer.add_images("q", np.stack([picture, picture]) / 255, 1, dataformats="NHWC")
    for (_, _, value), width in zip(entries(tmp_path / "logs"), (5, 10)):
        image = dict(fields(value[4]))
        assert (image[1], image[2], image[3]) == (3, width, channels)
        data = image[4][image[4].index(b"IDAT") + 4 :]
        rows = np.frombuffer(zlib.decompress(data), "uint8").reshape(3, -1)
        np.testing.assert_array_equal(rows[:, 1:], np.tile(picture, (1, width // 5, 1)).reshape(3, -1))


def test_the_callback_writes_without_a_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2)), np.ones((4, 1))
    board = TensorBoard(str(tmp_path), histogram_freq=1, write_images=True, update_freq=1)
    model.fit(x, y, epochs=2, batch_size=2, validation_data=(x, y), callbacks=[board], verbose=0)
    tags = [(step, tag) for step, tag, _ in entries(tmp_path / "train")]
    assert {(0, "epoch_loss"), (1, "epoch_loss"), (4, "batch_loss")} <= set(tags)
    assert {(0, f"{model.weights[0].path}/{kind}") for kind in ("histogram", "image")} <= set(tags)
    assert (1, "epoch_loss") in {(step, tag) for step, tag, _ in entries(tmp_path / "validation")}


def test_the_package_writes_where_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=lambda folder: [folder]))
    assert event_files.summary_writer("logs") == ["logs"]
