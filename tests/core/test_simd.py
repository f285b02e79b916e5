"""The explicit-vector helpers: sums of a fixed shape, tiles, copies, transposes, and equal bits on every level."""

import os
import subprocess
import sys

import numpy as np
import pytest

from fastnn.core import jit, simd
from fastnn.runtime import pack

SIZES = (0, 1, 7, 16, 63, 64, 65, 200)


@jit.kernel("f32", "f64")
def simd_test_lanes(a, lo, hi, F):
    """All sums.  args: x, y, centre, out, n."""
    x, y, out, n = jit.at(F, a[0]), jit.at(F, a[1]), jit.at(F, a[3]), a[4]
    out[0] = simd.lanes_sum(F, x, n)
    out[1] = simd.lanes_dot(F, x, y, n)
    out[2] = simd.lanes_sumsq(F, x, n)
    out[3] = simd.lanes_sumsq_dev(F, x, jit.at(F, a[2])[0], n)
    out[4] = simd.lanes_max(F, x, n)
    out[5] = simd.lanes_min(F, x, n)
    out[6] = simd.fma(F, x[0], y[0], x[1])
    return 0


def fixed(x, F):
    """The documented shape of a sum: 4 groups of lanes, then the groups, then halves."""
    lanes = 64 // np.dtype(F).itemsize
    acc = np.zeros((4, lanes), F)
    padded = np.zeros(-(-len(x) // (4 * lanes)) * 4 * lanes, F)
    padded[: len(x)] = x
    for block in padded.reshape(-1, 4, lanes):
        acc = acc + block
    total = (acc[0] + acc[1]) + (acc[2] + acc[3])
    while len(total) > 1:
        total = total[: len(total) // 2] + total[len(total) // 2 :]
    return total[0]


def lanes(F, x, y, centre=0.25):
    """Results of simd_test_lanes."""
    out = np.zeros(7, F)
    n = len(x)
    room = [np.concatenate([v, np.zeros(2, F)]) for v in (x, y)]
    assert pack.call(f"simd_test_lanes_{jit.type_name(F)}", [*room, np.array([centre], F), out, n], 0, 1) == 0
    return out


needs_own_kernels = pytest.mark.skipif(
    jit.MODE == "pack", reason="a kernel of the test itself needs mode jit or python"
)


@needs_own_kernels
@pytest.mark.parametrize("F", [np.float32, np.float64])
@pytest.mark.parametrize("n", SIZES)
def test_sums_have_the_documented_shape(F, n):
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal(n).astype(F), rng.standard_normal(n).astype(F)
    got = lanes(F, x, y)
    assert got[0] == fixed(x, F)
    wide, eps = x.astype(np.float64), 8 * np.finfo(F).eps * max(n, 1)
    np.testing.assert_allclose(got[1:4], [wide @ y, wide @ wide, ((wide - 0.25) ** 2).sum()], rtol=eps, atol=eps)
    assert got[4] == (x.max() if n else -np.inf)
    assert got[5] == (x.min() if n else np.inf)


@needs_own_kernels
@pytest.mark.parametrize("at", [0, 5, 70])
def test_nan_propagates(at):
    x = np.arange(80, dtype=np.float32)
    x[at] = np.nan
    got = lanes(np.float32, x, x)
    assert np.isnan(got[:6]).all()


LEVELS_SCRIPT = """
import numpy as np
from fastnn import ops
from fastnn.ops.op import REGISTRY
import fastnn.compiler.eager
import hashlib, sys
rng = np.random.default_rng(0)
def f(*s): return rng.standard_normal(s, dtype=np.float32)
h = hashlib.sha256()
for y in (ops.matmul(f(37, 75), f(75, 41)), ops.matmul(f(130, 600), f(600, 70), f(70), activation="tanh"),
          ops.matmul(f(3, 30), f(30, 7)), ops.matmul(f(1, 99), f(50, 99), transpose_b=True),
          ops.conv(f(2, 9, 8, 3), f(3, 3, 3, 20), 2, "same"), ops.conv(f(8, 16, 16, 16), f(3, 3, 16, 18)),
          ops.depthwise_conv(f(2, 6, 5, 21), f(3, 3, 21, 1))):
    h.update(np.ascontiguousarray(y).tobytes())
x, gy = f(12, 8, 8, 16), f(12, 8, 8, 24)
h.update(REGISTRY["conv2d_grad_w"](x, gy, kernel=(3, 3), padding="same").tobytes())
h.update(REGISTRY["conv2d_grad_x"](gy, f(3, 3, 16, 24), size=(8, 8), padding="same").tobytes())
print(h.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.compiled
def test_levels_give_equal_bits(tmp_path):
    """AVX2 and AVX-512 code of the same kernels: one chain of fused multiply-adds per element."""
    from fastnn.core import simd_vec

    if simd_vec.level() != "x86-64-v4":
        pytest.skip("this CPU runs one level only")
    digests = set()
    for level in ("x86-64-v3", "x86-64-v4"):
        env = {**os.environ, "FASTNN_KERNELS": "jit", "FASTNN_LEVEL": level}
        done = subprocess.run([sys.executable, "-c", LEVELS_SCRIPT], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1
