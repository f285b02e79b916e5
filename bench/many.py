"""fit_many beside one model after the other: 32 nets of a playground, 16 MLPs for MNIST, in one thread.

A playground's net trains on half of the points and is tested on the other half after each epoch, as the page shows it.
Each round builds the models anew and trains them both ways, in turn; the processor time of the training counts, with
tracing and compiling, without building. Printed are the least of the rounds, and whether all weights have equal bits.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import fastnn
from bench.models import WORKLOADS, Workload
from fastnn.tuner import fit_many

# name -> (workload, hidden layers of a playground's net or (), models, rows, epochs)
CASES: dict[str, tuple[str, tuple[int, ...], int, int, int]] = {
    "playground 8": ("playground", (8,), 32, 250, 500),
    "playground 4-2": ("playground", (4, 2), 32, 250, 500),
    "playground 8-8-8": ("playground", (8, 8, 8), 32, 250, 500),
    "MNIST MLP 128": ("mnist_mlp", (128,), 16, 6400, 2),
    "MNIST MLP 512-512": ("mnist_mlp", (), 16, 6400, 1),
}


def network(workload: Workload, hidden: tuple[int, ...], seed: int) -> Any:
    """A compiled model of a case; they differ in seed and rate."""
    fastnn.utils.set_random_seed(seed)
    layers = fastnn.layers
    if hidden:
        kind = "tanh" if workload.name == "playground" else "relu"
        last = layers.Dense(1, activation="sigmoid") if workload.name == "playground" else layers.Dense(10)
        parts = [layers.Dense(n, activation=kind) for n in hidden]
        model = fastnn.Sequential([fastnn.Input(workload.shape), *parts, last])
    else:
        model = workload.build(fastnn)
    workload.compile(fastnn, model)
    model.optimizer.learning_rate = 1e-3 * (1 + seed % 4)
    return model


def measure(case: str, rounds: int) -> dict[str, Any]:
    """Seconds of processor time one after the other and side by side, and whether the bits are equal."""
    name, hidden, number, rows, epochs = CASES[case]
    workload = WORKLOADS[name]
    (x,), (y,) = workload.data()
    how: dict[str, Any] = {"x": x[:rows], "y": y[:rows], "batch_size": workload.batch, "epochs": epochs, "verbose": 0}
    if name == "playground":
        how["validation_data"] = x[rows:], y[rows:]
    least: dict[str, float] = {}
    equal = True
    for _ in range(rounds):
        weights: list[list[bytes]] = []
        for way in ("alone", "many"):
            models = [network(workload, hidden, k) for k in range(number)]
            fastnn.utils.set_random_seed(1)
            begin = time.thread_time()
            if way == "many":
                fit_many(models, **how)
            else:
                for model in models:
                    model.fit(**how)
            spent = time.thread_time() - begin
            least[way] = min(spent, least.get(way, spent))
            weights.append([w.tobytes() for model in models for w in model.get_weights()])
        equal = equal and weights[0] == weights[1]
    return {**least, "equal": equal, "ratio": least["many"] / least["alone"]}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--rounds", type=int, default=3, help="of each case (default 3)")
    parser.add_argument("--cases", default=",".join(CASES), help="comma list (default all)")


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Measure, and print; exit status 1 where bits differ."""
    fastnn.config.set_num_threads(1)
    bad = 0
    for case in a.cases.split(","):
        found = measure(case, a.rounds)
        number, epochs = CASES[case][2], CASES[case][4]
        bits = "equal bits" if found["equal"] else "OTHER BITS"
        say(
            f"{number} x {case}, {epochs} epochs: one after the other {found['alone']:.3f} s, side by side "
            f"{found['many']:.3f} s: {found['ratio']:.2f} ({bits})"
        )
        bad += not found["equal"]
    return 1 if bad else 0
