"""The benchmark of courses: its networks are whole, and a run in small says what each took."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import pytest

import fastnn

SOURCE = Path(__file__).resolve().parents[2]
if not (SOURCE / "bench").is_dir():
    pytest.skip("the benchmarks are in the source tree only", allow_module_level=True)
_spec = importlib.util.spec_from_file_location(
    "bench", SOURCE / "bench" / "__init__.py", submodule_search_locations=[str(SOURCE / "bench")]
)
sys.modules["bench"] = importlib.util.module_from_spec(_spec)

from bench import courses  # noqa: E402


def options(*words):
    parser = argparse.ArgumentParser()
    courses.arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("name", courses.WORKLOADS)
def test_data_fit_the_network(name):
    model, x, y, batch = courses.WORKLOADS[name](fastnn)
    inputs = x if isinstance(x, list) else [x]
    assert [v.shape[1:] for v in inputs] == [v.shape[1:] for v in model.inputs]
    assert {len(v) for v in (*inputs, y)} == {len(y)} and len(y) % batch == 0
    wanted = model.output_shape[1:]
    assert y.shape[1:] in (wanted, wanted[:-1]) and model.loss


def test_a_run_in_small():
    lines = []
    assert courses.main(options("--workloads", "housing", "--rounds", "2", "--seconds", "0.01"), lines.append) == 0
    assert len(lines) == 1 and lines[0].startswith("housing") and " ms (+" in lines[0]


def test_what_is_slower_is_said(monkeypatch):
    found = {"fastnn": [2.0, 2.2], "keras-tensorflow": [1.0, 1.1], "keras-jax": [5.0, 5.0]}
    monkeypatch.setattr(courses, "measure", lambda *given: found)
    lines = []
    assert courses.main(options("--workloads", "digits,films"), lines.append) == 1
    assert lines[-1] == "slower than a peer: digits, films" and "TensorFlow        1 ms (+10 %), 0.50" in lines[0]
    monkeypatch.setattr(courses, "measure", lambda *given: {})
    assert courses.main(options("--workloads", "digits"), lines.append) == 1 and "fails" in lines[-2]
