"""Many hashes at once are those that are made one by one."""

import numpy as np
import pytest

from fastnn.core.fingerprint import FEW, fingerprint64, fingerprints, joined

RNG = np.random.default_rng(0)


def of(values):
    return [fingerprint64(v) for v in values]


@pytest.mark.parametrize("most", [4, 17, 70])
def test_texts_of_all_lengths(most):
    texts = [RNG.integers(0, 256, n, dtype=np.uint8).tobytes() for n in RNG.integers(0, most, 40 * most)]
    assert fingerprints(texts).tolist() == of(texts)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 8, 16, 17, 32, 33, 64, 65])
@pytest.mark.parametrize("many", [1, FEW, 3 * FEW])
def test_texts_of_one_length(n, many):
    texts = [RNG.integers(0, 256, n, dtype=np.uint8).tobytes() for _ in range(many)]
    assert fingerprints(texts).tolist() == of(texts)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_decimal_digits(dtype):
    limits = np.iinfo(dtype)
    drawn = RNG.integers(limits.min, limits.max, 300, dtype, endpoint=True)
    small = RNG.integers(max(limits.min, -100), 100, 300).astype(dtype)
    values = np.concatenate([drawn, small, np.array([limits.min, limits.max, 0], dtype)])
    assert fingerprints(values).tolist() == of(str(v).encode() for v in values.tolist())


def test_nothing():
    assert fingerprints([]).shape == fingerprints(np.zeros(0, np.int64)).shape == (0,)


def test_crossing_of_arrays():
    a, b = fingerprints(np.arange(50)), fingerprints(np.arange(50) * 7)
    assert joined(a, b).tolist() == [joined(x, y) for x, y in zip(a.tolist(), b.tolist())]
