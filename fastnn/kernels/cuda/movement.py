"""Kernels that move rows of elements on a device, words and items as on the CPU: neighbouring threads, neighbouring
elements.  Several short rows share a block.
"""

import numpy as np

from fastnn.core.blocks import TRANSPOSE_BAND
from fastnn.core.jit import at, device, sizeof, words
from fastnn.core.jit_cuda import barrier, block, blocks, cuda_kernel, shared, thread
from fastnn.kernels.cpu.index import GATHERS, PAIRS
from fastnn.kernels.cpu.movement import band

THREADS = 128
BITS = ("u8", "u16", "i32", "i64")
ACROSS = 32  # columns of a tile of a transpose
TILE = TRANSPOSE_BAND * (ACROSS + 1)  # a row more apart: columns would lie in one bank


@device
def width_of(n):
    """Threads that go along a row of n elements: a power of 2."""
    width = 1
    while width < n and width < THREADS:
        width *= 2
    return width


@cuda_kernel(*BITS, threads=THREADS)
def copy_nd(a, lo, hi, F):
    """Copy between two strided layouts.  args and items as of the CPU's: x, y, table; rows."""
    xs, ys, table = words(a, 3)
    x, y, t = at(F, xs), at(F, ys), at(np.int64, table)
    rank, n, sx, sy = t[0], t[1], t[2], t[3]
    width = width_of(n)
    for row in range(lo + block() * (THREADS // width) + thread() // width, hi, blocks() * (THREADS // width)):
        ox, oy, rest = t[4], t[5], np.int64(row)
        for d in range(rank):
            k = 6 + 3 * (rank - 1 - d)
            i, size = rest, t[k]
            if d + 1 < rank:
                rest = rest // size
                i = i - rest * size
            ox += i * t[k + 1]
            oy += i * t[k + 2]
        for i in range(thread() % width, n, width):
            y[oy + i * sy] = x[ox + i * sx]
    return 0


@cuda_kernel(*BITS, threads=THREADS)
def transpose(a, lo, hi, F):
    """Exchange the contiguous dimensions of x and y.  args and items as of the CPU's: x, y, table; bands."""
    S, g, t = sizeof(F), at(np.int64, a[2]), thread()
    s = shared(F, TILE)
    n, sx, sy = g[2], g[3], g[4]
    for item in range(lo + block(), hi, blocks()):
        p, q, first, last = band(a, g, item, S)
        x, y = at(F, p), at(F, q)
        for j0 in range(0, n, ACROSS):
            for e in range(t, TRANSPOSE_BAND * ACROSS, THREADS):
                i, j = e % TRANSPOSE_BAND, e // TRANSPOSE_BAND
                if first + i < last and j0 + j < n:
                    s[i * (ACROSS + 1) + j] = x[first + i + (j0 + j) * sx]
            barrier()
            for e in range(t, TRANSPOSE_BAND * ACROSS, THREADS):
                i, j = e // ACROSS, e % ACROSS
                if first + i < last and j0 + j < n:
                    y[(first + i) * sy + j0 + j] = s[i * (ACROSS + 1) + j]
            barrier()
    return 0


@cuda_kernel(*BITS, threads=THREADS)
def concatenate(a, lo, hi, F):
    """y's rows are the rows of several x one after the other.  args: y, how many x, then each x, its row length."""
    ys, count = words(a, 2)
    y, width = at(F, ys), np.int64(0)
    for k in range(count):
        width += a[3 + 2 * k]
    for row in range(lo + block(), hi, blocks()):
        o = row * width
        for k in range(count):
            x, n = at(F, a[2 + 2 * k]), a[3 + 2 * k]
            for i in range(thread(), n, THREADS):
                y[o + i] = x[row * n + i]
            o += n
    return 0


@cuda_kernel(*BITS, threads=THREADS)
def split(a, lo, hi, F):
    """The rows of x, cut into the rows of several y.  args: x, how many y, then each y, its row length."""
    xs, count = words(a, 2)
    x, width = at(F, xs), np.int64(0)
    for k in range(count):
        width += a[3 + 2 * k]
    for row in range(lo + block(), hi, blocks()):
        o = row * width
        for k in range(count):
            y, n = at(F, a[2 + 2 * k]), a[3 + 2 * k]
            for i in range(thread(), n, THREADS):
                y[row * n + i] = x[o + i]
            o += n
    return 0


@cuda_kernel(*PAIRS, threads=THREADS)
def take(a, lo, hi, F, I):
    """y[o, k] = x[o, index[k]]; status 1 for an index outside.  args and items as of the CPU's."""
    xs, indices, ys, rows, inner, many, least = words(a, 7)
    x, y, index, status = at(F, xs), at(F, ys), at(I, indices), np.int64(0)
    width = width_of(inner)
    for item in range(lo + block() * (THREADS // width) + thread() // width, hi, blocks() * (THREADS // width)):
        o = item // many
        r = np.int64(index[item - o * many])
        if r < least or r >= rows:
            status = np.int64(1)
        else:
            r = r + rows if r < 0 else r
            for j in range(thread() % width, inner, width):
                y[item * inner + j] = x[(o * rows + r) * inner + j]
    return status


def gather(name, D, S, convert):
    """Register out[i] = convert(x[index[row0 + i]]), the rows of one batch; args and items as of the CPU's."""

    def run(a, lo, hi):
        source, orders, ys, cols, state = words(a, 5)
        io, order, row0 = at(np.int64, source), at(np.int64, orders)[0], at(np.int64, state)[1]
        data, stride, rows, status = io[0], io[1], io[2], np.int64(0)
        width = width_of(cols)
        for i in range(lo + block() * (THREADS // width) + thread() // width, hi, blocks() * (THREADS // width)):
            r = row0 + i
            if order != 0:
                r = at(np.int64, order)[r]
            if r < 0 or r >= rows:
                status = np.int64(1)
            else:
                x, y = at(S, data + r * stride), at(D, ys)
                for j in range(thread() % width, cols, width):
                    y[i * cols + j] = convert(D, x[j])
        return status

    run.__name__ = name
    return cuda_kernel(threads=THREADS)(run)


for _form in GATHERS:
    gather(*_form)
