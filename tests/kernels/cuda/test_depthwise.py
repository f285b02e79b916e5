"""Depthwise convolutions on blocks of threads, and their gradients."""

from __future__ import annotations

import evaluate
import numpy as np
import on_blocks
import pytest

from fastnn.ops.op import REGISTRY

RNG = np.random.default_rng(0)
OPS = {"conv2d": "depthwise_pixels_", "conv2d_grad_x": "depthwise_pixels_", "conv2d_grad_w": "depthwise_sums_"}
# images, window, attributes
SHAPES = [
    ((2, 5, 6, 3), (3, 3), {"padding": "same"}),
    ((1, 7, 5, 33), (2, 3), {"strides": (2, 2)}),  # more than a stripe of channels
    ((1, 6, 6, 2), (2, 2), {"dilation": (2, 3)}),
    ((1, 5, 5, 2), (1, 1), {"strides": (3, 3)}),  # places of gx that no tap reaches
    ((2, 24, 24, 3), (3, 3), {"padding": "same"}),  # sums in parts
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES[:-1])
@pytest.mark.parametrize("name", OPS)
def test_shapes(name, shape, dtype):
    check(name, *shape, dtype)


def test_sums_in_parts():
    assert "add_partials_f32" in check("conv2d_grad_w", *SHAPES[-1], np.float32)


def check(name: str, images: tuple[int, ...], window: tuple[int, int], attrs: dict, dtype: type) -> list[str]:
    """The kernels that one of the three took, after comparing its result."""
    C, op = images[-1], REGISTRY[name]
    attrs = {"strides": (1, 1), "padding": "valid", "dilation": (1, 1), "groups": C, **attrs}
    x, w = RNG.standard_normal(images).astype(dtype), RNG.standard_normal((*window, 1, C)).astype(dtype)
    y = REGISTRY["conv2d"].reference(x.astype(np.float64), w.astype(np.float64), None, activation=None, **attrs)
    gy = RNG.standard_normal(y.shape).astype(dtype)
    arrays, more = {"conv2d": ([x, w], {}), "conv2d_grad_x": ([gy, w], {"size": images[1:3]}),
                    "conv2d_grad_w": ([x, gy], {"kernel": window})}[name]  # fmt: skip
    want = op.reference(*(a.astype(np.float64) for a in arrays), **op.normalize({**attrs, **more}))
    results, used = on_blocks.run(lambda *s: op(*s, **attrs, **more), arrays)
    rtol = evaluate.tolerance(op, arrays, results, {**attrs, **more}, np.dtype(dtype).name)
    evaluate.assert_close(results[0], want, rtol, f"{name} {images} {attrs}")
    assert any(k.startswith(OPS[name]) for k in used)
    return used
