"""Gradients of gathered rows on blocks of threads: the CPU's bits, whatever the indices."""

from __future__ import annotations

import evaluate
import numpy as np
import on_blocks
import pytest

from fastnn.core.errors import KernelError
from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("seed, dtype", [*((seed, "float32") for seed in range(6)), (2, "float64")])
def test_cases(seed, dtype):
    on_blocks.check("take_grad", seed, dtype, "take_grad_blocks_")


@pytest.mark.parametrize("rows, inner, many", [(70, 3, 300), (5, 200, 40), (33, 1, 129), (40, 2, 0)])
@pytest.mark.parametrize("skewed", [False, True])
def test_the_bits_of_the_cpu(rows, inner, many, skewed):
    """Rows of several blocks, columns of several rounds, indices of several rounds, and one index for nearly all."""
    index = RNG.integers(0, rows, many).astype(np.int32)
    if skewed:
        index[RNG.random(many) < 0.9] = rows - 1
    gy = RNG.standard_normal((many, inner)).astype(np.float32)

    def grad(g, i):
        return REGISTRY["take_grad"](g, i, axis=0, size=rows)

    results, _ = on_blocks.run(grad, [gy, index])
    evaluate.assert_same_bits(results, evaluate.run(grad, [gy, index]), "take_grad")


@pytest.mark.parametrize("index", [-5, 4])
def test_an_index_outside_is_an_error(index):
    gy, indices = np.ones((3, 2), np.float32), np.array([0, index, 1])
    with pytest.raises(KernelError):
        on_blocks.run(lambda g, i: REGISTRY["take_grad"](g, i, axis=0, size=4), [gy, indices])
