"""Kernels that move elements without looking at them: strided copies, transposes, concatenation, constants.

They work on bits, so that one kernel serves all dtypes of a size: u8, u16, i32 (also float32), i64 (also float64).
"""
import numpy as np

from fastnn.core.jit import at, f64, kernel, sizeof

BITS = ("u8", "u16", "i32", "i64")
BLOCK = 16                                      # of a transpose: 16 cache lines are read and one is written at a time


@kernel(*BITS)
def copy_nd(a, lo, hi, F):
    """Copy between two strided layouts; items are rows (all but the last dimension).

    args: x, y, table. Table: outer rank, row length, strides of x and y along a row, first element of x and y, then for
    each outer dimension: size, x stride, y stride. Strides are elements; they may be 0 (x) or negative.
    """
    S, t = sizeof(F), at(np.int64, a[2])
    rank, n, sx, sy = t[0], t[1], t[2], t[3]
    for row in range(lo, hi):
        ox, oy, rest = t[4], t[5], np.int64(row)
        for d in range(rank):
            k = 6 + 3 * (rank - 1 - d)
            size = t[k]
            i = rest
            if d + 1 < rank:
                rest = rest // size
                i = i - rest * size
            ox += i * t[k + 1]
            oy += i * t[k + 2]
        if sx == 1 and sy == 1:
            x, y = at(F, a[0] + ox * S), at(F, a[1] + oy * S)
            for i in range(n):
                y[i] = x[i]
        elif sx == 0 and sy == 1:
            x, y = at(F, a[0] + ox * S), at(F, a[1] + oy * S)
            c = x[0]
            for i in range(n):
                y[i] = c
        else:
            for i in range(n):
                at(F, a[1] + (oy + i * sy) * S)[0] = at(F, a[0] + (ox + i * sx) * S)[0]
    return 0


@kernel(*BITS)
def transpose(a, lo, hi, F):
    """Exchange the contiguous dimensions of x and y, block by block; items are bands of 16 along x's contiguous one.

    args: x, y, table. Table: outer rank, m (x's contiguous dimension), n (y's), stride of n in x, stride of m in y,
    then for each outer dimension: size, x stride, y stride. An item is one band of one outer index.
    """
    S, t = sizeof(F), at(np.int64, a[2])
    rank, m, n, sx, sy = t[0], t[1], t[2], t[3], t[4]
    bands = (m + BLOCK - 1) // BLOCK
    for item in range(lo, hi):
        rest = np.int64(item) // bands
        first = (item - rest * bands) * BLOCK
        last = first + BLOCK
        last = m if last > m else last
        ox, oy = np.int64(0), np.int64(0)
        for d in range(rank):
            k = 5 + 3 * (rank - 1 - d)
            q = rest // t[k]
            i = rest - q * t[k]
            rest = q
            ox += i * t[k + 1]
            oy += i * t[k + 2]
        for j0 in range(0, n, BLOCK):
            w = n - j0
            w = BLOCK if w > BLOCK else w
            for i in range(first, last):
                x, y = at(F, a[0] + (ox + i + j0 * sx) * S), at(F, a[1] + (oy + i * sy + j0) * S)
                for j in range(w):
                    y[j] = x[j * sx]
    return 0


@kernel(*BITS)
def concatenate(a, lo, hi, F):
    """y's rows are the rows of several x one after the other. Items: rows.

    args: y, how many x, then for each: x, its row length.
    """
    S, width = sizeof(F), np.int64(0)
    for k in range(a[1]):
        width += a[3 + 2 * k]
    for row in range(lo, hi):
        o = row * width
        for k in range(a[1]):
            n = a[3 + 2 * k]
            x, y = at(F, a[2 + 2 * k] + row * n * S), at(F, a[0] + o * S)
            for i in range(n):
                y[i] = x[i]
            o += n
    return 0


@kernel(*BITS)
def split(a, lo, hi, F):
    """The rows of x, cut into the rows of several y. Items: rows.

    args: x, how many y, then for each: y, its row length.
    """
    S, width = sizeof(F), np.int64(0)
    for k in range(a[1]):
        width += a[3 + 2 * k]
    for row in range(lo, hi):
        o = row * width
        for k in range(a[1]):
            n = a[3 + 2 * k]
            x, y = at(F, a[0] + o * S), at(F, a[2 + 2 * k] + row * n * S)
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
