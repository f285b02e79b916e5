"""The other package of this import name is noticed."""

import subprocess
import sys
from pathlib import Path

import pytest

import fastnn
from fastnn.core import neighbours


@pytest.mark.parametrize("name, seen", [
    ("fastnn-0.3.1.dist-info", True), ("fastnn-1.egg-info", True), ("fastnn_engine-0.1.0.dist-info", False),
    ("fastnn", False), ("fastnn-tools", False),
])  # fmt: skip
def test_what_is_the_other_one(tmp_path, name, seen):
    (tmp_path / name).mkdir()
    assert neighbours.other(str(tmp_path)) == (str(tmp_path / name) if seen else None)
    assert neighbours.other(str(tmp_path / "not there")) is None


def test_the_import_says_so(tmp_path):
    (tmp_path / "fastnn").symlink_to(Path(fastnn.__file__).parent, target_is_directory=True)
    (tmp_path / "fastnn-0.3.1.dist-info").mkdir()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import fastnn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "each of the two overwrites files of the other" in done.stderr and done.returncode == 0
