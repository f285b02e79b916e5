"""Gradients of gathered rows on a device: sums in the order of the indices, without atomics.

A block owns some rows of the result and goes through all the indices, a block's width at a time; what falls into its
rows is added in the order of the indices, every column by a thread of its own.  So the bits are the CPU's.
"""

import numpy as np

from fastnn.core.blocks import SCATTER_ROWS
from fastnn.core.jit import at, sizeof, words
from fastnn.core.jit_cuda import barrier, block, blocks, cuda_kernel, shared, thread

THREADS = 128
PAIRS = (("f32", "i32"), ("f64", "i32"), ("f32", "i64"), ("f64", "i64"))


@cuda_kernel(*PAIRS, threads=THREADS)
def take_grad_blocks(a, lo, hi, F, I):
    """gx[o, index[k]] += gy[o, k] in the order of k, from zero; status 1 for an index outside.

    args: gy, index, gx, rows of gx, inner, indices.  items: (o, SCATTER_ROWS rows of gx).
    """
    gys, indices, gxs, rows, inner, many = words(a, 6)
    S, status, t = sizeof(F), np.int64(0), thread()
    index = at(I, indices)
    hits = shared(np.int64, THREADS)
    found = shared(np.int64, 1)
    each = (rows + SCATTER_ROWS - 1) // SCATTER_ROWS
    for item in range(lo + block(), hi, blocks()):
        o, first = item // each, item % each * SCATTER_ROWS
        last = min(first + SCATTER_ROWS, rows)
        gx, gy = at(F, gxs + (o * rows + first) * inner * S), at(F, gys + o * many * inner * S)
        for j in range(t, inner, THREADS):
            for r in range(last - first):
                gx[r * inner + j] = F(0)
        if t == 0:
            found[0] = -1
        for k0 in range(0, many, THREADS):
            hit = np.int64(-1)
            if k0 + t < many:
                r = np.int64(index[k0 + t])
                r = r + rows if r < 0 else r
                if r < 0 or r >= rows:
                    status = np.int64(1)
                elif first <= r < last:
                    hit = r - first
            barrier()  # all have seen what was found before
            hits[t] = hit
            if hit >= 0:
                found[0] = k0
            barrier()
            if found[0] == k0:
                for j in range(t, inner, THREADS):
                    row, v = np.int64(-1), F(0)
                    for k in range(min(THREADS, many - k0)):
                        r = hits[k]
                        if r >= 0:
                            if r != row:
                                if row >= 0:
                                    gx[row * inner + j] = v
                                row, v = r, gx[r * inner + j]
                            v = v + gy[(k0 + k) * inner + j]
                    gx[row * inner + j] = v
        barrier()
    return status
