"""The benchmark of vision: what it compares is the same, and its table says it."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[2]
if not (SOURCE / "bench").is_dir():
    pytest.skip("the benchmarks are in the source tree only", allow_module_level=True)
_spec = importlib.util.spec_from_file_location(
    "bench", SOURCE / "bench" / "__init__.py", submodule_search_locations=[str(SOURCE / "bench")]
)
sys.modules["bench"] = importlib.util.module_from_spec(_spec)

from bench import vision  # noqa: E402


def test_sizes_are_compared_with_the_same_numbers(monkeypatch):
    monkeypatch.setattr(vision, "COUNT", 3)
    calls = vision.cases()
    np.testing.assert_allclose(calls["resize"](), calls["resize by products"](), rtol=1e-5, atol=1e-3)


def test_a_line_for_each_case(monkeypatch):
    monkeypatch.setattr(vision, "COUNT", 3)
    parser, lines = argparse.ArgumentParser(), []
    vision.arguments(parser)
    assert vision.main(parser.parse_args(["--rounds", "1"]), lines.append) == 0
    assert [line.split("  ")[0] for line in lines] == list(vision.cases())
    found = {"hog": {"fastnn": 1e-3, "scikit-image": 1e-2, "apart": 0.1}}
    monkeypatch.setattr(vision, "measure", lambda python, rounds: found)
    assert vision.main(parser.parse_args([]), lines.append) == 1 and "10.0 times as long" in lines[-1]
