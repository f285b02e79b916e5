"""Kernels that reduce one axis of (outer, red, inner): sums, products, extremes, their places, running sums.

Every sum has one shape, whatever the threads or the vector width: contiguous rows (inner = 1) go through `lanes_sum`,
other axes are added row by row from the top. Long axes are cut into blocks of a fixed number of rows; each gives a
partial result and a second call reduces those.

`<name>_rows`: items are blocks of contiguous rows, args: x, y, row length n, block length, blocks per row, divisor.
`<name>_cols`: items are (outer, block, stripe of columns), args: x, y, red, inner, rows per block, blocks, columns per
stripe, divisor.
"""

import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof, words
from fastnn.core.simd import lanes_max, lanes_min, lanes_sum

FLOATS = ("f32", "f64")
INTS = ("i32", "i64")
NUMBERS = (*FLOATS, *INTS)


def rows(name, reduction, *types):
    """Register y[item] = reduction(F, p, n) / divisor of one block of a row."""

    def run(a, lo, hi, F):
        xs, ys, n, block, blocks, word = words(a, 6)
        S = sizeof(F)
        y, divisor = at(F, ys), F(f64(word))
        for item in range(lo, hi):
            row = item // blocks
            first = (item - row * blocks) * block
            size = n - first
            size = block if size > block else size
            y[item] = F(reduction(F, at(F, xs + (row * n + first) * S), size) / divisor)
        return 0

    run.__name__ = name + "_rows"
    return kernel(*types)(run)


def rows_int(name, reduction, *types):
    """The same without a divisor."""

    def run(a, lo, hi, F):
        xs, ys, n, block, blocks = words(a, 5)
        S = sizeof(F)
        y = at(F, ys)
        for item in range(lo, hi):
            row = item // blocks
            first = (item - row * blocks) * block
            size = n - first
            size = block if size > block else size
            y[item] = reduction(F, at(F, xs + (row * n + first) * S), size)
        return 0

    run.__name__ = name + "_rows"
    return kernel(*types)(run)


def cols(name, f, *types):
    """Register y = reduction of f(F, x, y) over the rows of a block, column by column; then y / divisor for floats."""

    def run(a, lo, hi, F):
        xs, ys, red, inner, block, blocks, stripe, word = words(a, 8)
        S = sizeof(F)
        stripes = (inner + stripe - 1) // stripe
        for item in range(lo, hi):
            ob = item // stripes
            j0 = (item - ob * stripes) * stripe
            w = inner - j0
            w = stripe if w > stripe else w
            outer = ob // blocks
            i0 = (ob - outer * blocks) * block
            h = red - i0
            h = block if h > block else h
            y, p = at(F, ys + (ob * inner + j0) * S), xs + ((outer * red + i0) * inner + j0) * S
            x, R = at(F, p), inner * S
            for j in range(w):
                y[j] = x[j]
            i = np.int64(1)
            while i + 4 <= h:
                q = p + i * R
                x, x1, x2, x3 = at(F, q), at(F, q + R), at(F, q + 2 * R), at(F, q + 3 * R)
                for j in range(w):
                    y[j] = f(F, f(F, f(F, f(F, y[j], x[j]), x1[j]), x2[j]), x3[j])
                i += 4
            while i < h:
                x = at(F, p + i * R)
                for j in range(w):
                    y[j] = f(F, y[j], x[j])
                i += 1
            divide(F, y, w, word)
        return 0

    run.__name__ = name + "_cols"
    return kernel(*types)(run)


@device
def divide(F, y, n, word):
    """y /= divisor (float64 bits), unless it is 1 (the only one that integers get)."""
    d = f64(word)
    if d != 1.0:
        c = F(d)
        for j in range(n):
            y[j] = F(y[j] / c)


@device
def _add(F, x, y):
    return F(x + y)


@device
def _multiply(F, x, y):
    return F(x * y)


@device
def _max(F, x, y):
    return x if (x >= y) | (x != x) else y


@device
def _min(F, x, y):
    return x if (x <= y) | (x != x) else y


@device
def _sum_row(F, p, n):
    return lanes_sum(F, p, n)


@device
def _max_row(F, p, n):
    return lanes_max(F, p, n)


@device
def _min_row(F, p, n):
    return lanes_min(F, p, n)


@device
def _prod_row(F, p, n):
    """Four products side by side."""
    a, b, c, d, i = F(1), F(1), F(1), F(1), np.int64(0)
    while i + 4 <= n:
        a, b, c, d = F(a * p[i]), F(b * p[i + 1]), F(c * p[i + 2]), F(d * p[i + 3])
        i += 4
    while i < n:
        a = F(a * p[i])
        i += 1
    return F(F(a * b) * F(c * d))


