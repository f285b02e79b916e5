"""Descriptors of images beside scikit-image's: HOG and local binary patterns of batches, one thread.

Printed is the processor time of an image, the least of the rounds, the other library in a process of its own and in
turn; and how far the numbers are apart. `--skimage-python` names an interpreter that has scikit-image; without it only
fastnn is timed. Sizes of images are changed by the operation and by products with dense matrices, which it was before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn import config, ops, vision
from fastnn.core.resampling import weights

COUNT = 400  # images of a case
HOG: dict[str, Any] = {"cells_per_block": (2, 2)}
LBP: dict[str, Any] = {"P": 8, "R": 1, "method": "uniform"}
# what the other process runs, once for each line that it gets
CHILD = """
import json, sys, time
import numpy as np
from skimage.feature import hog, local_binary_pattern
said = json.loads(sys.argv[1])
x = np.random.default_rng(0).integers(0, 256, (said["count"], 32, 32, 3), dtype="uint8")
calls = {"hog": lambda: [hog(a, channel_axis=-1, **said["hog"]) for a in x],
         "lbp": lambda: [local_binary_pattern(a, **said["lbp"]) for a in x[..., 0]]}
for line in sys.stdin:
    start = time.process_time()
    found = np.asarray(calls[line.strip()]())
    print(json.dumps([time.process_time() - start, float(found.sum()), float(np.square(found).sum())]), flush=True)
"""


def images() -> Any:
    """The images of all cases."""
    return np.random.default_rng(0).integers(0, 256, (COUNT, 32, 32, 3), dtype="uint8")


def resized_by_products(x: Any, size: int) -> Any:
    """Images of another size by a dense matrix for rows and one for columns."""
    rows, columns = (weights(n, size).astype("float32") for n in x.shape[1:3])
    return ops.einsum("sj,arjc->arsc", columns, ops.einsum("ri,aijc->arjc", rows, x))


def cases() -> dict[str, Callable[[], Any]]:
    """What fastnn runs, by name; "... products" is what "resize" is held against."""
    x = images()
    grey, floats = np.ascontiguousarray(x[..., 0]), x.astype("float32")
    return {
        "hog": lambda: vision.hog(x, **HOG),
        "lbp": lambda: vision.lbp(grey, **LBP),
        "resize": lambda: ops.image.resize(floats, (48, 48)),
        "resize by products": lambda: resized_by_products(floats, 48),
    }


def measure(python: str, rounds: int) -> dict[str, dict[str, float]]:
    """{case: {"fastnn": seconds, "scikit-image": seconds, "apart": relative difference of sums of squares}}."""
    config.set_num_threads(1)
    child = None
    if python:
        said = json.dumps({"count": COUNT, "hog": HOG, "lbp": LBP})
        child = subprocess.Popen(
            [python, "-W", "ignore", "-c", CHILD, said],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    found: dict[str, dict[str, float]] = {}
    for name, call in cases().items():
        row = found[name] = {}
        call()
        for _ in range(rounds):
            start = time.process_time()
            values = np.asarray(call(), np.float64)
            spent = time.process_time() - start
            row["fastnn"] = min(spent, row.get("fastnn", spent))
            if child is not None and name in ("hog", "lbp"):
                assert child.stdin is not None and child.stdout is not None
                child.stdin.write(name + "\n")
                child.stdin.flush()
                spent, _, squares = json.loads(child.stdout.readline())
                row["scikit-image"] = min(spent, row.get("scikit-image", spent))
                row["apart"] = abs(float(np.square(values).sum()) / squares - 1)
    if child is not None:
        child.communicate()
    return found


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--rounds", type=int, default=5, help="of each case (default 5)")
    parser.add_argument("--skimage-python", default="", help="an interpreter with scikit-image")


def main(a: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Measure, and print; exit status 1 where numbers differ from scikit-image's."""
    found = measure(a.skimage_python, a.rounds)
    for name, row in found.items():
        text = f"{name:20} {row['fastnn'] / COUNT * 1e6:8.1f} us an image"
        if "scikit-image" in row:
            text += (
                f"; scikit-image {row['scikit-image'] / COUNT * 1e6:8.1f} us, {row['scikit-image'] / row['fastnn']:.1f}"
            )
            text += f" times as long; sums of squares {row['apart']:.1e} apart"
        say(text)
    return int(any(row.get("apart", 0) > 1e-5 for row in found.values()))
