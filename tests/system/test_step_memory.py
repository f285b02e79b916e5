"""model.plan() says how much memory a step takes: against the growth of the resident set, and part by part."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn

CHILD = Path(__file__).resolve().parent / "memory_child.py"
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc/self/status")


@linux
@pytest.mark.compiled
@pytest.mark.parametrize(
    ("workload", "batch"),
    [
        ("siamese", 512),
        pytest.param("resnet20", 96, marks=pytest.mark.slow),
        pytest.param("cifar_cnn", 64, marks=pytest.mark.slow),
    ],
)
def test_the_plan_is_within_5_percent_of_the_measured_peak(workload, batch):
    """More than 100 MB: Python's own objects are below the tolerance."""
    done = subprocess.run(
        [sys.executable, str(CHILD), workload, str(batch)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["grown"] > 100e6
    assert told["plan"] == pytest.approx(told["grown"], rel=0.05), told
    assert told["plan"] == told["arena"] + told["state"] + told["workspace"]


@pytest.mark.parametrize(("optimizer", "slots"), [("sgd", 0), ("adam", 2), ("rmsprop", 1)])
def test_weights_and_slots_count_once(optimizer, slots):
    """Weights lie in the flat buffer that the update runs over; both names are the same bytes."""
    model = fastnn.Sequential([fastnn.Input((30,)), fastnn.layers.Dense(50, activation="relu"), fastnn.layers.Dense(7)])
    model.compile(optimizer, "mse")
    model.fit(np.zeros((4, 30), np.float32), np.zeros((4, 7), np.float32), batch_size=4, verbose=0)
    weights, state = 4 * model.count_params(), model.plan(4).state_bytes
    assert (1 + slots) * weights <= state < (1 + slots) * weights + 500  # the rest: step, loss, learning rate
    predicts = model.plan(4, training=False)
    assert weights <= predicts.state_bytes < weights + 500
    assert f"{predicts.peak_bytes:,} bytes" in str(predicts)


def test_each_thread_brings_its_workspace():
    model = fastnn.Sequential([fastnn.Input((64,)), fastnn.layers.Dense(512), fastnn.layers.Dense(8)])
    model.compile("sgd", "mse")
    sizes = []
    for n in (1, 2):
        fastnn.config.set_num_threads(n)
        plan = model.plan(2048)
        sizes.append(plan.workspace_bytes)
        assert plan.peak_bytes == plan.arena_bytes + plan.state_bytes + plan.workspace_bytes
    assert sizes[1] == 2 * sizes[0] > 0
