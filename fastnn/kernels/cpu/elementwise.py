"""Kernels of one value per element: y[i] = f(x[i]), and the gradients of activations.

Items are elements. Input and output may be the same memory: equal addresses take a loop over one pointer, because
LLVM's check for overlap would send them to the scalar loop.
"""

import numpy as np

from fastnn.core.jit import at, device, f64, kernel, sizeof
from fastnn.core.simd import fma
from fastnn.kernels.cpu import vecmath as vm

FLOATS = ("f32", "f64")
NUMBERS = ("f32", "f64", "i32", "i64")


def unary(name, f, *types):
    """Register y = f(F, x). args: x, y."""

    def run(a, lo, hi, F):
        S = sizeof(F)
        x, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
        if a[0] == a[1]:
            for i in range(hi - lo):
                y[i] = f(F, y[i])
        else:
            for i in range(hi - lo):
                y[i] = f(F, x[i])
        return 0

    run.__name__ = name
    return kernel(*types)(run)


def unary_with(name, f, *types):
    """Register y = f(F, x, p, q) with two numbers p, q. args: x, y, p, q (float64 bits)."""

    def run(a, lo, hi, F):
        S = sizeof(F)
        x, y, p, q = at(F, a[0] + lo * S), at(F, a[1] + lo * S), F(f64(a[2])), F(f64(a[3]))
        if a[0] == a[1]:
            for i in range(hi - lo):
                y[i] = f(F, y[i], p, q)
        else:
            for i in range(hi - lo):
                y[i] = f(F, x[i], p, q)
        return 0

    run.__name__ = name
    return kernel(*types)(run)


def gradient(name, f, *types):
    """Register gx = f(F, gy, s, p, q); s: what the forward kept. args: gy, s, gx, p, q (float64 bits)."""

    def run(a, lo, hi, F):
        S, p, q = sizeof(F), F(f64(a[3])), F(f64(a[4]))
        g, s, z = at(F, a[0] + lo * S), at(F, a[1] + lo * S), at(F, a[2] + lo * S)
        if a[0] == a[2]:
            for i in range(hi - lo):
                z[i] = f(F, z[i], s[i], p, q)
        elif a[1] == a[2]:
            for i in range(hi - lo):
                z[i] = f(F, g[i], z[i], p, q)
        else:
            for i in range(hi - lo):
                z[i] = f(F, g[i], s[i], p, q)
        return 0

    run.__name__ = name
    return kernel(*types)(run)


def test(name, f, *types):
    """Register y = f(F, x) as 0 or 1. args: x, y (u8)."""

    def run(a, lo, hi, F):
        x, y = at(F, a[0] + lo * sizeof(F)), at(np.uint8, a[1] + lo)
        for i in range(hi - lo):
            y[i] = np.uint8(1) if f(F, x[i]) else np.uint8(0)
        return 0

    run.__name__ = name
    return kernel(*types)(run)


# ------------------------------------------------------------------ arithmetic
@device
def _negative(F, x):
    return F(-x)


@device
def _abs(F, x):
    return F(-x) if x < F(0) else x


@device
def _square(F, x):
    return F(x * x)


@device
def _sign(F, x):
    v = F(1) if x > F(0) else F(0)
    v = F(-1) if x < F(0) else v
    return v if x == x else x


@device
def _sqrt(F, x):
    return np.sqrt(x)


@device
def _rsqrt(F, x):
    return F(1) / np.sqrt(x)


@device
def _reciprocal(F, x):
    return F(1) / x


@device
def _floor(F, x):
    return np.floor(x)


@device
def _ceil(F, x):
    return np.ceil(x)


@device
def _trunc(F, x):
    return np.ceil(x) if x < F(0) else np.floor(x)


@device
def _round(F, x):
    """To the nearest integer, halves to even: adding 1.5 * 2^mantissa leaves no room for a fraction."""
    big = F(12582912.0) if sizeof(F) == 4 else F(6755399441055744.0)
    limit = F(4194304.0) if sizeof(F) == 4 else F(2251799813685248.0)
    v = (x + big) - big
    return v if (x < limit) & (x > -limit) else x


