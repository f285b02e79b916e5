"""Products on blocks of threads: every orientation, edges of tiles, parts of sums, epilogues, bits."""

from __future__ import annotations

from typing import Any

import evaluate
import numpy as np
import on_blocks
import pytest

from fastnn.core import jit_cuda
from fastnn.core.blocks import BIAS, RELU
from fastnn.core.memory import register_memory
from fastnn.kernels.cuda import products, tiles
from fastnn.kernels.reference.matmul import matmul as reference
from fastnn.ops.op import REGISTRY
from fastnn.ops.records import matmul_cuda

RNG = np.random.default_rng(0)
FORMS = ["nn", "tn", "nt", "tt"]


def call(kernel: Any, args: list[Any], items: int, blocks: int = 2, backward: bool = False) -> int:
    """One launch; arrays give their addresses."""
    words = [register_memory(a).ctypes.data if isinstance(a, np.ndarray) else a for a in args]
    return jit_cuda.launch(kernel, words, 0, items, blocks, backward)


def product(form: str, M: int, N: int, K: int, F: Any = np.float32, flags: int = 0, code: int = 0, **how: Any) -> Any:
    """(what the kernel makes, what float64 makes) of one product by the smallest tiles."""
    x, w, bias = (RNG.standard_normal(shape).astype(F) for shape in ((M, K), (K, N), (N,)))
    a = np.ascontiguousarray(x.T if form[0] == "t" else x)
    b = np.ascontiguousarray(w.T if form[1] == "t" else w)
    ars, aks = (1, M) if form[0] == "t" else (K, 1)
    bks, bns = (1, K) if form[1] == "t" else (N, 1)
    y, table = np.full((M, N), np.nan, F), np.array([[0, 0, K]])
    source, threads = products.product(tiles.registers(*on_blocks.TILES["f32"]))
    kernel = jit_cuda.CudaKernel("product", source, (F,), threads)
    args = [a, ars, aks, b, bks, bns, y, M, N, flags, bias, code, table]
    assert call(kernel, args, -(-M // 8) * -(-N // 8), **how) == 0
    want = x.astype(np.float64) @ w + (bias if flags & BIAS else 0)
    return y, np.maximum(want, 0) if flags & RELU else want


@pytest.mark.parametrize("F", [np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("M, N, K", [(8, 8, 4), (16, 16, 8), (9, 7, 5), (1, 17, 3), (20, 1, 12), (12, 12, 1)])
def test_orientations_and_edges(form, M, N, K, F):
    y, want = product(form, M, N, K, F, flags=BIAS | RELU)
    np.testing.assert_allclose(y, want, rtol=0, atol=20 * np.finfo(F).eps * max(1, abs(want).max()))


def test_an_empty_sum_is_the_bias():
    y, want = product("nn", 3, 5, 0, flags=BIAS)
    np.testing.assert_array_equal(y, want.astype(np.float32))


@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh"])
def test_epilogues_have_the_bits_of_the_cpu(activation):
    """Every sum is the same chain there and here, and so is what follows."""
    x, w, b = (RNG.standard_normal(s).astype(np.float32) for s in ((11, 6), (6, 9), (9,)))
    results, used = on_blocks.run(lambda *s: REGISTRY["matmul"](*s, activation=activation), [x, w, b])
    assert used == ["matmul_8x8_f32"]
    evaluate.assert_same_bits(results, [REGISTRY["matmul"](x, w, b, activation=activation)], str(activation))


@pytest.mark.parametrize("form", FORMS)
def test_long_sums_are_cut_and_added_in_order(form):
    x, w, b = (RNG.standard_normal(s).astype(np.float32) for s in ((3, 600), (600, 5), (5,)))
    given = [np.ascontiguousarray(v.T if t == "t" else v) for v, t in zip((x, w), form)]
    how = {"transpose_a": form[0] == "t", "transpose_b": form[1] == "t", "activation": "tanh"}
    results, used = on_blocks.run(lambda *s: REGISTRY["matmul"](*s, **how), [*given, b])
    assert used == ["matmul_8x8_f32", "add_partials_f32"]
    want = reference(*(v.astype(np.float64) for v in (*given, b)), **how)
    np.testing.assert_allclose(results[0], want, rtol=0, atol=2e-5)
    again, _ = on_blocks.run(lambda *s: REGISTRY["matmul"](*s, **how), [*given, b], count=1, backward=True)
    evaluate.assert_same_bits(again, results, "other blocks, another order")


@pytest.mark.parametrize("seed, dtype", [*((seed, "float32") for seed in range(10)), (1, "float64"), (2, "float64")])
def test_cases(seed, dtype):
    on_blocks.check("matmul", seed, dtype, "matmul_")


@pytest.mark.parametrize("t", ["f32", "f64"])
def test_the_choice_of_tiles_and_parts(t):
    """Large products take the largest tile, few rows the lowest; few long sums are cut, never into short ranges."""
    largest = next(iter(matmul_cuda.TILES[t]))
    assert matmul_cuda.choose(t, 4096, 4096, 1024) == (largest, 1)
    assert matmul_cuda.choose(t, 4, 1 << 16, 64)[0][0] == 16
    assert matmul_cuda.choose(t, 64, 64, 1 << 17)[1] > 8
    for depth in (0, 1, 127, 128, 1000, 5000):
        for parts in (1, 2, 8):
            cut = matmul_cuda.ranges(depth, parts)
            assert [k for k, _ in cut] == [sum(n for _, n in cut[:i]) for i in range(len(cut))]
            assert sum(n for _, n in cut) == depth
