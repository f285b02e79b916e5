"""Public operations give what Keras gives: values at the edges, dtypes and shapes (make_keras_values.py)."""

import pathlib
import re

import keras_calls_later
import numpy as np
import pytest
from make_keras_values import leaves, names, unpack

from fastnn import ops

with np.load(pathlib.Path(__file__).parent / "keras_values.npz") as file:
    VALUES = unpack(file)
LATER = frozenset(keras_calls_later.calls())
NAMES = sorted({re.match(r"P\.([a-z_0-9.]+)", call)[1] for call in VALUES})


def difference(got, want, sums=False):
    """What differs between two lists of arrays, or "".  sums: their errors are relative to the largest value."""
    if len(got) != len(want):
        return f"{len(got)} results instead of {len(want)}"
    for g, w in zip(got, want):
        if g.dtype != w.dtype or g.shape != w.shape:
            return f"{g.dtype} {g.shape} instead of {w.dtype} {w.shape}"
        rtol = 0 if w.dtype.kind != "f" else 2.5e-3 if w.dtype == np.float16 else 2e-5
        finite = np.abs(w[np.isfinite(w)].astype("f8")) if sums and w.dtype.kind == "f" else np.zeros(1)
        atol = max(1e-30, rtol * finite.max(initial=0) / 4)
        if not np.allclose(g.astype("f8"), w.astype("f8"), rtol=rtol, atol=atol, equal_nan=True):
            return f"{g.ravel()[:8].tolist()} instead of {w.ravel()[:8].tolist()}"
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_operation(name):
    scope, wrong = names(ops), {}
    for call, want in VALUES.items():
        if re.match(r"P\.([a-z_0-9.]+)", call)[1] == name:
            found = difference(leaves(eval(call, dict(scope))), want, sums=call in LATER)
            if found:
                wrong[call] = found
    assert not wrong


@pytest.mark.parametrize("axis", [0, 1])
def test_running_sums_do_not_lose_their_terms(axis):
    shape = (100000, 6) if axis == 0 else (3, 100000)
    last = ops.take(ops.cumsum(np.full(shape, 0.1, "float32"), axis=axis), -1, axis=axis)
    np.testing.assert_allclose(last, np.full(last.shape, 10000.0), rtol=1e-6)


@pytest.mark.parametrize("call", ["P.angle(x)", "P.deg2rad(x)", "P.rad2deg(x)", "P.sinc(x)", "P.linspace(x,x+1,3)",
                                  "P.logspace(x,x+1,3)", "P.geomspace(x*x+1,x*x+2,3)"])  # fmt: skip
def test_float64_keeps_its_digits(call):
    x = np.array([-2.5, -1.0, 0.0, 0.3, 7.0])
    got, want = eval(call, {"P": ops, "x": x}), eval(call, {"P": np, "x": x})
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15)
