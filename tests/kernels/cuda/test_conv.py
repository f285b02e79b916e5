"""Convolutions on blocks of threads, and their gradients: the records' cases, and what those seldom draw."""

from __future__ import annotations

import numpy as np
import on_blocks
import pytest

from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)
OPS = ["conv2d", "conv2d_grad_x", "conv2d_grad_w"]


@pytest.mark.parametrize("seed, dtype", [*((seed, "float32") for seed in range(10)), (1, "float64"), (2, "float64")])
@pytest.mark.parametrize("name", OPS)
def test_cases(name, seed, dtype):
    on_blocks.check(name, seed, dtype, ("correlate", "depthwise"))


# images, channels per group and filters per group, groups, window, attributes
SHAPES = [
    ((2, 5, 6), 4, 8, 1, (3, 3), {"padding": "same"}),  # whole quads of channels: 128-bit loads
    ((1, 6, 5), 4, 4, 2, (3, 2), {"padding": "same", "strides": (2, 3)}),
    ((1, 7, 7), 6, 3, 2, (2, 2), {"dilation": (3, 2)}),  # taps end inside a quad, at no multiple of 4
    ((1, 4, 4), 1, 1, 1, (2, 3), {"padding": "same"}),  # one channel to one
    ((3, 3, 3), 8, 1, 1, (1, 1), {"strides": (3, 2)}),  # places that no tap of gx reaches
    ((1, 5, 5), 2, 9, 1, (3, 3), {"padding": ((2, 0), (0, 2))}),
    ((2, 12, 12), 3, 2, 1, (2, 2), {}),  # enough pixels for sums of weights in parts
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OPS)
def test_shapes(name, shape):
    (n, h, w), C, K, groups, window, attrs = shape
    attrs = {"strides": (1, 1), "padding": "valid", "dilation": (1, 1), "groups": groups, **attrs}
    x = RNG.standard_normal((n, h, w, C * groups)).astype(np.float32)
    weights = RNG.standard_normal((*window, C, K * groups)).astype(np.float32)
    y = REGISTRY["conv2d"].reference(x.astype(np.float64), weights.astype(np.float64), None, activation=None, **attrs)
    gy = RNG.standard_normal(y.shape).astype(np.float32)
    arrays, more = {"conv2d": ([x, weights], {}), "conv2d_grad_x": ([gy, weights], {"size": (h, w)}),
                    "conv2d_grad_w": ([x, gy], {"kernel": window})}[name]  # fmt: skip
    op = REGISTRY[name]
    want = op.reference(*(a.astype(np.float64) for a in arrays), **op.normalize({**attrs, **more}))
    results, _ = on_blocks.run(lambda *s: op(*s, **attrs, **more), arrays)
    np.testing.assert_allclose(results[0], want, rtol=0, atol=2e-6 * max(1, abs(want).max()) * 6)


def test_depthwise_sums_in_parts():
    x = RNG.standard_normal((2, 24, 24, 3)).astype(np.float32)
    gy = RNG.standard_normal((2, 24, 24, 3)).astype(np.float32)
    attrs = {"padding": "same", "groups": 3, "kernel": (3, 3)}
    results, used = on_blocks.run(lambda *s: REGISTRY["conv2d_grad_w"](*s, **attrs), [x, gy])
    assert used == ["depthwise_sums_f32", "add_partials_f32"]
    op = REGISTRY["conv2d_grad_w"]
    want = op.reference(x.astype(np.float64), gy.astype(np.float64), **op.normalize(attrs))
    np.testing.assert_allclose(results[0], want, rtol=0, atol=1e-4)
