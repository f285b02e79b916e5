"""Several processes: steps of two with a thread each beside one with two threads, and the exchange by itself.

The processes are started by `fastnn launch`, which runs this file in each of them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

EXCHANGES = (1 << 10, 1 << 16, 1_000_000, 4_000_000)
WORKLOADS = ("mnist_mlp", "resnet20")
BATCH = 1024


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help=f"comma list (default {','.join(WORKLOADS)})")
    parser.add_argument("--seconds", type=float, default=8.0, help="timing of each way in each round (default 8)")
    parser.add_argument("--rounds", type=int, default=3, help="of both ways in turn (default 3)")
    parser.add_argument("--transports", default="shared,sockets", help="comma list (default shared,sockets)")


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Measure, and print."""
    for transport in filter(None, a.transports.split(",")):
        found = launch(["exchange"], 2, 1, transport)
        for n, (median, least) in found["exchange"].items():
            say(
                f"exchange of {int(n):>9,} float32 between 2 processes, {transport:>7}: {1e3 * median:7.3f} ms "
                f"(the fastest {1e3 * least:.3f} ms)"
            )
    for name in filter(None, a.workloads.split(",")):
        rounds = [
            [launch([name, str(a.seconds)], n, threads)["step"] for n, threads in ((1, 2), (2, 1))]
            for _ in range(a.rounds)
        ]
        one, two = (statistics.median(r[i] for r in rounds) for i in (0, 1))
        ratio = statistics.median(r[0] / r[1] for r in rounds)
        say(
            f"{name}, batches of {BATCH:,}: 1 process x 2 threads {1e3 * one:.1f} ms a step, 2 processes x 1 thread "
            f"{1e3 * two:.1f} ms: {ratio:.2f} of its speed"
        )
    return 0


def launch(what: list[str], processes: int, threads: int, transport: str = "auto") -> dict[str, Any]:
    """What the first of some processes has measured."""
    found = subprocess.run(
        [sys.executable, "-m", "fastnn", "launch", "-n", str(processes), "--threads", str(threads), "-m",
         "bench.distributed", *what],
        env={**os.environ, "FASTNN_TRANSPORT": transport}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    out: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return out


# ------------------------------------------------------------------ in each process
def exchange() -> dict[str, list[float]]:
    """Seconds of an exchange for so many float32, the median and the least."""
    from fastnn.distribution import initialize
    from fastnn.distribution.exchange import HEAD, Exchange
    from fastnn.distribution.world import transport

    initialize()
    found, head = {}, np.zeros(HEAD, np.int64)
    for n in EXCHANGES:
        made, times = Exchange(transport(), transport().size, [("float32", n)], 8), []
        for part in made.parts[0]:
            part.fill(1)
        until = time.perf_counter() + 1.5
        go_on = True
        while go_on:
            begin = time.perf_counter()
            made.add_up(head)
            times.append(time.perf_counter() - begin)
            made.parts[0][-1][0] = time.perf_counter() < until  # all stop at the same one
            go_on = len(times) < 20 or made.totals[-1][0] == transport().size
        found[str(n)] = [statistics.median(times), min(times)]
    return found


def step(name: str, seconds: float) -> float:
    """Seconds of a step of a workload on batches of BATCH rows."""
    import fastnn
    from bench.models import WORKLOADS as ALL
    from fastnn import distribution

    if os.environ["WORLD_SIZE"] != "1":
        distribution.set_distribution(distribution.DataParallel())
    workload = ALL[name]
    model = workload.build(fastnn)
    workload.compile(fastnn, model)
    xs, ys = workload.data()
    steps = 2
    rows = np.resize(np.arange(len(xs[0])), steps * BATCH)
    x, y = xs[0][rows], ys[0][rows]

    def run(epochs: int) -> float:
        begin = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, shuffle=False)
        return (time.perf_counter() - begin) / steps / epochs

    run(2)
    count = max(1, round(seconds / steps / 4 / run(1)))
    if os.environ["WORLD_SIZE"] != "1":  # the same number everywhere
        from fastnn.distribution.transport import gather_objects
        from fastnn.distribution.world import transport

        count = gather_objects(transport(), count)[0]
    return statistics.median(run(count) for _ in range(4))


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    measured = {"exchange": exchange()} if what == "exchange" else {"step": step(what, float(rest[0]))}
    sys.stdout.write(json.dumps(measured) + "\n")
