"""Memory of a process that predicts, fits and builds models again and again: `python tests/faults/leaks.py --n 10000`.

Each kind of work runs with the garbage collector on and off: n predictions, n / 10 fits, n / 20 models.  After a first
share, which fills caches, the resident memory may not grow by more than `ALLOWED` bytes over the rest.
"""

import argparse
import gc
import os
import sys

import numpy as np

import fastnn
from fastnn import layers

ALLOWED = 1 << 20
X, Y = np.ones((64, 4), "f4"), np.ones((64, 1), "f4")


def resident():
    """Bytes of this process that lie in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def built():
    """A compiled model."""
    model = fastnn.Sequential([fastnn.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def dropped():
    """A model that was trained and is gone."""
    built().fit(X, Y, verbose=0)


def works(model):
    """{name: (function, share of n)}."""
    return {
        "predict one row": (lambda: model.predict(X[:1], verbose=0), 1),
        "predict": (lambda: model.predict(X, verbose=0), 1),
        "fit": (lambda: model.fit(X, Y, verbose=0), 10),
        "models": (dropped, 20),
    }


def growth(function, n):
    """By how many bytes the memory grows in n calls, those that fill caches left aside."""
    for _ in range(max(n // 4, 50)):
        function()
    before = resident()
    for _ in range(n):
        function()
    return resident() - before


def check(n, collect):
    """{name: bytes of growth} of all works; collect: whether the garbage collector runs."""
    gc.collect()
    (gc.enable if collect else gc.disable)()
    try:
        return {name: growth(function, max(n // share, 1)) for name, (function, share) in works(built()).items()}
    finally:
        gc.enable()


def main(n):
    """The number of works whose memory grows."""
    bad = 0
    for collect in (True, False):
        for name, grown in check(n, collect).items():
            bad += grown > ALLOWED
            sys.stdout.write(f"{name}, gc {'on' if collect else 'off'}: {grown / 1024:+.0f} KB\n")
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=10000)
    sys.exit(main(parser.parse_args().n))
