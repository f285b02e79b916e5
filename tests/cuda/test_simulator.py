"""Kernels written for devices in numba.cuda's own simulator, beside the blocks of `fastnn.core.thread_blocks`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fastnn

ROOT = Path(fastnn.__path__[0]).parent
PROGRAM = """
import numpy as np
from numba import cuda
from fastnn.core.jit import at, words
from fastnn.core.jit_cuda import CUDA_KERNELS, barrier, block, blocks, cuda_kernel, launch, shared, thread
from fastnn.core.memory import register_memory

THREADS = 4

@cuda_kernel("f32", threads=THREADS)
def sums(a, lo, hi, F):
    xs, ys, n = words(a, 3)
    part, t = shared(F, THREADS), thread()
    for i in range(lo + block(), hi, blocks()):
        x, s = at(F, xs + i * n * 4), F(0)
        for j in range(t, n, THREADS):
            s += x[j]
        part[t] = s
        barrier()
        if t == 0:
            at(F, ys)[i] = (part[0] + part[1]) + (part[2] + part[3])
        barrier()
    return 0

x = register_memory(np.random.default_rng(0).standard_normal((5, 13)).astype("f4"))
results = []
for simulator in (False, True):
    y = register_memory(np.zeros(5, "f4"))
    found, table = CUDA_KERNELS["sums_f32"], np.array([x.ctypes.data, y.ctypes.data, 13])
    if simulator:
        cuda.jit(lambda a: found.fn([int(w) for w in a], 0, 5, np.float32) and None)[2, THREADS](table)
    else:
        launch(found, table.tolist(), 0, 5, 2)
    results.append(y.tobytes().hex())
print(*results)
"""


def test_both_simulators_give_the_same_bits():
    environment = {"FASTNN_KERNELS": "python", "NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    one, other = done.stdout.split()
    assert one == other and one.strip("0")
