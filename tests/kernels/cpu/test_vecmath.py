"""The elementary functions against correctly rounded ones, in units in the last place; NaN, infinities and signs."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from fastnn import ops

# function -> (public form, largest error in ulp of float32 and float64 (vecmath states it), ranges of arguments)
FUNCTIONS = {
    "exp": (ops.exp, 1.3, 1.3, [(-80, 88), (-1, 1)]),
    "expm1": (ops.expm1, 2.5, 2.5, [(-20, 80), (-1e-3, 1e-3), (-1, 1)]),
    "log": (ops.log, 1.2, 1.2, [(1e-30, 1e-20), (0.3, 3), (1, 1e30)]),
    "log1p": (ops.log1p, 2, 2, [(-0.99, 3), (-1e-6, 1e-6), (1, 1e20)]),
    "tanh": (ops.tanh, 3, 3, [(-9, 9), (-0.1, 0.1), (-1e-5, 1e-5)]),
    "sin": (ops.sin, 2, 2, [(-10, 10), (-1e5, 1e5)]),
    "cos": (ops.cos, 2, 2, [(-10, 10), (-1e5, 1e5)]),
    "erf": (ops.erf, 4.5, 2.5, [(-4, 4), (-0.1, 0.1)]),
}


def exact(name, x):
    """The function at a float64 to about 30 digits."""
    with localcontext() as c:
        c.prec = 60
        v = Decimal(x)
        if name in ("exp", "expm1"):
            return v.exp() - (name == "expm1")
        if name in ("log", "log1p"):
            return (v + (name == "log1p")).ln()
        if name == "tanh":
            e = (2 * v).exp()
            return (e - 1) / (e + 1)
        return series(name, v)


def series(name, v):
    """sin, cos and erf by their Taylor series; sin and cos after a reduction by pi."""
    if name == "erf":
        term = total = v
        k = 0
        while abs(term) > Decimal("1e-45"):
            k += 1
            term = -term * v * v / k
            total += term / (2 * k + 1)
        return total * 2 / PI.sqrt()
    n = (v / PI).to_integral_value()
    r = v - n * PI
    term = total = r if name == "sin" else Decimal(1)
    k = 1 if name == "sin" else 0
    while abs(term) > Decimal("1e-45"):
        term = -term * r * r / ((k + 1) * (k + 2))
        total += term
        k += 2
    return -total if n % 2 else total


PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_in_ulp(name, dtype):
    function, small, large, ranges = FUNCTIONS[name]
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.uniform(low, high, 120) for low, high in ranges]).astype(dtype)
    worst = 0.0
    for a, b in zip(x, function(x)):
        wanted = exact(name, float(a))
        ulp = float(np.spacing(dtype(abs(float(wanted)))))
        worst = max(worst, float(abs(Decimal(float(b)) - wanted)) / ulp)
    assert worst <= (small if dtype is np.float32 else large), f"{worst:.2f} ulp"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_values(dtype):
    nan, inf = np.nan, np.inf
    x = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, -1.0], dtype)
    with np.errstate(all="ignore"):
        for function, wanted in (
            (ops.exp, np.exp),
            (ops.expm1, np.expm1),
            (ops.log, np.log),
            (ops.log1p, np.log1p),
            (ops.tanh, np.tanh),
            (ops.sqrt, np.sqrt),
            (ops.sin, np.sin),
            (ops.cos, np.cos),
        ):
            np.testing.assert_allclose(function(x), wanted(x).astype(dtype), rtol=1e-6, err_msg=function.__name__)
    np.testing.assert_array_equal(ops.erf(x)[:5], np.array([nan, 1, -1, 0, 0], dtype))
    np.testing.assert_array_equal(ops.sigmoid(x)[:5], np.array([nan, 1, 0, 0.5, 0.5], dtype))
    np.testing.assert_array_equal(ops.softplus(x)[:3], np.array([nan, inf, 0], dtype))
    np.testing.assert_array_equal(ops.relu(x), np.array([nan, inf, 0, 0, 0, 1, 0], dtype))
    np.testing.assert_array_equal(ops.silu(x)[:4], np.array([nan, inf, 0, 0], dtype))
    np.testing.assert_array_equal(ops.gelu(x)[:4], np.array([nan, inf, 0, 0], dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_overflow_and_underflow(dtype):
    big = math.log(float(np.finfo(dtype).max))
    x = np.array([big + 1, -big - 60, 1e4, -1e4], dtype)
    np.testing.assert_array_equal(ops.exp(x), np.array([np.inf, 0, np.inf, 0], dtype))
    np.testing.assert_array_equal(ops.expm1(x), np.array([np.inf, -1, np.inf, -1], dtype))
    assert np.isfinite(ops.exp(np.array([big - 1e-2], dtype)))[0]
    np.testing.assert_allclose(ops.softplus(x[2:]), [1e4, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_power_as_ieee_says(dtype):
    v = np.array([0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, np.inf, -np.inf, np.nan, 3], dtype)
    x, y = (a.ravel().copy() for a in np.meshgrid(v, v))
    with np.errstate(all="ignore"):
        wanted = np.power(x, y)
    np.testing.assert_allclose(ops.power(x, y), wanted, rtol=3e-7 if dtype is np.float32 else 1e-15)
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.1, 9, 300).astype(dtype), rng.uniform(-30, 30, 300).astype(dtype)
    exactly = np.power(a.astype(np.longdouble), b.astype(np.longdouble))
    assert (np.abs(ops.power(a, b) - exactly) / np.spacing(exactly.astype(dtype))).max() < 2.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quotients_and_rounding(dtype):
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-50, 50, 500).astype(dtype), rng.uniform(-5, 5, 500).astype(dtype)
    np.testing.assert_array_equal(ops.floor_divide(x, y), np.floor_divide(x, y))
    np.testing.assert_allclose(ops.mod(x, y), np.mod(x, y), atol=2e-6)
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 1e9, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(ops.round(halves), np.rint(halves))
    i, j = rng.integers(-50, 50, 100).astype(np.int32), rng.integers(-5, 5, 100).astype(np.int32)
    keep = j != 0
    np.testing.assert_array_equal(ops.floor_divide(i, j)[keep], np.floor_divide(i[keep], j[keep]))
    np.testing.assert_array_equal(ops.mod(i, j)[keep], np.mod(i[keep], j[keep]))
    smallest = np.array([np.iinfo(np.int32).min], np.int32)
    np.testing.assert_array_equal(ops.floor_divide(smallest, np.array([-1], np.int32)), smallest)
