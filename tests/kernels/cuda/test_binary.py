"""Two values that broadcast, on blocks of threads: the CPU's bits."""

from __future__ import annotations

import evaluate
import numpy as np
import on_blocks
import pytest

from fastnn.kernels.cpu.binary import BROADCAST
from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)
SHAPES = [((3, 5), (5,)), ((4, 1), (4, 37)), ((2, 3, 4), (3, 1)), ((2, 1, 4), (1, 3, 4)), ((1, 200), (3, 1))]


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("name", BROADCAST)
def test_the_bits_of_the_cpu(name, shapes):
    arrays = [RNG.standard_normal(shape).astype(np.float32) for shape in shapes]
    results, used = on_blocks.run(lambda *s: REGISTRY[name](*s), arrays)
    assert used == [f"{name}_bc_f32"]
    evaluate.assert_same_bits(results, evaluate.run(lambda *s: REGISTRY[name](*s), arrays), name)
