"""Kernels of two values per element, and the choice between two.

`name` takes operands of one shape (items: elements). `name_sc` has one number on one side (items: elements).
`name_bc` broadcasts: items are rows of the result, which lie one after the other; a table says how far the operands
move per index of each outer dimension, and whether they move along the row (1) or stay (0).
Table: rank, elements of a row, x moves, y moves, then for each outer dimension: size, x stride, y stride (elements).
"""

import numpy as np

from fastnn.core.jit import at, device, kernel, sizeof, words
from fastnn.core.simd import fma
from fastnn.kernels.cpu import vecmath as vm

FLOATS = ("f32", "f64")
NUMBERS = ("f32", "f64", "i32", "i64")
LN2 = 0.6931471805599453


def same(name, f, *types):
    """Register z = f(F, x, y). args: x, y, z (may be x or y)."""

    def run(a, lo, hi, F):
        S = sizeof(F)
        x, y, z = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
        if a[0] == a[2]:
            for i in range(hi - lo):
                z[i] = f(F, z[i], y[i])
        elif a[1] == a[2]:
            for i in range(hi - lo):
                z[i] = f(F, x[i], z[i])
        else:
            for i in range(hi - lo):
                z[i] = f(F, x[i], y[i])
        return 0

    run.__name__ = name
    return kernel(*types)(run)


def scalar(name, f, *types):
    """Register z = f(F, x, y) with one side a single element. args: x, y, z, 1 if x is the single one, else 0."""

    def run(a, lo, hi, F):
        S = sizeof(F)
        z = at(F, a[2] + lo * S)
        if a[3] == 0:
            x, c = at(F, a[0] + lo * S), at(F, a[1])[0]
            if a[0] == a[2]:
                for i in range(hi - lo):
                    z[i] = f(F, z[i], c)
            else:
                for i in range(hi - lo):
                    z[i] = f(F, x[i], c)
        else:
            y, c = at(F, a[1] + lo * S), at(F, a[0])[0]
            if a[1] == a[2]:
                for i in range(hi - lo):
                    z[i] = f(F, c, z[i])
            else:
                for i in range(hi - lo):
                    z[i] = f(F, c, y[i])
        return 0

    run.__name__ = name + "_sc"
    return kernel(*types)(run)


def broadcast(name, f, *types):
    """Register z = f(F, x, y) with broadcasting. args: x, y, z (may be x), table."""

    def run(a, lo, hi, F):
        xs, ys, zs, table = words(a, 4)
        S, t = sizeof(F), at(np.int64, table)
        rank, n, mx, my = t[0], t[1], t[2], t[3]
        for row in range(lo, hi):
            ox, oy, rest = np.int64(0), np.int64(0), np.int64(row)
            for d in range(rank):
                k = 4 + 3 * (rank - 1 - d)
                size = t[k]
                q = rest // size
                if d + 1 < rank:
                    ox += (rest - q * size) * t[k + 1]
                    oy += (rest - q * size) * t[k + 2]
                    rest = q
                else:
                    ox += rest * t[k + 1]
                    oy += rest * t[k + 2]
            x, y, z = at(F, xs + ox * S), at(F, ys + oy * S), at(F, zs + row * n * S)
            if mx == 0:
                c = x[0]
                for i in range(n):
                    z[i] = f(F, c, y[i])
            elif my == 0:
                c = y[0]
                if xs == zs:
                    for i in range(n):
                        z[i] = f(F, z[i], c)
                else:
                    for i in range(n):
                        z[i] = f(F, x[i], c)
            elif xs == zs:
                for i in range(n):
                    z[i] = f(F, z[i], y[i])
            else:
                for i in range(n):
                    z[i] = f(F, x[i], y[i])
        return 0

    run.__name__ = name + "_bc"
    return kernel(*types)(run)


