"""What is written reaches a console that has few letters."""

import io
import sys

import numpy as np
import pytest

import fastnn
from fastnn.models import summary
from fastnn.utils import interactive


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437"])
def test_a_summary_keeps_its_columns_in_every_encoding(monkeypatch, encoding):
    model = fastnn.Sequential([fastnn.Input((4,)), fastnn.layers.Dense(3, name="d" * 60), fastnn.layers.Dense(2)])
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    model.summary()
    lines = raw.getvalue().decode(encoding).splitlines()
    assert [len(line) for line in lines] == [len(line) for line in summary.summary_text(model).splitlines()]
    assert not any("?" in line for line in lines)
    assert any("dense" in line for line in lines)


def test_every_letter_of_a_frame_has_a_plain_one():
    frame = "".join(summary.table(["a"], [["b"], ["c"]], [5], ["left"])) + "━…"
    assert "?" not in interactive.readable(frame, "ascii")


def test_no_console(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    interactive.write("text")


def test_what_is_not_written_goes_to_a_log(caplog, capsys):
    callback = fastnn.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    model = fastnn.Sequential([fastnn.Input((1,)), fastnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    fastnn.config.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="fastnn"):
            model.fit(np.ones((1, 1)), np.ones((1, 1)), callbacks=[callback], verbose=2)
    finally:
        fastnn.config.enable_interactive_logging()
    assert not capsys.readouterr().out
    assert any("setting learning rate to" in m for m in caplog.messages)
    assert any(m.startswith("1/1 - ") and "loss" in m for m in caplog.messages)
