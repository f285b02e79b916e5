"""The shuffle of an epoch against the same rule in Python integers."""

import numpy as np
import pytest

from fastnn.runtime.order import shuffle

M = 2**64 - 1


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & M
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & M
    return z ^ (z >> 31)


def reference(n, seed, stream):
    key = mix((seed + 0x9E3779B97F4A7C15) & M) + mix(stream ^ 0xD1B54A32D192ED03) & M
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = (mix((key + i * 0x9E3779B97F4A7C15) & M) >> 32) * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
    return order


@pytest.mark.parametrize("n", [0, 1, 2, 7, 500])
@pytest.mark.parametrize("seed, stream", [(0, 0), (3, 2), (2**63, 1)])
def test_the_rule(n, seed, stream):
    order = np.full(n, -1, np.int64)
    shuffle(order, seed, stream)
    assert order.tolist() == reference(n, seed, stream)


def test_first_places_are_uniform():
    counts = np.zeros(10)
    order = np.empty(10, np.int64)
    for stream in range(5000):
        shuffle(order, 1, stream)
        counts[order[0]] += 1
    assert abs(counts - 500).max() < 5 * np.sqrt(500 * 0.9)