@device
def _sum_row_int(F, p, n):
    s = F(0)
    for i in range(n):
        s = F(s + p[i])
    return s


@device
def _max_row_int(F, p, n):
    m = p[0]
    for i in range(1, n):
        m = p[i] if p[i] > m else m
    return m


@device
def _min_row_int(F, p, n):
    m = p[0]
    for i in range(1, n):
        m = p[i] if p[i] < m else m
    return m


rows("sum", _sum_row, *FLOATS)
rows("max", _max_row, *FLOATS)
rows("min", _min_row, *FLOATS)
rows("prod", _prod_row, *FLOATS)
rows_int("sum", _sum_row_int, *INTS)
rows_int("max", _max_row_int, *INTS, "u8")
rows_int("min", _min_row_int, *INTS, "u8")
rows_int("prod", _prod_row, *INTS)
cols("sum", _add, *NUMBERS)
cols("max", _max, *NUMBERS, "u8")
cols("min", _min, *NUMBERS, "u8")
cols("prod", _multiply, *NUMBERS)


@device
def _above(F, v, m):
    return (v > m) | ((v != v) & (m == m))


@device
def _below(F, v, m):
    return (v < m) | ((v != v) & (m == m))


def place(name, better, extreme, *types):
    """Register the index of the first best (or first NaN) along the axis. args: x, y (i32), red, inner.

    extreme: of a contiguous row; then the first place that holds it is looked for. Items: (outer, inner) pairs."""

    def run(a, lo, hi, F):
        xs, ys, red, inner = words(a, 4)
        S = sizeof(F)
        y = at(np.int32, ys)
        for item in range(lo, hi):
            outer = item // inner
            x = at(F, xs + (outer * red * inner + (item - outer * inner)) * S)
            if inner == 1:
                m = extreme(F, x, red)
                i = np.int64(0)
                while i + 1 < red and not ((x[i] == m) | (x[i] != x[i])):
                    i += 1
                y[item] = np.int32(i)
                continue
            best, where = x[0], np.int64(0)
            for i in range(1, red):
                v = x[i * inner]
                if better(F, v, best):
                    best, where = v, np.int64(i)
            y[item] = np.int32(where)
        return 0

    run.__name__ = name
    return kernel(*types)(run)


place("argmax", _above, _max_row, *FLOATS)
place("argmin", _below, _min_row, *FLOATS)
place("argmax", _above, _max_row_int, *INTS)
place("argmin", _below, _min_row_int, *INTS)


@device
def _running(F, W, x, y, red, o, step):
    """y = running sums of one column from element o on, `step` elements (below 0: backwards) apart; added up in W."""
    s = W(0)
    for _ in range(red):
        s = W(s + x[o])
        y[o] = F(s)
        o += step


@device
def _running4(F, W, x, y, red, o, step):
    """The same of four neighbouring columns."""
    s, t, u, v = W(0), W(0), W(0), W(0)
    for _ in range(red):
        s, t, u, v = W(s + x[o]), W(t + x[o + 1]), W(u + x[o + 2]), W(v + x[o + 3])
        y[o], y[o + 1], y[o + 2], y[o + 3] = F(s), F(t), F(u), F(v)
        o += step


def running(wide, *types):
    """Register running sums along red. args: x, y, red, inner, reverse (0 or 1), columns per stripe.

    wide: floats are added up in float64, so that the error does not grow with their number.
    Items: (outer, stripe of columns)."""

    def run(a, lo, hi, F):
        xs, ys, red, inner, reverse, stripe = words(a, 6)
        S = sizeof(F)
        stripes = (inner + stripe - 1) // stripe
        W = np.float64 if wide else F
        for item in range(lo, hi):
            outer = item // stripes
            j = (item - outer * stripes) * stripe
            end = j + stripe if j + stripe < inner else inner
            first, step = ((red - 1) * inner, -inner) if reverse else (0, inner)
            while j < end:
                o = (outer * red * inner + j) * S
                x, y = at(F, xs + o), at(F, ys + o)
                if j + 4 <= end:
                    _running4(F, W, x, y, red, first, step)
                    j += 4
                else:
                    _running(F, W, x, y, red, first, step)
                    j += 1
        return 0

    run.__name__ = "cumsum"
    return kernel(*types)(run)


running(True, *FLOATS)
running(False, *INTS)
