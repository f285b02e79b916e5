"""Checkpoints: what one a second costs ResNet-20 while it trains.

Printed are the processor time of a checkpoint in the thread that trains (the copy between two batches) and in the one
that writes, both as shares of a second, and the time of epochs with and without checkpoints, in turn.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import fastnn
from bench.models import WORKLOADS
from fastnn.callbacks import BackupAndRestore
from fastnn.models.keeping import Keeping
from fastnn.saving.checkpoints import Checkpoints
from fastnn.saving.writer import Writer


def timed(owner: type, name: str, into: list[float]) -> Callable[[], None]:
    """Note the processor time of each call of a method; returns what puts the method back."""
    method = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        start = time.thread_time()
        try:
            return method(*args, **kwargs)
        finally:
            into.append(time.thread_time() - start)

    setattr(owner, name, wrapped)
    return lambda: setattr(owner, name, method)


def measure(seconds: float, every: str) -> dict[str, float]:
    """Milliseconds of a checkpoint in each of the two threads, and of an epoch with and without."""
    workload = WORKLOADS["resnet20"]
    model = workload.build(fastnn)
    workload.compile(fastnn, model)
    (x,), (y,) = workload.data()
    copies: list[float] = []
    firsts: list[float] = []
    later: list[float] = []
    gives: list[float] = []
    writes: list[float] = []
    begin = time.perf_counter()

    def epochs(count: int, **how: Any) -> float:
        start = time.perf_counter()
        model.fit(x, y, batch_size=workload.batch, epochs=count, verbose=0, **how)
        return (time.perf_counter() - start) / count

    one = epochs(1)
    count = max(1, round(6 / epochs(1)))
    walls: dict[bool, list[float]] = {False: [], True: []}
    undo = [timed(Keeping, "take", copies), timed(Writer, "give", gives), timed(Writer, "_one", writes)]
    try:
        while time.perf_counter() - begin < seconds or not later:
            with tempfile.TemporaryDirectory() as folder:
                keeps = BackupAndRestore(folder + "/run", save_freq=every)
                walls[False].append(epochs(count))
                begun = len(copies)
                walls[True].append(epochs(count, callbacks=[keeps]))
                firsts += copies[begun : begun + 1]  # it looks for the parts of the model, and memory is new
                later += copies[begun + 1 :]
    finally:
        for put_back in undo:
            put_back()
    return {
        "checkpoints": len(writes),
        "first_copy_ms": 1e3 * statistics.median(firsts),
        "copy_ms": 1e3 * (statistics.median(later) + statistics.median(gives)),
        "write_ms": 1e3 * statistics.median(writes),
        "first_epoch_s": one,
        "without_s": statistics.median(walls[False]),
        "with_s": statistics.median(walls[True]),
    }


def size() -> int:
    """Bytes of a checkpoint of ResNet-20 with its optimizer."""
    workload = WORKLOADS["resnet20"]
    model = workload.build(fastnn)
    workload.compile(fastnn, model)
    (x,), (y,) = workload.data()
    sizes: list[int] = []
    write = Checkpoints.write
    Checkpoints.write = lambda self, data: (sizes.append(len(data)), write(self, data))[1]  # type: ignore[assignment]
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = slice(0, workload.batch)
            model.fit(x[rows], y[rows], batch_size=workload.batch, verbose=0, checkpoint=folder + "/run")
    finally:
        Checkpoints.write = write  # type: ignore[method-assign]
    return sizes[-1]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--seconds", type=float, default=30.0, help="timing (default 30)")
    parser.add_argument("--every", default="1s", help="time between two checkpoints (default 1s)")


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Measure, and print."""
    found = measure(a.seconds, a.every)
    copy, write = found["copy_ms"], found["write_ms"]
    say(f"ResNet-20, {size() / 1e6:.1f} MB a checkpoint, {found['checkpoints']:.0f} of them, one every {a.every}")
    say(
        f"between two batches {copy:.2f} ms (the first of a fit {found['first_copy_ms']:.1f} ms), in the second thread "
        f"{write:.2f} ms of processor time"
    )
    say(f"at one a second: {copy / 10:.2f} % of the training's thread, {(copy + write) / 10:.2f} % of one core in all")
    say(f"epoch without {found['without_s']:.3f} s, with {found['with_s']:.3f} s (wall time, medians)")
    return 0
