"""The playground: steps and frames a second of an 8-8-8 net, through the server's socket as the page asks for them.

Beside it stands the same training in plain NumPy. Drawing is the browser's, which is not measured here.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.config import set_num_threads
from fastnn.playground.picture import Picture
from fastnn.playground.server import Server
from fastnn.playground.session import Session
from fastnn.playground.settings import Block, Settings

NET = Settings(data="spiral", layers=(Block(8), Block(8), Block(8)))
GOAL_STEPS, GOAL_FRAMES = 20_000, 30


def rate(work: Callable[[], Any], seconds: float) -> float:
    """Calls a second: the median of many, after one that compiles."""
    work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1 / statistics.median(times)


def plain(weights: list[Any], x: Any, y: Any, batch: int, learning_rate: float) -> None:
    """An epoch of SGD on tanh layers and the squared error, in NumPy; `weights` change in place."""
    for at in range(0, len(x), batch):
        answers, wanted = [x[at : at + batch]], y[at : at + batch]
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            answers.append(np.tanh(answers[-1] @ kernel + bias))
        gradient = 2 / wanted.size * (answers[-1] - wanted)
        for k in range(len(weights) - 2, -1, -2):
            gradient = gradient * (1 - answers[k // 2 + 1] ** 2)
            kernel, bias = answers[k // 2].T @ gradient, gradient.sum(0)
            gradient = gradient @ weights[k].T
            weights[k] -= learning_rate * kernel
            weights[k + 1] -= learning_rate * bias


def through_socket(steps: int, seconds: float) -> float:
    """Frames a second that a server gives to one page that asks for so many steps each."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connection = http.client.HTTPConnection(*server.server_address[:2])

        def ask(name: str, **plain: Any) -> bytes:
            connection.request("POST", f"/api/{name}", json.dumps(plain), {"Content-Type": "application/json"})
            return connection.getresponse().read()

        page = json.loads(ask("start", settings=NET.to_plain()))["id"]
        found = rate(lambda: ask("frame", id=page, steps=steps), seconds)
        connection.close()
        server.shutdown()
        thread.join()
    return found


def measure(seconds: float) -> dict[str, float]:
    """Steps a second of the engine and of NumPy, milliseconds of a picture, frames a second for steps a frame."""
    set_num_threads(1)
    session = Session(NET)
    weights = [w.copy() for w in session.begin]
    x, y = session.points.train
    epoch = session.epoch_steps
    found = {"numpy": epoch * rate(lambda: plain(weights, x, y, NET.batch, NET.rate), seconds)}
    found["engine"] = 1000 * rate(lambda: session.advance(1000), seconds)
    found["picture_ms"] = 1e3 / rate(Picture(session).frame, seconds)
    for steps in (1, 100, 1000, 5000):
        found[f"frames_{steps}"] = through_socket(steps, seconds)
    return found


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--seconds", type=float, default=2.0, help="timing of each figure (default 2)")


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Measure, and print; exit status 1 where the page would be slower than it should be."""
    found = measure(a.seconds)
    say(f"8-8-8, batches of {NET.batch}, one core: {found['engine']:,.0f} steps a second; NumPy {found['numpy']:,.0f} "
        f"({found['engine'] / found['numpy']:.0f}×)")  # fmt: skip
    say(f"a picture (25 neurons, the large map, losses, gradients): {found['picture_ms']:.2f} ms")
    for steps in (1, 100, 1000, 5000):
        frames = found[f"frames_{steps}"]
        say(f"{steps:5d} steps a frame: {frames:6.0f} frames, {frames * steps:9,.0f} steps a second through the socket")
    fast = found["frames_1000"] >= GOAL_FRAMES and found["frames_1000"] * 1000 >= GOAL_STEPS
    say(f"wanted: {GOAL_FRAMES} frames and {GOAL_STEPS:,} steps a second: {'met' if fast else 'NOT MET'}")
    return 0 if fast else 1
