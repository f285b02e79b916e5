"""Reductions on blocks of threads: cases, blocks of long axes, stripes of columns, and the bits of integers."""

from __future__ import annotations

import evaluate
import numpy as np
import on_blocks
import pytest

from fastnn.kernels.cuda import reductions
from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod"])
def test_cases(name, seed, dtype):
    kernel = ("sum" if name == "mean" else name) + "_"
    on_blocks.check(name, seed, dtype, (kernel, "copy"))  # nothing but axes of one element is a copy


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "bool"])
@pytest.mark.parametrize(
    "shape, axis", [((3, 40), 1), ((5, 3), 0), ((2, 9, 35), 1), ((1100, 2), 0), ((40, 3, 2), (0, 2))]
)
def test_axes(shape, axis, dtype):
    """Rows; columns in one stripe and in two; columns of several blocks; several axes."""
    names = ["any", "all"] if dtype == "bool" else ["sum", "max", "min", "prod"]
    x = RNG.integers(0, 2, shape).astype(bool) if dtype == "bool" else RNG.integers(-3, 4, shape).astype(dtype)
    for name in names:
        results, _ = on_blocks.run(lambda s, name=name: REGISTRY[name](s, axis=axis), [x])
        with np.errstate(over="ignore"):
            want = getattr(np, name)(x, axis=axis, **({"dtype": dtype} if name in ("sum", "prod") else {}))
        if name == "prod" and dtype == "float32":
            np.testing.assert_allclose(results[0], want, rtol=1e-5)
        else:
            np.testing.assert_array_equal(results[0], want)


def test_long_rows_have_a_whole_block(monkeypatch):
    monkeypatch.setattr(reductions, "LONG_ROW", 64)
    x = RNG.standard_normal((2, 700)).astype(np.float32)
    results, used = on_blocks.run(lambda s: REGISTRY["sum"](s, axis=1), [x])
    assert used == ["sum_rows_f32"]
    np.testing.assert_allclose(results[0], x.astype(np.float64).sum(1), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["max", "min"])
def test_nan_is_an_extreme(name):
    x = RNG.standard_normal((4, 70)).astype(np.float32)
    x[1, 69], x[2, 0] = np.nan, np.nan
    for axis in (0, 1):
        results, _ = on_blocks.run(lambda s, axis=axis: REGISTRY[name](s, axis=axis), [x])
        np.testing.assert_array_equal(results[0], getattr(np, name)(x, axis=axis))


@pytest.mark.parametrize("name, seeds", [("sum_squares", 3), ("first_not_finite", 3)])
def test_of_one_result(name, seeds):
    for seed in range(seeds):
        on_blocks.check(name, seed, "float32", name)


def test_the_first_that_is_not_finite():
    x = RNG.standard_normal(600).astype(np.float32)
    for place, value, want in ((None, 0, -1), (599, np.inf, 2 * 599), (257, np.nan, 2 * 257 + 1), (3, -np.inf, 6)):
        if place is not None:
            x[place] = value
        results, _ = on_blocks.run(lambda s: REGISTRY["first_not_finite"](s), [x])
        assert int(results[0]) == want


def test_blocks_do_not_change_bits():
    x = RNG.standard_normal((40, 33)).astype(np.float32)
    for axis in (0, 1, None):
        first, _ = on_blocks.run(lambda s, axis=axis: REGISTRY["sum"](s, axis=axis), [x], count=1)
        other, _ = on_blocks.run(lambda s, axis=axis: REGISTRY["sum"](s, axis=axis), [x], count=7)
        evaluate.assert_same_bits(other, first, f"axis {axis}")
