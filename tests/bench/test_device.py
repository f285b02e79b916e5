"""The script for a day with a GPU runs, in its tiny form on a simulated device, and says what is wrong."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
if not (SOURCE / "bench").is_dir():
    pytest.skip("the benchmarks are in the source tree only", allow_module_level=True)
_spec = importlib.util.spec_from_file_location(
    "bench", SOURCE / "bench" / "__init__.py", submodule_search_locations=[str(SOURCE / "bench")]
)
sys.modules["bench"] = importlib.util.module_from_spec(_spec)

from bench import device  # noqa: E402


def test_all_parts_in_the_tiny_form(tmp_path, capsys):
    assert device.main(["--simulated", "--plain", "--json", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "device.json").read_text())
    assert set(found) == set(device.LIMITS) and not any("error" in part for part in found.values())
    assert found["registry"]["cases"] == found["registry"]["bit_equal"] == 4
    assert found["digests"]["mnist_cnn"]["equal"] and found["digests"]["resnet20"]["apart"] == 0
    assert found["kernels"]["rows"] and found["steps"]["rows"]
    assert all("tf32" in row for row in found["kernels"]["rows"])
    assert "playground" in capsys.readouterr().out


def test_the_parts_take_seven_minutes_at_most():
    assert sum(device.LIMITS.values()) <= 7 * 60


def test_a_part_that_fails_says_so_and_the_others_run(tmp_path, monkeypatch, capsys):
    def broken(self, result):
        raise RuntimeError("the card is gone")

    monkeypatch.setattr(device.Day, "kernels", broken)
    assert device.main(["--simulated", "--plain", "--parts", "kernels,steps", "--json", str(tmp_path)]) == 1
    found = json.loads((tmp_path / "device.json").read_text())
    assert found["kernels"]["error"] == "RuntimeError: the card is gone" and found["steps"]["rows"]


def test_a_record_that_is_wrong_fails_the_day(tmp_path, monkeypatch):
    right = device.Day.values
    monkeypatch.setattr(device.Day, "values", lambda self, *args: [y + 1 for y in right(self, *args)])
    assert device.main(["--simulated", "--plain", "--parts", "registry", "--json", str(tmp_path)]) == 1
    assert set(json.loads((tmp_path / "device.json").read_text())["registry"]["bad"]) == set(device.TINY.records)
