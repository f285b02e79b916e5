"""tf.summary: what is written where, with a writer of files in place of tensorboardX."""

import sys
import types

import numpy as np
import pytest

from fastnn.compat.tf import summary
from fastnn.core.errors import ArgumentError


@pytest.fixture
def written(monkeypatch):
    """[(kind, tag, value, step), ...] of all entries, in place of files."""
    entries = []

    class SummaryWriter:
        def __init__(self, folder, **kwargs):
            self.folder = folder

        def __getattr__(self, name):
            kind = name.removeprefix("add_")
            return lambda tag, value, step, *args, **kwargs: entries.append((kind, tag, value, step))

        def flush(self):
            entries.append("flush")

    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=SummaryWriter))
    return entries


def test_what_is_written(written):
    assert not summary.scalar("loss", 1.0, step=0)
    with summary.create_file_writer("logs").as_default():
        assert summary.scalar("loss", np.float32(0.5), step=np.array(3))
        summary.text("words", ["a", b"b"], step=1)
        summary.image("pictures", np.full((2, 1, 1, 3), 0.5), step=1)
        summary.histogram("weights", np.ones((2, 2)), step=1)
    kinds = [(e[0], e[1], e[3]) for e in written if e != "flush"]
    assert kinds == [("scalar", "loss", 3), ("text", "words", 1), ("image", "pictures/0", 1),
                     ("image", "pictures/1", 1), ("histogram", "weights", 1)]  # fmt: skip
    assert written[0][2] == 0.5 and written[1][2] == "a\n\nb" and written[2][2].tolist() == [[[128] * 3]]
    assert written[-1] == "flush" and not summary.scalar("loss", 1.0, step=0)


def test_steps_of_writers_and_of_threads(written):
    writer = summary.create_file_writer("logs")
    with writer.as_default(step=7):
        summary.scalar("a", 1.0)
        with summary.record_if(lambda: False):
            assert not summary.should_record_summaries() and not summary.scalar("b", 1.0)
    with writer.as_default(), pytest.raises(ArgumentError, match="No step set"):
        summary.scalar("a", 1.0)
    assert [e[1:] for e in written if e != "flush"] == [("a", 1.0, 7)]
    with summary.create_noop_writer().as_default():
        assert not summary.scalar("a", 1.0, step=0)


def test_pictures_have_four_axes(written):
    with summary.create_file_writer("logs").as_default(), pytest.raises(ArgumentError, match="height, width"):
        summary.image("p", np.ones((2, 2)), step=0)


def test_entries_of_tensorflow_1(written):
    entries = summary.Summary()
    value = entries.value.add()
    value.tag, value.simple_value = "loss", 2.0
    writer = summary.FileWriter("logs")
    writer.add_summary(entries, 4)
    assert written == [("scalar", "loss", 2.0, 4)]
    with pytest.raises(ArgumentError, match="expected a tf"):
        writer.add_summary("loss")


def test_without_the_package_there_are_files_too(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    writer = summary.create_file_writer(str(tmp_path / "logs"))
    with writer.as_default(step=3):
        assert summary.scalar("a", 2.0) and summary.image("b", np.zeros((2, 3, 4, 1)))
        assert summary.text("c", "words") and summary.audio("d", np.zeros((1, 9, 1)), 8000)
        assert summary.histogram("e", [1.0, 2.0])
    writer.close()
    (file,) = (tmp_path / "logs").iterdir()
    assert file.name.startswith("events.out.tfevents.") and b"words" in file.read_bytes()
