"""Pooling on blocks of threads: the CPU's bits where nothing is added in another order."""

from __future__ import annotations

import evaluate
import numpy as np
import on_blocks
import pytest

OPS = ["max_pool2d", "max_pool2d_grad", "max_pool2d_take", "avg_pool2d", "avg_pool2d_grad"]


@pytest.mark.parametrize("seed, dtype", [*((seed, "float32") for seed in range(6)), (1, "float64")])
@pytest.mark.parametrize("name", OPS)
def test_cases(name, seed, dtype):
    on_blocks.check(name, seed, dtype, name.replace("2d", ""))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", OPS[:3])
def test_the_bits_of_the_cpu(name, seed):
    op, case, arrays = on_blocks.case_of(name, seed, "float32")
    results, _ = on_blocks.run(evaluate.op_function(op, case), arrays)
    expected = evaluate.run(evaluate.op_function(op, case), arrays)
    evaluate.assert_same_bits([r + 0 for r in results], [np.asarray(r) + 0 for r in expected], f"{name} {case}")