for _f, _types in (
    (_negative, NUMBERS),
    (_abs, NUMBERS),
    (_square, NUMBERS),
    (_sign, NUMBERS),
    (_sqrt, FLOATS),
    (_rsqrt, FLOATS),
    (_reciprocal, FLOATS),
    (_floor, FLOATS),
    (_ceil, FLOATS),
    (_trunc, FLOATS),
    (_round, FLOATS),
):
    unary(_f.__name__[1:], _f, *_types)
for _f in (
    vm.exp,
    vm.expm1,
    vm.log,
    vm.log1p,
    vm.sin,
    vm.cos,
    vm.erf,
    vm.erfc,
    vm.sinh,
    vm.cosh,
    vm.tanh,
    vm.sigmoid,
    vm.softplus,
):
    unary(_f.__name__, _f, *FLOATS)


# ------------------------------------------------------------------ with numbers
@device
def _affine(F, x, p, q):
    return fma(F, x, p, q)


@device
def _clip(F, x, p, q):
    v = p if x < p else x
    return q if v > q else v


@device
def _leaky_relu(F, x, p, q):
    return x * p if x < F(0) else x


@device
def _elu(F, x, p, q):
    return p * vm.expm1(F, x) if x < F(0) else x


unary_with("affine", _affine, *FLOATS)
unary_with("clip", _clip, *FLOATS)
unary_with("leaky_relu", _leaky_relu, *FLOATS)
unary_with("elu", _elu, *FLOATS)


def affine(a, lo, hi, F):
    """y = x * p + q of integers, modulo their range. args: x, y, p, q (integers)."""
    S, p, q = sizeof(F), F(a[2]), F(a[3])
    x, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
    for i in range(hi - lo):
        y[i] = F(x[i] * p + q)
    return 0


def clip(a, lo, hi, F):
    """y = min(max(x, p), q) of integers. args: x, y, p, q (integers)."""
    S, p, q = sizeof(F), F(a[2]), F(a[3])
    x, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
    for i in range(hi - lo):
        v = p if x[i] < p else x[i]
        y[i] = q if v > q else v
    return 0


kernel("i32", "i64")(affine)
kernel("i32", "i64")(clip)


# ------------------------------------------------------------------ tests, copies, casts
@device
def _isnan(F, x):
    return x != x


@device
def _isinf(F, x):
    return (x == F(np.inf)) | (x == F(-np.inf))


@device
def _isfinite(F, x):
    return x - x == x - x


@device
def _cast_bool(F, x):
    return x != F(0)


@device
def _logical_not(F, x):
    return x == F(0)


for _f in (_isnan, _isinf, _isfinite):
    test(_f.__name__[1:], _f, *FLOATS)
test("cast_bool", _cast_bool, *NUMBERS, "u8")
test("logical_not", _logical_not, "u8")


def _copy(name, F):
    """Register y = x for one dtype; values are moved as the integers F. args: x, y."""

    def run(a, lo, hi):
        S = sizeof(F)
        x, y = at(F, a[0] + lo * S), at(F, a[1] + lo * S)
        for i in range(hi - lo):
            y[i] = x[i]
        return 0

    run.__name__ = "copy_" + name
    return kernel()(run)


for _name, _F in (
    ("u8", np.uint8),
    ("i8", np.uint8),
    ("u16", np.uint16),
    ("i16", np.uint16),
    ("f16", np.uint16),
    ("bf16", np.uint16),
    ("u32", np.int32),
    ("i32", np.int32),
    ("f32", np.int32),
    ("u64", np.int64),
    ("i64", np.int64),
    ("f64", np.int64),
):
    _copy(_name, _F)


@kernel(*((t, u) for t in NUMBERS for u in (*NUMBERS, "u8") if t != u))
def cast(a, lo, hi, T, F):
    """y = x as another type; floats lose their fraction towards 0. args: x (F), y (T)."""
    x, y = at(F, a[0] + lo * sizeof(F)), at(T, a[1] + lo * sizeof(T))
    for i in range(hi - lo):
        y[i] = T(x[i])
    return 0


@kernel(("u8", "f32"), ("u8", "f64"), ("u8", "i32"), ("u8", "i64"))
def cast_byte(a, lo, hi, T, F):
    """y = x modulo 256, by way of int32. args: x (F), y (u8)."""
    x, y = at(F, a[0] + lo * sizeof(F)), at(T, a[1] + lo)
    for i in range(hi - lo):
        y[i] = T(np.int32(x[i]))
    return 0
