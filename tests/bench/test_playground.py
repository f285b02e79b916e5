"""The playground's benchmark compares like with like, and says whether the page is as fast as it should be."""

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
if "bench" not in sys.modules:
    _spec = importlib.util.spec_from_file_location(
        "bench", SOURCE / "bench" / "__init__.py", submodule_search_locations=[str(SOURCE / "bench")]
    )
    sys.modules["bench"] = importlib.util.module_from_spec(_spec)

from bench import playground  # noqa: E402
from fastnn.playground.session import Session  # noqa: E402


def test_numpy_trains_the_same_network():
    session = Session(playground.NET)
    weights = [w.copy() for w in session.begin]
    x, y = session.points.train
    for _ in range(2):
        playground.plain(weights, x, y, playground.NET.batch, playground.NET.rate)
    session.advance(2 * session.epoch_steps)
    for mine, theirs in zip(weights, session.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("frames", "status", "word"), [(29.0, 1, "NOT MET"), (31.0, 0, "met")])
def test_what_it_says(monkeypatch, frames, status, word):
    found = {"engine": 1e5, "numpy": 1e4, "picture_ms": 1.0, **{f"frames_{n}": frames for n in (1, 100, 1000, 5000)}}
    monkeypatch.setattr(playground, "measure", lambda seconds: found)
    said = []
    assert playground.main(argparse.Namespace(seconds=1.0), said.append) == status
    assert said[0].endswith("NumPy 10,000 (10×)") and said[-1].endswith(word)


def test_frames_through_the_socket():
    assert playground.through_socket(1, 0.0) > 1
