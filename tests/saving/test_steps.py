"""Folders of numbered checkpoints: what counts as one, and which is the newest."""

import pytest

from fastnn.core.errors import ArgumentError
from fastnn.saving import steps


def test_the_newest(tmp_path):
    assert steps.newest(tmp_path) is None
    for name, file in [("7", steps.MODEL), ("10", steps.WEIGHTS), ("012", steps.MODEL), ("13", "other"), ("x", "y")]:
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("")
    assert steps.numbers(tmp_path) == [7, 10]
    assert steps.newest(tmp_path) == str(tmp_path / "10" / steps.WEIGHTS)
    assert steps.newest(tmp_path / "7", whole=True) == str(tmp_path / "7" / steps.MODEL)
    assert steps.newest(tmp_path / "13") is None
    with pytest.raises(ArgumentError, match="load_weights"):
        steps.newest(tmp_path, whole=True)
