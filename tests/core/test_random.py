"""Large arrays of random numbers are drawn by kernels: the numbers that NumPy draws, but for rounding."""

import numpy as np
import pytest

import fastnn
from fastnn.core import random

N = random.LARGE
KEYS = [(0, 1), (7, 3, 5), (2**64 - 1, 2**63), (-4, -9), (12,)]
DRAWS = [random.uniform, random.normal, random.truncated_normal]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("draw", DRAWS)
def test_a_large_array_has_the_numbers_of_a_small_one(draw, key):
    """Six units in the last place of the largest: quantile and scaling in float32 instead of float64."""
    large, small = draw(key, (N // 8, 8), -0.3, 2.0), draw(key, N - 1, -0.3, 2.0)
    assert large.shape == (N // 8, 8) and large.dtype == np.float32
    np.testing.assert_allclose(large.reshape(-1)[:-1], small, rtol=2e-6, atol=6 * np.spacing(np.float32(8)))


def test_other_types_are_numpys():
    assert random.uniform((1, 2), N, dtype="float64").dtype == np.float64
    whole = random.normal((1, 2), N, dtype="float64")
    assert np.array_equal(whole[:100], random.normal((1, 2), 100, dtype="float64"))


def test_bounds_and_moments():
    x = random.truncated_normal((3, 4), 20 * N)
    assert abs(x).max() <= 2 and abs(x.mean()) < 0.005
    x = random.uniform((3, 4), 20 * N, -0.25, 0.25)
    assert x.min() >= -0.25 and x.max() <= 0.25 and abs(x.std() - 0.5 / 12**0.5) < 1e-3


def test_the_same_seed_gives_the_same_weights():
    first, second = (fastnn.initializers.HeNormal(seed=5)((300, 300)) for _ in range(2))
    assert np.array_equal(first, second) and abs(first.std() / (2 / 300) ** 0.5 - 1) < 0.01
