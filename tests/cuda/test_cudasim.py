"""Plans for a device in numba.cuda's simulator: the CPU's kernels by its grid of threads, those written for devices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastnn

ROOT, HERE = Path(fastnn.__path__[0]).parent, Path(__file__).resolve().parent


def run(*arguments):
    """What cudasim.py prints: differences by name."""
    path = os.pathsep.join(map(str, (ROOT, HERE.parent)))
    environment = {"FASTNN_KERNELS": "python", "NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, str(HERE / "cudasim.py"), *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("threads", [10, 33])
def test_every_record_by_a_grid_of_threads(threads):
    assert run(threads) == {}


def test_a_training_with_and_without_kernels_written_for_devices():
    assert run(10, "fit") == {}
