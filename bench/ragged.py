"""Batches of changing length: a generator of many lengths through a recurrent net, beside PyTorch's eager loop.

Each engine has a process of its own and the same batches.  Printed are the seconds of a first epoch, of a second one of
the same batches and of one of as many further lengths, PyTorch's time beside them, what a change of predict's length
costs, and the resident set after 100 and after all of many random shapes.  One thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROWS, WORDS, WIDTH, UNITS = 32, 1000, 32, 64


def lengths(a: argparse.Namespace) -> tuple[list[int], list[int]]:
    """The steps of the batches of one epoch, and as many others; all different as far as the range allows."""
    every = np.random.default_rng(0).permutation(np.arange(a.shortest, a.longest + 1))
    first = np.resize(every, a.batches)
    return first.tolist(), np.resize(every[a.batches :] if len(every) > a.batches else every, a.batches).tolist()


def batches(steps: list[int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(words, numbers to forecast) of these many steps; a row ends in zeros, which the net leaves out."""
    for n in steps:
        rng = np.random.default_rng(n)
        words = rng.integers(1, WORDS, (ROWS, n)).astype("int32")
        words[np.arange(n) >= rng.integers(1 + n // 2, n + 1, (ROWS, 1))] = 0
        yield words, rng.normal(size=(ROWS, 1)).astype("float32")


def resident() -> float:
    """MB of this process that are in memory."""
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def epochs(a: argparse.Namespace, train: Callable[[list[int]], object]) -> dict[str, float]:
    """Seconds of the three epochs."""
    same, other = lengths(a)
    out = {}
    for name, steps in (("first", same), ("again", same), ("further", other)):
        start = time.perf_counter()
        train(steps)
        out[name] = time.perf_counter() - start
    return out


def fastnn_net() -> Any:
    """Embedding, LSTM, Dense: compiled."""
    import fastnn
    from fastnn import layers

    net = fastnn.Sequential([fastnn.Input((None,), dtype="int32"), layers.Embedding(WORDS, WIDTH, mask_zero=True),
                             layers.LSTM(UNITS), layers.Dense(1)])  # fmt: skip
    net.compile("adam", "mse")
    return net


def run_fastnn(a: argparse.Namespace) -> dict[str, Any]:
    """What fastnn takes."""
    net = fastnn_net()
    out: dict[str, Any] = epochs(a, lambda steps: net.fit(batches(steps), steps_per_epoch=len(steps), verbose=0))
    costs = []
    for n in range(a.shortest, a.shortest + 9):
        x = np.ones((1, n), np.int32)
        start = time.perf_counter()
        net.predict(x, verbose=0)
        first = time.perf_counter() - start
        start = time.perf_counter()
        net.predict(x, verbose=0)
        costs.append(first - (time.perf_counter() - start))
    out["predict_ms"] = float(np.median(costs) * 1e3)
    rng, seen = np.random.default_rng(1), []
    for shape in range(a.shapes):
        rows, n = int(rng.integers(1, ROWS + 1)), int(rng.integers(a.shortest, a.longest + 1))
        x = rng.integers(0, WORDS, (rows, n)).astype("int32")
        net.train_on_batch(x, np.zeros((rows, 1), "float32"))
        if shape + 1 in (min(100, a.shapes), a.shapes):
            seen.append(resident())
    shared = net._trainer().shared
    return {
        **out,
        "resident_mb": seen,
        "kept": len(shared.programs.kept),
        "kept_mb": shared.programs.bytes / 1e6,
        "arena_mb": (shared.arena.block.nbytes + shared.arena.outgrown()) / 1e6,
    }


def run_torch(a: argparse.Namespace) -> dict[str, float]:
    """PyTorch's eager loop: packed sequences, so that what fastnn masks is left out there too."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    table, lstm, head = (
        nn.Embedding(WORDS, WIDTH, padding_idx=0),
        nn.LSTM(WIDTH, UNITS, batch_first=True),
        nn.Linear(UNITS, 1),
    )
    parameters = [p for part in (table, lstm, head) for p in part.parameters()]
    optimizer = torch.optim.Adam(parameters)

    def train(steps: list[int]) -> None:
        for words, wanted in batches(steps):
            optimizer.zero_grad()
            x = nn.utils.rnn.pack_padded_sequence(
                table(torch.from_numpy(words).long()),
                torch.from_numpy((words > 0).sum(1)),
                batch_first=True,
                enforce_sorted=False,
            )
            loss = nn.functional.mse_loss(head(lstm(x)[1][0][-1]), torch.from_numpy(wanted))
            loss.backward()
            optimizer.step()

    return epochs(a, train)


ENGINES = {"fastnn": run_fastnn, "torch": run_torch}


def arguments(p: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    p.add_argument("--torch-python", default="", metavar="PYTHON", help="an interpreter that has PyTorch")
    p.add_argument("--batches", type=int, default=60, help="batches, and lengths, of an epoch")
    p.add_argument("--shortest", type=int, default=20)
    p.add_argument("--longest", type=int, default=200)
    p.add_argument("--shapes", type=int, default=1000, help="random shapes for the resident set")
    p.add_argument("--out", default="", help="JSON file to write")


def environment(python: str) -> dict[str, str]:
    """The environment of a process of one engine: one thread, and this package where the interpreter is this one."""
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join([*sys.path, root]) if python == sys.executable else root
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}


def child(engine: str, python: str, a: argparse.Namespace) -> dict[str, Any]:
    """What one engine measured, in a process of its own."""
    done = subprocess.run(
        [python, "-m", "bench.ragged", engine, json.dumps(vars(a))],
        env=environment(python),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{engine}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run the engines in turn and print what they took."""
    found = {"fastnn": child("fastnn", sys.executable, a)}
    if a.torch_python:
        found["torch"] = child("torch", a.torch_python, a)
    for name, what in (("first", "first epoch"), ("again", "the same lengths again"), ("further", "further lengths")):
        mine = found["fastnn"][name]
        beside = ""
        if "torch" in found:
            theirs = found["torch"][name]
            beside = f"; PyTorch {theirs:.3f} s, ratio {mine / theirs:.2f}"
        say(f"{what}: {mine:.3f} s{beside}")
    mine = found["fastnn"]
    say(f"a change of predict's length: {mine['predict_ms']:.1f} ms")
    say(
        f"resident set after {min(100, a.shapes)} and {a.shapes} random shapes: "
        + " and ".join(f"{mb:.0f} MB" for mb in mine["resident_mb"])
        + f" ({mine['kept']} programs, {mine['kept_mb']:.1f} MB; arena {mine['arena_mb']:.1f} MB)"
    )
    if a.out:
        Path(a.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ENGINES[sys.argv[1]](argparse.Namespace(**json.loads(sys.argv[2])))) + "\n")
