"""Softmax and the cross-entropies on blocks of threads."""

from __future__ import annotations

import numpy as np
import on_blocks
import pytest

from fastnn.core.errors import KernelError
from fastnn.kernels.cuda import trees
from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)
OPS = ["softmax", "softmax_grad", "log_softmax", "log_softmax_grad", "softmax_cross_entropy",
       "softmax_cross_entropy_grad", "sparse_softmax_cross_entropy", "sparse_softmax_cross_entropy_grad",
       "categorical_crossentropy", "categorical_crossentropy_grad", "sparse_categorical_crossentropy",
       "sparse_categorical_crossentropy_grad"]  # fmt: skip
SPARSE = [name for name in OPS if name.startswith("sparse")]


@pytest.mark.parametrize("seed, dtype", [(0, "float32"), (1, "float32"), (2, "float64")])
@pytest.mark.parametrize("name", OPS)
def test_cases(name, seed, dtype):
    on_blocks.check(name, seed, dtype, name)


@pytest.mark.parametrize("name", OPS)
def test_long_rows_have_a_whole_block(name, monkeypatch):
    monkeypatch.setattr(trees, "LONG_ROW", 0)
    on_blocks.check(name, 3, "float32", name)


@pytest.mark.parametrize("label", [-1, 5])
@pytest.mark.parametrize("name", SPARSE)
def test_a_label_outside_is_an_error(name, label):
    probs, labels, gy = np.full((3, 5), 0.2, np.float32), np.array([1, label, 2]), np.ones(3, np.float32)
    arrays = [probs, labels, gy] if name.endswith("grad") else [probs, labels]
    with pytest.raises(KernelError):
        on_blocks.run(lambda *s: REGISTRY[name](*s, **({} if "softmax" in name else {"epsilon": 1e-7})), arrays)


def test_rows_without_a_finite_maximum():
    x = np.float32([[-np.inf, -np.inf], [np.inf, 1], [np.nan, 0], [-np.inf, 3]])
    results, _ = on_blocks.run(lambda s: REGISTRY["softmax"](s), [x])
    np.testing.assert_array_equal(results[0], [[np.nan] * 2, [np.nan] * 2, [np.nan] * 2, [0, 1]])


def test_a_class_of_probability_0_costs_nothing():
    x, target = np.float32([[0.0, -np.inf]]), np.float32([[1.0, 0.0]])
    results, _ = on_blocks.run(lambda *s: REGISTRY["softmax_cross_entropy"](*s), [x, target])
    assert results[0].tolist() == [0.0]
