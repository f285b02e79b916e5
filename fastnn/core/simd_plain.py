"""Python forms of `fastnn.core.simd`, for kernels that run as plain Python over bounds-checked memory.

They round where the compiled forms round, so a kernel gives the same bits in both.
"""

import math
import struct

import numpy as np

from fastnn.core.blocks import ACC, BIAS, RELU, TILE_GROUP
from fastnn.core.winograd import FORMULAS, OUTPUT, Term

TILES = ((4, 16), (4, 8), (4, 4), (2, 16))  # (rows, columns) of the register tiles, of any type here


def _reduce(F, items, start, step, combine):
    L = 64 // np.dtype(F).itemsize
    acc = np.full((4, L), start, F)
    flat = acc.reshape(-1)
    for i in range(0, len(items[0]), 4 * L):
        parts = [x[i : i + 4 * L] for x in items]
        n = len(parts[0])
        flat[:n] = step(flat[:n], *parts)
    x = combine(combine(acc[0], acc[1]), combine(acc[2], acc[3]))
    while len(x) > 1:
        x = combine(x[: len(x) // 2], x[len(x) // 2 :])
    return x[0]


def fma(F, x, y, z):
    """x*y + z, rounded once."""
    x, y, z = float(x), float(y), float(z)
    p = x * y
    s = p + z
    if np.dtype(F).itemsize == 4:  # p is exact: 2 * 24 bits
        if math.isfinite(s):
            t = s - p
            lost = (p - (s - t)) + (z - t)
            if lost and not struct.unpack("q", struct.pack("d", s))[0] & 1:
                # to odd: then the rounding to float32 sees on which side of a tie the sum lies
                s = math.nextafter(s, math.copysign(math.inf, lost))
        return F(s)
    if x and y and math.isfinite(x) and math.isfinite(y) and math.isfinite(z):
        (a, b), (c, d), (e, f) = x.as_integer_ratio(), y.as_integer_ratio(), z.as_integer_ratio()
        top, bottom = a * c * f + e * b * d, b * d * f
        try:
            s = top / bottom  # of integers: rounded once
        except OverflowError:
            s = math.copysign(math.inf, top)
    return F(s)


def _mul_add(acc, x, y):
    """acc + x*y, element by element."""
    return np.array([fma(acc.dtype.type, *xyz) for xyz in zip(x, y, acc, strict=True)], acc.dtype)


def _read(F, p, n):
    return np.array([p[i] for i in range(n)], F)


def lanes_sum(F, p, n):
    """Sum of the n elements at p, in the fixed shape of `fastnn.core.simd`."""
    return _reduce(F, [_read(F, p, n)], 0, np.add, np.add)


def lanes_max(F, p, n):
    """Maximum of the n elements at p; -inf for n = 0, NaN if one is NaN."""
    return _reduce(F, [_read(F, p, n)], -np.inf, np.maximum, np.maximum)


def lanes_min(F, p, n):
    """Minimum of the n elements at p; inf for n = 0, NaN if one is NaN."""
    return _reduce(F, [_read(F, p, n)], np.inf, np.minimum, np.minimum)


def lanes_sumsq(F, p, n):
    """Sum of squares of the n elements at p."""
    x = _read(F, p, n)
    return _reduce(F, [x, x], 0, _mul_add, np.add)


def lanes_dot(F, p, q, n):
    """Sum of p[i] * q[i], i < n."""
    return _reduce(F, [_read(F, p, n), _read(F, q, n)], 0, _mul_add, np.add)


def lanes_sumsq_dev(F, p, c, n):
    """Sum of (p[i] - c)**2, i < n."""
    d = _read(F, p, n) - F(c)
    return _reduce(F, [d, d], 0, _mul_add, np.add)


def vector(F):
    """Elements of F in a vector; 4 in this form."""
    return 4


def tile_rows(F, tile):
    """Rows of register tile number `tile`."""
    return TILES[tile][0]


def tile_cols(F, tile):
    """Columns of register tile number `tile`."""
    return TILES[tile][1]


def prefetch(p, offset):
    """Nothing: a hint to compiled code."""


def copy_row(F, tile, dst, src, n):
    """dst[0:NR] = src[0:n], then zeros; NR = tile_cols(F, tile)."""
    for j in range(TILES[tile][1]):
        dst[j] = src[j] if j < n else F(0)


def transpose(F, dst, dld, src, sld, m, n):
    """dst[j*dld + i] = src[i*sld + j] for i < m, 0 for m <= i < vector(F); rows j < n only."""
    for j in range(min(n, 4)):
        for i in range(4):
            dst[j * dld + i] = src[i * sld + j] if i < m else F(0)


def _offset(table, i):
    """Entry i of a table, or i strides."""
    return table * i if isinstance(table, (int, np.integer)) else int(table[i])


def lanewise(F, a, aoff, b, boff, nk, c, n, flags, bias):
    """c[j] (+)= sum over k of a[aoff(k) + j] * b[boff(k) + j]; arguments as in `fastnn.core.simd_tiles`."""
    for j in range(n):
        s = c[j] if flags & ACC else F(0)
        for k in range(nk):
            s = fma(F, a[_offset(aoff, k) + j], b[_offset(boff, k) + j], s)
        if flags & BIAS:
            s = F(s + bias[j])
        c[j] = F(0) if flags & RELU and s < 0 else s


def microkernel(F, tile, edge, a, arow, akof, nk, b, bks, c, crow, i0, m, n, flags, bias):
    """The three loops of a register tile; arguments as in `fastnn.core.simd_tiles`."""
    rows, cols = TILES[tile]
    if not (1 <= m <= rows and 1 <= n <= cols):
        raise ValueError(f"tile of {m} x {n}; expected 1..{rows} x 1..{cols}")

    for i in range(i0, i0 + m):
        ai, ci = _offset(arow, i), _offset(crow, i)
        for j in range(n):
            s = c[ci + j] if flags & ACC else F(0)
            for k in range(nk):
                s = fma(F, a[ai + _offset(akof, k)], b[k * bks + j], s)
            if flags & BIAS:
                s = F(s + bias[j])
            c[ci + j] = F(0) if flags & RELU and s < 0 else s


class Arithmetic:
    """What a `Term` of numbers computes with."""

    def __init__(self, F):
        self.F = F

    def scale(self, x, k):
        """x*k."""
        return self.F(x * self.F(k))

    def fma(self, x, k, y):
        """x*k + y, rounded once."""
        return fma(self.F, x, self.F(k), y)

    def add(self, x, y):
        """x + y."""
        return self.F(x + y)

    def subtract(self, x, y):
        """x - y."""
        return self.F(x - y)

    def negative(self, x):
        """-x."""
        return self.F(-x)


def transform(F, which, src, srow, scol, r0, r1, c0, c1, dst, drow, dcol, dr, dc, lanes, flags, bias):
    """dst[i][j] = (T src TT)[i][j] for each of `lanes` channels; arguments as in `fastnn.core.simd_winograd`."""
    f, n, m = FORMULAS[which]
    by = Arithmetic(F)
    src = src.far()  # of a window at the border, the first element lies outside the image
    for lane in range(4 if m == 6 else min(lanes, 4)):
        if lane >= lanes:  # of a plane, the rest of a vector is zero
            for i in range(6):
                for j in range(6):
                    dst[i * drow + j * dcol + lane] = F(0)
            continue
        x = [
            [Term(by, src[i * srow + j * scol + lane] if r0 <= i < r1 and c0 <= j < c1 else F(0)) for j in range(n)]
            for i in range(n)
        ]
        half = [f([x[i][j] for i in range(n)]) for j in range(n)]
        for i in range(min(m, dr)):
            row = f([Term(by, half[j][i].value()) for j in range(n)])
            for j in range(min(m, dc)):
                y = row[j].value()
                if which == OUTPUT and flags & BIAS:
                    y = F(y + bias[lane])
                if which == OUTPUT and flags & RELU and y < 0:
                    y = F(0)
                dst[i * drow + j * dcol + lane] = y


def product_vectors(F):
    """The most blocks of columns that `planes` takes at a time."""
    return 2


def planes(F, transposed, a, ablock, ajump, K, b, bblock, bjump, c, cblock, nv, m, flags):
    """C (+)= A·B of 36 planes' matrices; arguments as in `fastnn.core.simd_winograd`."""

    def of_a(r, k):
        if transposed:
            return k // TILE_GROUP * ajump + k % TILE_GROUP * 4 + r // 4 * ablock + r % 4
        return k // 4 * ajump + r * 4 + k % 4

    def of_b(k, q):
        return q // 4 * bblock + q % 4 + (k // TILE_GROUP * bjump + k % TILE_GROUP * 4 if transposed else k * 4)

    for r in range(m):
        for q in range(nv * 4):
            place = q // 4 * cblock + r * 4 + q % 4
            s = c[place] if flags & ACC else F(0)
            for k in range(K):
                s = fma(F, a[of_a(r, k)], b[of_b(k, q)], s)
            c[place] = s