def compare(name, f, *types):
    """Register z = f(F, x, y) as 0 or 1. args: x, y, z (u8)."""

    def run(a, lo, hi, F):
        S = sizeof(F)
        x, y, z = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(np.uint8, a[2] + lo)
        for i in range(hi - lo):
            z[i] = np.uint8(1) if f(F, x[i], y[i]) else np.uint8(0)
        return 0

    run.__name__ = name
    return kernel(*types)(run)


@device
def _add(F, x, y):
    return F(x + y)


@device
def _subtract(F, x, y):
    return F(x - y)


@device
def _multiply(F, x, y):
    return F(x * y)


@device
def _divide(F, x, y):
    return x / y


@device
def _maximum(F, x, y):
    return x if (x >= y) | (x != x) else y


@device
def _minimum(F, x, y):
    return x if (x <= y) | (x != x) else y


@device
def _squared_difference(F, x, y):
    return F((x - y) * (x - y))


@device
def _power_int(F, x, y):
    """x^y by squaring, modulo the range; 0 for y < 0 unless x is 1 or -1."""
    v, p, e = F(1), x, y
    while e > F(0):
        if e & F(1):
            v = F(v * p)
        p = F(p * p)
        e = F(e >> F(1))
    if y < F(0):
        v = F(1) if x == F(1) else F(0)
        if x == F(-1):
            v = F(-1) if y & F(1) else F(1)
    return v


@device
def _rounded_down(F, x, y, q, r):
    """(floor(x / y), the remainder with y's sign) of a quotient and a remainder that were rounded to 0."""
    other = ((r < F(0)) & (y > F(0))) | ((r > F(0)) & (y < F(0)))
    return (q - F(1), r + y) if other else (q, r)


@device
def _quotient(F, x, y):
    """(floor(x / y), x - y floor(x / y)) where |x / y| is so small that a float holds its integer part."""
    q = x / y
    q = np.ceil(q) if q < F(0) else np.floor(q)
    r = fma(F, -q, y, x)
    above = ((r < F(0)) & (x > F(0))) | ((r > F(0)) & (x < F(0)))  # x / y was rounded up to an integer
    alike = (x > F(0)) == (y > F(0))
    r = (r + y if alike else r - y) if above else r
    q = (q - F(1) if alike else q + F(1)) if above else q
    endless = ((y == F(np.inf)) | (y == F(-np.inf))) & (x - x == F(0))
    q = q + (x - x)  # NaN where x is infinite
    return _rounded_down(F, x, y, q, x if endless else r)


@device
def _far_quotient(F, x, y):
    """The same for any x / y: the remainder by long division, in digits of as many bits as a quotient holds."""
    big = F(2097152.0) if sizeof(F) == 4 else F(1125899906842624.0)
    r, d = -x if x < F(0) else x, -y if y < F(0) else y
    if not (r >= d * big) or d == F(0) or r == F(np.inf):
        return _quotient(F, x, y)
    while r >= d:
        s = d
        while s * big <= r:
            s = s * big
        r = fma(F, -np.floor(r / s), s, r)
        r = r + s if r < F(0) else r
    r = -r if x < F(0) else r
    return _rounded_down(F, x, y, np.floor((x - r) / y + F(0.5)), r)


def quotient(name, part):
    """Register one part of the quotient. args: x, y, z (may be x or y).

    Vectors take the usual case; a long division is made only where an operand of the call asks for it."""

    def run(a, lo, hi, F):
        S = sizeof(F)
        x, y, z = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
        big = F(2097152.0) if sizeof(F) == 4 else F(1125899906842624.0)
        far = np.int64(0)
        for i in range(hi - lo):
            far |= np.int64(1) if np.abs(x[i]) >= np.abs(y[i]) * big else np.int64(0)
        if far:
            for i in range(hi - lo):
                z[i] = _far_quotient(F, x[i], y[i])[part]
        elif a[0] == a[2]:
            for i in range(hi - lo):
                z[i] = _quotient(F, z[i], y[i])[part]
        elif a[1] == a[2]:
            for i in range(hi - lo):
                z[i] = _quotient(F, x[i], z[i])[part]
        else:
            for i in range(hi - lo):
                z[i] = _quotient(F, x[i], y[i])[part]
        return 0

    run.__name__ = name
    return kernel(*FLOATS)(run)


