"""Layer and batch normalisation on blocks of threads."""

from __future__ import annotations

import numpy as np
import on_blocks
import pytest

from fastnn.kernels.cuda import trees
from fastnn.ops.op import REGISTRY
from fastnn.ops.records import normalization_cuda

RNG = np.random.default_rng(0)
OPS = {
    "layer_norm": "layer_norm_",
    "layer_norm_grad": "layer_norm_grad_rows_",
    "batch_norm": "batch_norm_map_",
    "batch_norm_grad": "batch_norm_grad_map_",
    "batch_norm_inference": "batch_norm_map_",
}


@pytest.mark.parametrize("seed, dtype", [(0, "float32"), (1, "float32"), (2, "float64"), (5, "float32")])
@pytest.mark.parametrize("name", OPS)
def test_cases(name, seed, dtype):
    on_blocks.check(name, seed, dtype, OPS[name])


@pytest.mark.parametrize("name", ["layer_norm", "layer_norm_grad"])
def test_long_rows_have_a_whole_block(name, monkeypatch):
    monkeypatch.setattr(trees, "LONG_ROW", 0)
    on_blocks.check(name, 1, "float32", OPS[name])


@pytest.mark.parametrize("name", ["batch_norm", "batch_norm_grad", "layer_norm_grad"])
def test_statistics_of_several_blocks(name, monkeypatch):
    monkeypatch.setattr(normalization_cuda, "ROWS", 3)
    for seed in range(3):
        on_blocks.check(name, seed, "float32", OPS[name])


def test_statistics_are_centred():
    """A large mean does not eat the variance."""
    x = (RNG.standard_normal((60, 3)) + 3e4).astype(np.float32)
    results, _ = on_blocks.run(lambda s: REGISTRY["batch_norm"](s, None, None)[2], [x])
    np.testing.assert_allclose(results[0], x.astype(np.float64).var(0), rtol=1e-4)


def test_the_cut_is_bounded():
    """As many blocks as a device has use for, of whole rows, whatever the sizes."""
    for rows in (1, 63, 64, 1000, 10**6):
        for c in (1, 32, 33, 2048, 10**5):
            length, blocks, stripes = normalization_cuda._cut(rows, c)
            assert (blocks - 1) * length < rows <= blocks * length
            assert blocks == 1 or blocks * stripes <= normalization_cuda.MANY
