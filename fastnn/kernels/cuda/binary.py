"""Two values that broadcast, on a device: words and items as on the CPU, neighbouring threads on neighbouring columns."""

import numpy as np

from fastnn.core.jit import at, words
from fastnn.core.jit_cuda import block, blocks, cuda_kernel, thread
from fastnn.kernels.cpu.binary import BROADCAST, FLOATS
from fastnn.kernels.cuda.movement import THREADS, width_of


def broadcast(name, f, *types):
    """Register z = f(F, x, y) with broadcasting.  args: x, y, z (may be x), table.  items: rows of z."""

    def run(a, lo, hi, F):
        xs, ys, zs, table = words(a, 4)
        x, y, z, t = at(F, xs), at(F, ys), at(F, zs), at(np.int64, table)
        rank, n, mx, my = t[0], t[1], t[2], t[3]
        width = width_of(n)
        for row in range(lo + block() * (THREADS // width) + thread() // width, hi, blocks() * (THREADS // width)):
            ox, oy, rest = np.int64(0), np.int64(0), np.int64(row)
            for d in range(rank):
                k = 4 + 3 * (rank - 1 - d)
                i, size = rest, t[k]
                if d + 1 < rank:
                    rest = rest // size
                    i = i - rest * size
                ox += i * t[k + 1]
                oy += i * t[k + 2]
            for i in range(thread() % width, n, width):
                z[row * n + i] = f(F, x[ox + i * mx], y[oy + i * my])
        return 0

    run.__name__ = name + "_bc"
    return cuda_kernel(*types, threads=THREADS)(run)


for _name, _f in BROADCAST.items():
    broadcast(_name, _f, *FLOATS)
