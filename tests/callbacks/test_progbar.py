"""What is shown: the lines of verbose=1 and 2, on a terminal and in a file."""

import io
import re
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest

import fastnn
from fastnn import callbacks
from fastnn.callbacks import Progbar


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture
def screen():
    return Screen()


def plain(text):
    return re.sub(r"\x1b\[\d+m", "", text)


def run(verbose, epochs=2, steps=3, target=3, values=None):
    bar = callbacks.ProgbarLogger()
    listeners = callbacks.CallbackList(bar, verbose=verbose, epochs=epochs, steps=target)
    listeners.on_train_begin()
    for epoch in range(epochs):
        listeners.on_epoch_begin(epoch)
        for step in range(steps):
            listeners.on_train_batch_end(step, {"accuracy": 0.5, "loss": 1.0})
        listeners.on_test_begin()
        listeners.on_test_end({"loss": 3.0})
        listeners.on_epoch_end(epoch, values or {"loss": 0.5, "accuracy": 0.00012})
    listeners.on_train_end()


def test_a_file_gets_one_line_for_each_epoch(capsys):
    run(1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2" and len(lines) == 4
    assert re.fullmatch(r"3/3 ━{20} 0s \d+(us|ms|s)/step - accuracy: 1\.2000e-04 - loss: 0\.5000", lines[1])


def test_a_terminal_gets_a_live_line(screen):
    with redirect_stdout(screen):
        run(1, epochs=1)
    text = screen.getvalue()
    assert "Epoch" not in text  # as in Keras, for one epoch
    assert text.count("\n") == 1 and "\x1b[32m" in text
    last = plain(text.split("\r")[-1])
    assert last.startswith("3/3 ━━━━━━━━━━━━━━━━━━━━ 0s ")
    assert last.rstrip().endswith("- accuracy: 1.2000e-04 - loss: 0.5000")


def test_verbose_2_and_0(capsys):
    run(2)
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"3/3 - 0s - \d+(us|ms|s)/step - accuracy: 1\.2000e-04 - loss: 0\.5000", lines[1])
    run(0)
    assert capsys.readouterr().out == ""


def test_an_unknown_number_of_steps(capsys):
    run(1, epochs=1, target=None)
    assert plain(capsys.readouterr().out).startswith("3/3 ")


def test_progress_is_shown_by_time_and_logs_are_made_only_then(screen):
    bar = callbacks.ProgbarLogger()
    listeners = callbacks.CallbackList(bar, verbose=1, epochs=1, steps=1000)
    assert listeners.wants_progress("train") and not listeners.wants_batches("train")
    asked = []
    with redirect_stdout(screen):
        listeners.on_epoch_begin(0)
        for step in range(500):
            listeners.progress("train", step, lambda: asked.append(1) or {"loss": 1.0})
    assert 1 <= len(asked) <= 3
    assert not callbacks.CallbackList(callbacks.ProgbarLogger(), verbose=2, epochs=1, steps=3).wants_progress("train")


def test_evaluate_and_predict_have_lines_of_their_own(capsys):
    listeners = callbacks.CallbackList(callbacks.ProgbarLogger(), verbose=1, epochs=1, steps=2)
    listeners.on_test_begin()
    listeners.on_test_batch_end(1, {"loss": 1.0})
    listeners.on_test_end({"loss": 2.0})
    listeners.on_predict_begin()
    listeners.on_predict_batch_end(1, {"outputs": None})
    listeners.on_predict_end()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("loss: 2.0000") and "loss" not in lines[1] and len(lines) == 2


def test_averages_over_steps(screen):
    with redirect_stdout(screen):
        bar = Progbar(4, interval=0)
        bar.update(1, [("loss", 1.0)])
        bar.update(3, [("loss", 4.0)])
    assert plain(screen.getvalue()).rstrip().endswith("loss: 3.0000")
    with redirect_stdout(screen):
        shown = Progbar(4, interval=0, stateful_metrics=["loss"])
        shown.add(1, [("loss", 1.0)])
        shown.add(1, [("loss", 4.0)])
    assert plain(screen.getvalue()).rstrip().endswith("loss: 4.0000")


def test_names_of_one_kind_only():
    with pytest.raises(ValueError, match="Only one of"):
        Progbar(1, stateful_metrics=[], stateless_metrics=[])


