"""Tiles on tensor cores, simulated: the same kernels, with operands rounded to TF32."""

from __future__ import annotations

import numpy as np
import on_blocks
import pytest

from fastnn.core import config
from fastnn.core.blocks import TILES
from fastnn.core.jit_mma import tf32
from fastnn.kernels.cuda import tiles
from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)


@pytest.fixture
def precision():
    """TF32 is asked for."""
    before = config.matmul_precision()
    config.set_matmul_precision("tf32")
    yield
    config.set_matmul_precision(before)


def rounded(x):
    return np.array([tf32(v) for v in x.ravel()], np.float32).reshape(x.shape).astype(np.float64)


@pytest.mark.parametrize("form", ["nn", "tn", "nt", "tt"])
def test_products(form, precision):
    x, w, b = (RNG.standard_normal(s).astype(np.float32) for s in ((19, 11), (11, 18), (18,)))
    given = [np.ascontiguousarray(v.T if t == "t" else v) for v, t in zip((x, w), form)]
    how = {"transpose_a": form[0] == "t", "transpose_b": form[1] == "t", "activation": "relu"}
    results, used = on_blocks.run(lambda *s: REGISTRY["matmul"](*s, **how), [*given, b])
    assert used == ["matmul_tf32_16x16_f32"]
    np.testing.assert_allclose(results[0], np.maximum(rounded(x) @ rounded(w) + b, 0), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["conv2d", "conv2d_grad_x", "conv2d_grad_w"])
def test_convolutions(name, precision):
    x, w, gy = (RNG.standard_normal(s).astype(np.float32) for s in ((1, 6, 5, 3), (3, 3, 3, 4), (1, 6, 5, 4)))
    arrays, more = {"conv2d": ([x, w], {}), "conv2d_grad_x": ([gy, w], {"size": (6, 5)}),
                    "conv2d_grad_w": ([x, gy], {"kernel": (3, 3)})}[name]  # fmt: skip
    op, attrs = REGISTRY[name], {"padding": "same", **more}
    results, used = on_blocks.run(lambda *s: op(*s, **attrs), arrays)
    assert "_tf32_" in used[0]
    want = op.reference(*map(rounded, arrays), **op.normalize(attrs))
    np.testing.assert_allclose(results[0], want, rtol=0, atol=2e-5)


def test_float64_stays_as_it_is(precision):
    x, w = RNG.standard_normal((5, 6)), RNG.standard_normal((6, 7))
    results, used = on_blocks.run(lambda *s: REGISTRY["matmul"](*s, None), [x, w])
    assert used == ["matmul_8x8_f64"]
    np.testing.assert_allclose(results[0], x @ w, rtol=1e-12)


@pytest.mark.parametrize("t, form", [(t, form) for t, forms in TILES.items() for form in forms])
def test_every_form_shares_its_work_out_whole(t, form):
    """Quads for all threads, one place along k (and along a flat operand) for each, and shared memory that there is."""
    z = (tiles.tensors if t == "tf32" else tiles.registers)(*form)
    assert z.T % 32 == 0
    assert z.ACC * z.T == z.BM * z.BN
    for outer in (z.BM, z.BN):
        assert outer * z.BK % (4 * z.T) == 0
    assert 4 * z.T % z.BK == 4 * z.T % z.BM == 0
    assert (z.A + z.B + z.BOX) * (8 if t == "f64" else 4) <= 48 * 1024
    assert sorted(z.row_of(i, z.place(t)[1]) for t in range(z.T) for i in range(z.ROWS) if z.place(t)[0] == 0) == list(
        range(z.BM)
    )
