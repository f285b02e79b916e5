"""Numbered checkpoints while a model trains: what is removed, and what a failing disk leaves."""

import os

import pytest

import fastnn as keras
from fastnn.core.errors import StepExistsError
from fastnn.saving import step_writer
from fastnn.saving.step_writer import StepWriter


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])


@pytest.mark.parametrize("background", [True, False])
def test_only_folders_of_ours_go(tmp_path, model, background):
    for name in ("7", "07", "12", "note"):
        (tmp_path / name).mkdir()
    (tmp_path / "7" / "model.keras").write_text("old")
    (tmp_path / "12" / "model.keras").write_text("beside something else")
    (tmp_path / "12" / "mine").write_text("")
    (tmp_path / ".3.tmp-1").mkdir()
    kept = StepWriter(model, tmp_path, 2, background)
    for step in (8, 9):
        kept.save(step)
    with pytest.raises(StepExistsError, match="Step 9 already exists"):
        kept.save(9)
    kept.close()
    assert sorted(os.listdir(tmp_path)) == ["07", "12", "8", "9", "note"]
    assert keras.saving.load_model(tmp_path).count_params() == 2


@pytest.mark.parametrize("background", [True, False])
def test_a_failing_disk(tmp_path, model, background, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step_writer, "write_file", full)
    kept = StepWriter(model, tmp_path, 1, background)
    with pytest.raises(OSError, match="No space"):
        kept.save(0)
        kept.wait()
    assert os.listdir(tmp_path) == []
