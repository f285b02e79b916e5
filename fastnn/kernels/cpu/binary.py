"""Kernels of two values per element, and the choice between two.

`name` takes operands of one shape (items: elements). `name_sc` has one number on one side (items: elements).
`name_bc` broadcasts: items are rows of the result, which lie one after the other; a table says how far the operands
move per index of each outer dimension, and whether they move along the row (1) or stay (0).
Table: rank, elements of a row, x moves, y moves, then for each outer dimension: size, x stride, y stride (elements).
"""
import numpy as np

from fastnn.core.jit import at, device, kernel, sizeof
from fastnn.core.simd import fma
from fastnn.kernels.cpu import vecmath as vm

FLOATS = ("f32", "f64")
NUMBERS = ("f32", "f64", "i32", "i64")


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
        S, t = sizeof(F), at(np.int64, a[3])
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
            x, y, z = at(F, a[0] + ox * S), at(F, a[1] + oy * S), at(F, a[2] + row * n * S)
            if mx == 0:
                c = x[0]
                for i in range(n):
                    z[i] = f(F, c, y[i])
            elif my == 0:
                c = y[0]
                if a[0] == a[2]:
                    for i in range(n):
                        z[i] = f(F, z[i], c)
                else:
                    for i in range(n):
                        z[i] = f(F, x[i], c)
            elif a[0] == a[2]:
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
def _quotient(F, x, y):
    """(floor(x / y), x - y * floor(x / y)), exact while the quotient is."""
    q = np.floor(x / y)
    r = fma(F, -q, y, x)
    over = ((r >= y) & (y > F(0))) | ((r <= y) & (y < F(0)))
    q, r = (q + F(1), r - y) if over else (q, r)
    endless = (y == F(np.inf)) | (y == F(-np.inf))
    r = x if endless & (x - x == F(0)) else r
    q = F(0) if endless & (x - x == F(0)) else q
    under = ((r < F(0)) & (y > F(0))) | ((r > F(0)) & (y < F(0)))
    q, r = (q - F(1), r + y) if under else (q, r)
    return q, r


@device
def _floor_divide(F, x, y):
    return _quotient(F, x, y)[0]


@device
def _mod(F, x, y):
    return _quotient(F, x, y)[1]


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
same("floor_divide", _floor_divide, *FLOATS)
same("mod", _mod, *FLOATS)
same("power", _power_int, "i32", "i64")
same("floor_divide", _floor_divide_int, "i32", "i64")
same("mod", _mod_int, "i32", "i64")
for _f in (_add, _subtract, _multiply, _divide, _maximum, _minimum):
    scalar(_f.__name__[1:], _f, *FLOATS)
    broadcast(_f.__name__[1:], _f, *FLOATS)


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
