"""Kernels that move elements without looking at them: strided copies, transposes, concatenation, constants.

They work on bits, so that one kernel serves all dtypes of a size: u8, u16, i32 (also float32), i64 (also float64).
"""

import numpy as np

from fastnn.core.blocks import TRANSPOSE_BAND
from fastnn.core.jit import at, device, f64, kernel, sizeof, words
from fastnn.core.simd import transpose as block
from fastnn.core.simd import vector

BITS = ("u8", "u16", "i32", "i64")
SHORT = 64  # elements of a row below which eight at a time are fast enough


@device
def short_rows(F, p, q, count, ax, ay, n):
    """count rows of n contiguous elements, rows ax and ay bytes apart: eight, four and one at a time, as rows of a few
    elements (channels of a group, of a head) are many, and a vector loop's start would take longer than such a row."""
    for i in range(count):
        x, y, j = at(F, p + i * ax), at(F, q + i * ay), 0
        while j + 8 <= n:
            e0, e1, e2, e3, e4, e5, e6, e7 = x[j], x[j + 1], x[j + 2], x[j + 3], x[j + 4], x[j + 5], x[j + 6], x[j + 7]
            y[j], y[j + 1], y[j + 2], y[j + 3], y[j + 4], y[j + 5], y[j + 6], y[j + 7] = e0, e1, e2, e3, e4, e5, e6, e7
            j += 8
        if j + 4 <= n:
            e0, e1, e2, e3 = x[j], x[j + 1], x[j + 2], x[j + 3]
            y[j], y[j + 1], y[j + 2], y[j + 3] = e0, e1, e2, e3
            j += 4
        while j < n:
            y[j] = x[j]
            j += 1


@kernel(*BITS)
def copy_nd(a, lo, hi, F):
    """Copy between two strided layouts; items are rows (all but the last dimension).

    args: x, y, table. Table: outer rank, row length, strides of x and y along a row, first element of x and y, then for
    each outer dimension: size, x stride, y stride. Strides are elements; they may be 0 (x) or negative.
    """
    xs, ys, table = words(a, 3)
    S, t = sizeof(F), at(np.int64, table)
    rank, n, sx, sy = t[0], t[1], t[2], t[3]
    row = lo
    while row < hi:  # a run of rows along the last of the outer dimensions
        ox, oy, rest, run, ax, ay = t[4], t[5], np.int64(row), hi - row, np.int64(0), np.int64(0)
        for d in range(rank):
            k = 6 + 3 * (rank - 1 - d)
            size = t[k]
            i = rest
            if d + 1 < rank:
                rest = rest // size
                i = i - rest * size
            ox += i * t[k + 1]
            oy += i * t[k + 2]
            if d == 0:
                run, ax, ay = min(run, size - i), t[k + 1] * S, t[k + 2] * S
        p, q = xs + ox * S, ys + oy * S
        if sx == 1 and sy == 1 and n < SHORT:
            short_rows(F, p, q, run, ax, ay, n)
        elif sx == 1 and sy == 1:
            for r in range(run):
                x, y = at(F, p + r * ax), at(F, q + r * ay)
                for i in range(n):
                    y[i] = x[i]
        elif sx == 0 and sy == 1:
            for r in range(run):
                x, y = at(F, p + r * ax), at(F, q + r * ay)
                c = x[0]
                for i in range(n):
                    y[i] = c
        else:
            for r in range(run):
                x, y = p + r * ax, q + r * ay
                for i in range(n):
                    at(F, y + i * sy * S)[0] = at(F, x + i * sx * S)[0]
        row += run
    return 0


@device
def band(a, t, item, S):
    """Of one item of a transpose: addresses of x and y at the outer index, first and last index of its band."""
    rank, m = t[0], t[1]
    bands = (m + TRANSPOSE_BAND - 1) // TRANSPOSE_BAND
    rest = np.int64(item) // bands
    first = (item - rest * bands) * TRANSPOSE_BAND
    last = first + TRANSPOSE_BAND
    last = m if last > m else last
    ox, oy = np.int64(0), np.int64(0)
    for d in range(rank):
        k = 5 + 3 * (rank - 1 - d)
        q = rest // t[k]
        i = rest - q * t[k]
        rest = q
        ox += i * t[k + 1]
        oy += i * t[k + 2]
    return a[0] + ox * S, a[1] + oy * S, first, last


