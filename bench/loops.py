"""Loops and plans: what a recurrence costs beside PyTorch's, however long, and what binding a plan costs.

Printed are the time of a training step of LSTM(128) on (64, 100, 64) and of LSTM(32) on (32, 10,000, 32), PyTorch's
fused LSTM beside it; how long the long one takes to plan, and its arena against the values that its gradient needs; and
what binding ResNet-20's training plan takes.  One thread; each engine has a process of its own.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.ragged import environment

SIZES = {"short": (64, 100, 64, 128), "long": (32, 10_000, 32, 32)}  # rows, steps, features, units
STEPS = {"short": 20, "long": 4}
WIDE = 6  # gates i, f, g, o, the state and the output: kept of each step


def fastest(step: Callable[[], object], times: int) -> float:
    """Milliseconds of the fastest of so many calls, after one that is not timed."""
    step()
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def run_fastnn() -> dict[str, Any]:
    """What fastnn takes."""
    import fastnn
    from bench.models import WORKLOADS
    from fastnn import layers
    from fastnn.runtime.bind import bind

    out: dict[str, Any] = {}
    for name, (rows, steps, features, units) in SIZES.items():
        net = fastnn.Sequential([fastnn.Input((steps, features)), layers.LSTM(units), layers.Dense(1)])
        net.compile("sgd", "mse")
        x = np.random.default_rng(0).standard_normal((rows, steps, features)).astype("float32")
        y = np.zeros((rows, 1), "float32")
        start = time.perf_counter()
        plan = net.plan(rows)
        out[f"{name}_plan_ms"] = (time.perf_counter() - start) * 1e3
        kept = 4 * rows * steps * (WIDE * units + 2 * features)  # the inputs as they lie and step by step
        out[f"{name}_memory"] = plan.arena_bytes / kept
        out[f"{name}_ms"] = fastest(functools.partial(net.train_on_batch, x, y), STEPS[name])
    workload = WORKLOADS["resnet20"]
    net = workload.build(fastnn)
    workload.compile(fastnn, net)
    program = net.plan(workload.batch).program
    out["bind_us"] = fastest(lambda: [bind(program.plan, program.storage) for _ in range(100)], 10) * 10
    return out


def run_torch() -> dict[str, float]:
    """PyTorch's fused LSTM, eagerly."""
    import torch

    torch.set_num_threads(1)
    out = {}
    for name, (rows, steps, features, units) in SIZES.items():
        lstm, head = torch.nn.LSTM(features, units, batch_first=True), torch.nn.Linear(units, 1)
        optimizer = torch.optim.SGD([*lstm.parameters(), *head.parameters()], 0.01)
        x, y = torch.randn(rows, steps, features), torch.zeros(rows, 1)

        def step() -> None:
            optimizer.zero_grad()  # noqa: B023
            loss = torch.nn.functional.mse_loss(head(lstm(x)[1][0][-1]), y)  # noqa: B023
            loss.backward()
            optimizer.step()  # noqa: B023

        out[f"{name}_ms"] = fastest(step, STEPS[name])
    return out


ENGINES = {"fastnn": run_fastnn, "torch": run_torch}


def arguments(p: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    p.add_argument("--torch-python", default="", metavar="PYTHON", help="an interpreter that has PyTorch")


def child(engine: str, python: str) -> dict[str, Any]:
    """What one engine measured, in a process of its own."""
    done = subprocess.run(
        [python, "-m", "bench.loops", engine], env=environment(python), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{engine}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run the engines in turn and print what they took."""
    mine = child("fastnn", sys.executable)
    theirs = child("torch", a.torch_python) if a.torch_python else {}
    for name, (rows, steps, features, units) in SIZES.items():
        beside = ""
        if theirs:
            beside = f"; PyTorch {theirs[f'{name}_ms']:.1f} ms, {theirs[f'{name}_ms'] / mine[f'{name}_ms']:.2f}x"
        say(
            f"LSTM({units}) on ({rows}, {steps}, {features}): {mine[f'{name}_ms']:.1f} ms a step{beside}; plan "
            f"{mine[f'{name}_plan_ms']:.1f} ms, arena {mine[f'{name}_memory']:.2f} of what is kept"
        )
    say(f"binding ResNet-20's training plan: {mine['bind_us']:.0f} us")
    return 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ENGINES[sys.argv[1]]()) + "\n")