@pytest.mark.parametrize("seconds, text", [(5, "5s"), (61, "1:01"), (3700, "1:01:40")])
def test_time_left(seconds, text):
    from fastnn.callbacks.progbar import _clock

    assert _clock(seconds) == text


def test_a_console_without_line_letters(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    run(1, epochs=1)
    assert b"3/3 ====" in raw.getvalue()
    monkeypatch.setattr(sys, "stdout", None)
    run(1, epochs=1)


@pytest.fixture
def clock(monkeypatch):
    """The time that a bar sees, in seconds: a list of one number."""
    now = [100.0]
    monkeypatch.setattr("fastnn.callbacks.progbar.time.perf_counter", lambda: now[0])
    return now


VALUES = {"loss": 0.5, "accuracy": 0.25, "val_loss": 0.5, "val_accuracy": 0.75}


@pytest.mark.parametrize("columns", [200, 80, 60, 40, 20, 5])
@pytest.mark.parametrize("target", [3, 12345, None])
def test_a_live_line_fits_into_one_row_and_the_last_says_everything(screen, clock, monkeypatch, columns, target):
    monkeypatch.setenv("COLUMNS", str(columns))
    with redirect_stdout(screen):
        bar = Progbar(target, interval=0)
        for step in (1, 2, 3):
            clock[0] += 1
            bar.update(step, list(VALUES.items()), finalize=step == 3)
    *live, last = (line.rstrip(" \n") for line in plain(screen.getvalue()).split("\r")[1:])
    assert all(len(line) < columns for line in live)
    assert last.endswith(" - ".join(["", *(f"{name}: {value:.4f}" for name, value in VALUES.items())]))
    if columns == 200 and target:
        assert "━" * 20 in last and "━" * 20 in live[0]


def test_time_of_validation_is_not_time_of_steps(capsys, clock):
    bar = callbacks.ProgbarLogger()
    listeners = callbacks.CallbackList(bar, verbose=2, epochs=1, steps=4)
    listeners.on_train_begin()
    listeners.on_epoch_begin(0)
    for step in range(4):
        clock[0] += 0.1
        listeners.on_train_batch_end(step, {"loss": 1.0})
    listeners.on_test_begin()
    clock[0] += 60
    listeners.on_test_end({"loss": 3.0})
    listeners.on_epoch_end(0, {"loss": 1.0, "val_loss": 3.0})
    assert capsys.readouterr().out == "4/4 - 0s - 100ms/step - loss: 1.0000 - val_loss: 3.0000\n"


@pytest.mark.parametrize("first, expected", [(1, "1s/step"), (998, "1s/step")])
def test_the_time_of_a_step_is_that_of_many(screen, clock, first, expected):
    """Where the line is first drawn near the end, its last steps say nothing: they may wait for what comes behind."""
    with redirect_stdout(screen):
        bar = Progbar(1000)
        clock[0] += first
        bar.update(first)
        clock[0] += 1000 - first
        bar.update(1000)
    assert expected in plain(screen.getvalue()).split("\r")[-1]


def test_no_color(screen, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    with redirect_stdout(screen):
        bar = Progbar(4, interval=0)
        bar.update(2)
    text = screen.getvalue()
    assert "\x1b" not in text and text.startswith("\r2/4 ━━━━━━━━━━..........")


def test_a_terminal_that_cannot_go_back(screen, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with redirect_stdout(screen):
        bar = Progbar(4, interval=0)
        bar.only_last = True
        bar.update(2)
    assert screen.getvalue() == ""


@pytest.mark.parametrize("rows, verbose, steps", [(40, "auto", 5), (40, 1, 5), (40, 0, 0), (8, "auto", 0), (8, 1, 1)])
def test_predict_shows_a_bar_where_there_is_something_to_wait_for(rows, verbose, steps, capsys):
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.layers.Dense(1)])
    model.predict(np.ones((rows, 2), "float32"), batch_size=8, verbose=verbose)
    out = capsys.readouterr().out
    assert f"{steps}/{steps}" in out if steps else out == ""


def test_each_update_is_a_line_where_the_output_is_no_terminal(capsys):
    bar = Progbar(3, interval=0.0, stateful_metrics=["value"])
    for step in (1, 2, 3):
        bar.update(step, [("value", float(step))])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[-1] for line in lines] == ["value: 1.0000", "value: 2.0000", "value: 3.0000"]
    rare = Progbar(3, interval=1e9)
    for step in (1, 2, 3):
        rare.update(step)
    assert len(capsys.readouterr().out.splitlines()) == 1