@device
def corner(F, p, q, i0, i1, j0, j1, sx, sy):
    """y[i, j] = x[j, i] for some i and j, element by element; p, q: addresses of x and y."""
    S = sizeof(F)
    for i in range(i0, i1):
        x, y = at(F, p + (i + j0 * sx) * S), at(F, q + (i * sy + j0) * S)
        for j in range(j1 - j0):
            y[j] = x[j * sx]


@kernel("u8", "u16")
def transpose(a, lo, hi, F):
    """Exchange the contiguous dimensions of x and y; items are bands of 16 along x's contiguous one.

    args: x, y, table. Table: outer rank, m (x's contiguous dimension), n (y's), stride of n in x, stride of m in y,
    then for each outer dimension: size, x stride, y stride. An item is one band of one outer index.
    """
    S, t = sizeof(F), at(np.int64, a[2])
    n, sx, sy = t[2], t[3], t[4]
    for item in range(lo, hi):
        p, q, first, last = band(a, t, item, S)
        for j in range(0, n, TRANSPOSE_BAND):
            corner(F, p, q, first, last, j, j + TRANSPOSE_BAND if j + TRANSPOSE_BAND < n else n, sx, sy)
    return 0


def _transpose(name, F):
    """Register the same for 4 and 8 bytes, whole blocks through registers: loads and stores keep the bits of floats."""

    def run(a, lo, hi):
        S, t, V = sizeof(F), at(np.int64, a[2]), vector(F)
        n, sx, sy = t[2], t[3], t[4]
        for item in range(lo, hi):
            p, q, first, last = band(a, t, item, S)
            for j in range(0, n, V):
                for i in range(first, last, V):
                    if j + V <= n and i + V <= last:
                        block(F, at(F, q + (i * sy + j) * S), sy, at(F, p + (i + j * sx) * S), sx, V, V)
                    else:
                        corner(F, p, q, i, i + V if i + V < last else last, j, j + V if j + V < n else n, sx, sy)
        return 0

    run.__name__ = "transpose_" + name
    return kernel()(run)


_transpose("i32", np.float32)
_transpose("i64", np.float64)


@kernel(*BITS)
def concatenate(a, lo, hi, F):
    """y's rows are the rows of several x one after the other. Items: rows.

    args: y, how many x, then for each: x, its row length.
    """
    ys, count = words(a, 2)
    S, width = sizeof(F), np.int64(0)
    for k in range(count):
        width += a[3 + 2 * k]
    for row in range(lo, hi):
        o = row * width
        for k in range(count):
            n = a[3 + 2 * k]
            x, y = at(F, a[2 + 2 * k] + row * n * S), at(F, ys + o * S)
            for i in range(n):
                y[i] = x[i]
            o += n
    return 0


@kernel(*BITS)
def split(a, lo, hi, F):
    """The rows of x, cut into the rows of several y. Items: rows.

    args: x, how many y, then for each: y, its row length.
    """
    xs, count = words(a, 2)
    S, width = sizeof(F), np.int64(0)
    for k in range(count):
        width += a[3 + 2 * k]
    for row in range(lo, hi):
        o = row * width
        for k in range(count):
            n = a[3 + 2 * k]
            x, y = at(F, xs + o * S), at(F, a[2 + 2 * k] + row * n * S)
            for i in range(n):
                y[i] = x[i]
            o += n
    return 0


@kernel(*BITS)
def spread(a, lo, hi, F):
    """y[i] = x[0]. args: x, y. Items: elements."""
    y, c = at(F, a[1] + lo * sizeof(F)), at(F, a[0])[0]
    for i in range(hi - lo):
        y[i] = c
    return 0


@kernel("f32", "f64")
def fill(a, lo, hi, F):
    """y = p. args: y, p (float64 bits). Items: elements."""
    y, p = at(F, a[0] + lo * sizeof(F)), F(f64(a[1]))
    for i in range(hi - lo):
        y[i] = p
    return 0


@kernel(*BITS)
def fill_bits(a, lo, hi, F):
    """y = p. args: y, p (an integer). Items: elements."""
    y, p = at(F, a[0] + lo * sizeof(F)), F(a[1])
    for i in range(hi - lo):
        y[i] = p
    return 0
