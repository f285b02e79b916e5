"""What one core can do at most: measured, not looked up, so that a profile can say how near a kernel comes."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core.jit import MODE
from fastnn.runtime import pack

_STEPS = 100_000  # fused multiply-adds on 1 KiB that stays in the first cache
_ELEMENTS = 8_000_000  # of each of two float32 arrays, together larger than most caches


def peak_gflops(repeats: int = 40) -> float | None:
    """The rate of fused multiply-adds in float32 of one core, in GFLOP/s; None in mode "python".

    repeats: turns of a millisecond; the best counts, because others on the machine only ever add time.
    """
    if MODE == "python":
        return None
    words = np.zeros(1024, np.float32)
    best = min(_seconds(lambda: pack.call("fma_peak_f32", [words, 0], 0, _STEPS)) for _ in range(repeats))
    return float(words.view(np.int64)[256]) * _STEPS / best / 1e9  # the kernel says what a step comes to


def stream_gb_per_s(repeats: int = 10) -> float:
    """The rate at which one core adds a large array to another in place: bytes read and written, in GB/s.

    In place, since the first write to memory that was not read would read it all the same.

    repeats: turns of some milliseconds; the best counts.

    >>> stream_gb_per_s(1) > 0
    True
    """
    a, b = np.zeros(_ELEMENTS, np.float32), np.zeros(_ELEMENTS, np.float32)
    a += b  # the pages exist from here on
    return 12 * _ELEMENTS / min(_seconds(lambda: np.add(a, b, out=a)) for _ in range(repeats)) / 1e9


def _seconds(run: Callable[[], Any]) -> float:
    start = time.thread_time_ns()
    run()
    return max(time.thread_time_ns() - start, 1) / 1e9
