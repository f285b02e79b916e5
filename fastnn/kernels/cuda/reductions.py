"""Kernels that reduce one axis of (outer, red, inner) on a device, by threads side by side and a tree of fixed shape.

Words and items as on the CPU (kernels/cpu/reduce.py), but that a stripe of columns is LANES wide.  Integers have equal
bits there and here; sums of floats have the order of the trees.
"""

import numpy as np

from fastnn.core.blocks import DEEP, LANES, LONG_ROW, ROW_THREADS
from fastnn.core.jit import at, device, f64, sizeof, words
from fastnn.core.jit_cuda import block, blocks, cuda_kernel, shared, thread
from fastnn.core.simd import fma
from fastnn.kernels.cuda.trees import across, add, down, least, min_across, most, multiply, sum_across

FLOATS = ("f32", "f64")
INTS = ("i32", "i64")
NUMBERS = (*FLOATS, *INTS)
SQUARES = 256  # threads that add up squares
COLUMN_THREADS = LANES * DEEP


@device
def divided(F, v, word):
    """v / divisor (float64 bits), unless it is 1 (the only one that integers get)."""
    d = f64(word)
    return F(v / F(d)) if d != 1.0 else v


def rows(name, combine, unit, *types):
    """Register y[item] = reduction of one block of a row / divisor; unit: what changes nothing, None: the first element.

    args: x, y, row length n, block length, blocks per row, divisor.
    """
    tree, first_of = across(combine), unit is None
    start = 0 if first_of else unit

    def run(a, lo, hi, F):
        xs, ys, n, length, many, word = words(a, 6)
        S = sizeof(F)
        s = shared(F, ROW_THREADS)
        t, y = thread(), at(F, ys)
        width = LANES if length <= LONG_ROW else ROW_THREADS
        each = ROW_THREADS // width
        for first in range(lo + block() * each, hi, blocks() * each):
            item = min(first + t // width, hi - 1)
            row = item // many
            i0 = (item - row * many) * length
            size = min(n - i0, length)
            x = at(F, xs + (row * n + i0) * S)
            v = x[0] if first_of else F(start)
            for i in range(t % width, size, width):
                v = combine(F, v, x[i])
            v = tree(F, s, v, t, width)
            if t % width == 0 and first + t // width < hi:
                y[item] = divided(F, v, word)
        return 0

    run.__name__ = name + "_rows"
    return cuda_kernel(*types, threads=ROW_THREADS)(run)


def cols(name, combine, unit, *types):
    """Register y = reduction over the rows of a block, column by column, / divisor.

    args: x, y, red, inner, rows per block, blocks, columns per stripe (LANES), divisor.
    """
    tree, first_of = down(combine), unit is None
    start = 0 if first_of else unit

    def run(a, lo, hi, F):
        xs, ys, red, inner, length, many, stripe, word = words(a, 8)
        S = sizeof(F)
        s = shared(F, COLUMN_THREADS)
        t = thread()
        stripes = (inner + stripe - 1) // stripe
        for item in range(lo + block(), hi, blocks()):
            ob, j = item // stripes, item % stripes * stripe + t % LANES
            outer, i0 = ob // many, ob % many * length
            h = min(red - i0, length)
            v = F(start)
            if j < inner:
                x = at(F, xs + ((outer * red + i0) * inner + j) * S)
                if first_of:
                    v = x[0]
                for i in range(t // LANES, h, DEEP):
                    v = combine(F, v, x[i * inner])
            v = tree(F, s, v, t, DEEP)
            if t < LANES and j < inner:
                at(F, ys)[ob * inner + j] = divided(F, v, word)
        return 0

    run.__name__ = name + "_cols"
    return cuda_kernel(*types, threads=COLUMN_THREADS)(run)


for _make in (rows, cols):
    _make("sum", add, 0, *NUMBERS)
    _make("prod", multiply, 1, *NUMBERS)
    _make("max", most, None, *NUMBERS, "u8")
    _make("min", least, None, *NUMBERS, "u8")


@cuda_kernel("f32", "f64", threads=SQUARES)
def sum_squares_blocks(a, lo, hi, F):
    """part[item] = sum of x^2 over a block of elements.  args: x, part (f64), elements of a block, elements.  items: blocks."""
    xs, partials, length, n = words(a, 4)
    s = shared(F, SQUARES)
    t, part = thread(), at(np.float64, partials)
    for item in range(lo + block(), hi, blocks()):
        x, v = at(F, xs + item * length * sizeof(F)), F(0)
        for i in range(t, min(length, n - item * length), SQUARES):
            v = fma(F, x[i], x[i], v)
        v = sum_across(F, s, v, t, SQUARES)
        if t == 0:
            part[item] = np.float64(v)
    return 0


@cuda_kernel("f32", "f64", threads=SQUARES)
def sum_squares_finish(a, lo, hi, F):
    """y = the partials' sum.  args: part (f64), how many, y.  One item."""
    partials, count, ys = words(a, 3)
    s = shared(np.float64, SQUARES)
    t, part, v = thread(), at(np.float64, partials), 0.0
    for item in range(lo + block(), hi, blocks()):
        for i in range(t, count, SQUARES):
            v += part[i]
        v = sum_across(np.float64, s, v, t, SQUARES)
        if t == 0:
            at(F, ys)[item] = F(v)
    return 0


@cuda_kernel("f32", "f64", threads=SQUARES)
def first_not_finite(a, lo, hi, F):
    """y = 2 i, or 2 i + 1 for NaN, of the first element of x that is not finite, else -1.  args: x, n, y.  One item."""
    xs, n, ys = words(a, 3)
    s = shared(np.int64, SQUARES)
    t, x, y = thread(), at(F, xs), at(np.int64, ys)
    for item in range(lo + block(), hi, blocks()):
        first = n
        for i in range(t, n, SQUARES):
            if not abs(x[i]) < np.inf:
                first = np.int64(i)
                break
        first = min_across(np.int64, s, first, t, SQUARES)
        if t == 0:
            y[item] = np.int64(-1)
            if first < n:
                y[item] = np.int64(2 * first) + np.int64(x[first] != x[first])
    return 0