@device
def _hypot(F, x, y):
    """sqrt(x^2 + y^2) without overflow; infinite where either is."""
    a, b = -x if x < F(0) else x, -y if y < F(0) else y
    m, n = (a, b) if a >= b else (b, a)
    t = n / m
    v = m * np.sqrt(fma(F, t, t, F(1)))
    v = F(0) if (m == F(0)) & (n == F(0)) else v
    return F(np.inf) if (a == F(np.inf)) | (b == F(np.inf)) else v


@device
def _logaddexp(F, x, y):
    """log(e^x + e^y)."""
    m, n = (x, y) if x >= y else (y, x)
    return m + F(LN2) if x == y else m + vm.log1p(F, vm.exp(F, n - m))


@device
def _logaddexp2(F, x, y):
    """log2(2^x + 2^y)."""
    m, n = (x, y) if x >= y else (y, x)
    return m + F(1) if x == y else fma(F, vm.log1p(F, vm.exp(F, (n - m) * F(LN2))), F(1 / LN2), m)


@device
def _floor_divide_int(F, x, y):
    """Rounds down; 0 for y = 0. y = -1 apart: the processor traps on the smallest integer / -1."""
    if y == F(0):
        return F(0)
    if y == F(-1):
        return F(-x)
    return F(x // y)


@device
def _mod_int(F, x, y):
    """The sign is y's; 0 for y = 0."""
    if (y == F(0)) | (y == F(-1)):
        return F(0)
    return F(x % y)


for _f in (_add, _subtract, _multiply, _maximum, _minimum, _squared_difference):
    same(_f.__name__[1:], _f, *NUMBERS)
same("divide", _divide, *FLOATS)
same("power", vm.power, *FLOATS)
same("hypot", _hypot, *FLOATS)
same("logaddexp", _logaddexp, *FLOATS)
same("logaddexp2", _logaddexp2, *FLOATS)
quotient("floor_divide", 0)
quotient("mod", 1)
same("power", _power_int, "i32", "i64")
same("floor_divide", _floor_divide_int, "i32", "i64")
same("mod", _mod_int, "i32", "i64")
BROADCAST = {f.__name__[1:]: f for f in (_add, _subtract, _multiply, _divide, _maximum, _minimum)}
for _name, _f in BROADCAST.items():
    scalar(_name, _f, *FLOATS)
    broadcast(_name, _f, *FLOATS)


@device
def _less(F, x, y):
    return x < y


@device
def _less_equal(F, x, y):
    return x <= y


@device
def _equal(F, x, y):
    return x == y


@device
def _not_equal(F, x, y):
    return x != y


for _f in (_less, _less_equal, _equal, _not_equal):
    compare(_f.__name__[1:], _f, *NUMBERS)


@device
def _logical_and(F, x, y):
    return F(x & y)


@device
def _logical_or(F, x, y):
    return F(x | y)


@device
def _logical_xor(F, x, y):
    return F(x ^ y)


for _f in (_logical_and, _logical_or, _logical_xor):
    same(_f.__name__[1:], _f, "u8")


@kernel("u8", "u16", "i32", "i64")
def where(a, lo, hi, F):
    """z = x where c, else y; values are moved as bits. args: c (u8), x, y, z (may be x or y)."""
    S = sizeof(F)
    c, x, y, z = at(np.uint8, a[0] + lo), at(F, a[1] + lo * S), at(F, a[2] + lo * S), at(F, a[3] + lo * S)
    if a[1] == a[3]:
        for i in range(hi - lo):
            z[i] = z[i] if c[i] else y[i]
    elif a[2] == a[3]:
        for i in range(hi - lo):
            z[i] = x[i] if c[i] else z[i]
    else:
        for i in range(hi - lo):
            z[i] = x[i] if c[i] else y[i]
    return 0
