"""Convolutions: windows, every kernel, Winograd against the direct sums, the public functions, equal bits."""

import numpy as np
import pytest

from fastnn import ops
from fastnn.compiler.program import Program
from fastnn.compiler.target import Options
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.graph.trace import Trace
from fastnn.kernels.reference import conv as reference
from fastnn.ops.op import REGISTRY
from fastnn.ops.records import convolution_direct
from fastnn.ops.records.convolution_direct import merged, together
from fastnn.ops.records.convolution_geometry import conv_shape
from fastnn.ops.records.convolution_winograd import winograd_pays

compiled = pytest.mark.compiled
RNG = np.random.default_rng(1)


def draw(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def close(got, want, tolerance):
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * max(1.0, np.abs(want).max()))


def check(x, w, tolerance=2e-6, **attrs):
    """Forward with bias and relu, and both gradients, against the float64 references."""
    b = draw(w.shape[-1])
    wide = [v.astype(np.float64) for v in (x, w, b)]
    y = REGISTRY["conv2d"](x, w, b, **attrs, activation="relu")
    close(y, reference.conv2d(*wide, **attrs, activation="relu"), tolerance)
    gy = draw(*y.shape)
    size, kernel = x.shape[1:3], w.shape[:2]
    close(
        REGISTRY["conv2d_grad_x"](gy, w, size=size, **attrs),
        reference.conv2d_grad_x(gy.astype(np.float64), wide[1], size=size, **attrs),
        tolerance,
    )
    close(
        REGISTRY["conv2d_grad_w"](x, gy, kernel=kernel, **attrs),
        reference.conv2d_grad_w(wide[0], gy.astype(np.float64), kernel=kernel, **attrs),
        tolerance * 2,
    )


@pytest.mark.parametrize("padding", ["valid", "same", ((2, 0), (1, 3))])
@pytest.mark.parametrize("strides, dilation", [((1, 1), (1, 1)), ((2, 1), (1, 1)), ((3, 2), (1, 1)), ((1, 1), (2, 3))])
def test_windows(padding, strides, dilation):
    check(draw(2, 7, 8, 3), draw(3, 2, 3, 5), padding=padding, strides=strides, dilation=dilation)


@pytest.mark.parametrize("kernel, strides", [((1, 1), (1, 1)), ((1, 1), (2, 2)), ((2, 2), (3, 3)), ((5, 5), (1, 1))])
def test_kernels_smaller_and_larger_than_the_stride(kernel, strides):
    check(draw(2, 6, 5, 4), draw(*kernel, 4, 3), padding="same", strides=strides)


@pytest.mark.parametrize("channels, filters, groups", [(4, 6, 2), (6, 3, 3), (5, 5, 5), (3, 6, 3), (40, 40, 40)])
def test_groups(channels, filters, groups):
    check(draw(2, 4, 4, channels), draw(2, 2, channels // groups, filters), padding="same", groups=groups)


@compiled
@pytest.mark.parametrize("channels", [3, 16, 24, 70, 128])  # blocks of a row start at any channel
@pytest.mark.parametrize("strides, dilation", [((1, 1), (1, 1)), ((2, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (1, 2))])
def test_depthwise_rows_and_pixels_in_several_blocks(channels, strides, dilation):
    check(
        draw(3, 19, 23, channels),
        draw(3, 5, 1, channels),
        padding="same",
        groups=channels,
        strides=strides,
        dilation=dilation,
    )


@pytest.mark.parametrize("size, kernel", [((5, 1), (3, 1)), ((1, 5), (1, 3)), ((1, 1), (3, 3)), ((6, 6), (1, 1))])
def test_depthwise_thin_images(size, kernel):
    check(draw(2, *size, 6), draw(*kernel, 1, 6), padding="same", groups=6)


@pytest.mark.parametrize("x, w, strides, outputs", [
    ((2, 6, 8, 2), (3, 3, 2, 6), (1, 1), 2), ((1, 5, 16, 1), (3, 3, 1, 3), (2, 2), 4),
    ((1, 4, 16, 2), (2, 2, 2, 1), (1, 1), 16), ((1, 6, 7, 2), (3, 3, 2, 6), (1, 1), 1),
    ((1, 1, 8, 2), (1, 3, 2, 6), (1, 1), 1)])  # fmt: skip
def test_few_channels_share_a_vector_with_their_neighbours(x, w, strides, outputs, monkeypatch):
    monkeypatch.setattr(convolution_direct, "TOGETHER_FLOPS", 0)
    attrs = {"strides": strides, "padding": "same", "dilation": (1, 1), "groups": 1}
    assert together(conv_shape(x, w, attrs)) == outputs
    check(draw(*x), draw(*w), **attrs)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_small_convolution_keeps_nan_and_infinity_in_their_windows(value):
    x, w = draw(1, 9, 10, 1), draw(3, 3, 1, 2)
    x[0, 4, 5, 0] = value
    y = REGISTRY["conv2d"](x, w, None, padding="same")
    reached = np.zeros((9, 10), bool)
    reached[3:6, 4:7] = True
    assert (np.isfinite(y[0]).all(-1) == ~reached).all()


@compiled
@pytest.mark.parametrize("x, w, strides, pixels", [
    ((9, 14, 16, 3), (3, 3, 3, 6), (1, 1), 2), ((9, 28, 28, 1), (5, 5, 1, 6), (2, 2), 2),
    ((30, 14, 16, 3), (1, 1, 3, 4), (1, 1), 4), ((9, 14, 15, 3), (3, 3, 3, 6), (1, 1), 1)])  # fmt: skip
def test_gradients_of_few_weights_take_several_pixels_at_once(x, w, strides, pixels):
    attrs = {"strides": strides, "padding": "same", "dilation": (1, 1), "groups": 1}
    assert merged(conv_shape(x, w, attrs)) == pixels
    check(draw(*x), draw(*w), **attrs)


@compiled
@pytest.mark.parametrize(
    "x, w",
    [
        ((3, 40, 37, 70), (3, 3, 70, 33)),  # several bands per image
        ((60, 5, 4, 9), (2, 3, 9, 66)),  # several images per band
        ((4, 12, 12, 600), (3, 3, 600, 20)),
    ],
)  # several passes over taps and channels
def test_bands(x, w):
    config.set_matmul_precision("highest")
    check(draw(*x), draw(*w) / np.float32(w[2] ** 0.5), padding="same", tolerance=4e-6)


@compiled
@pytest.mark.parametrize("x, K, padding", [
    ((12, 8, 8, 16), 16, "same"), ((4, 19, 30, 17), 40, "valid"), ((3, 22, 19, 70), 50, ((1, 0), (2, 1))),
    ((1, 30, 29, 33), 16, "same"),              # a vector and one channel; groups of tiles that end within a row
    ((5, 13, 13, 20), 130, "same")])  # several products across, not all of one width  # fmt: skip
def test_winograd(x, K, padding):
    w = draw(3, 3, x[3], K) / np.float32(3 * x[3] ** 0.5)
    attrs = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}
    assert winograd_pays(conv_shape(x, w.shape, attrs), "float32")
    check(draw(*x), w, padding=padding, tolerance=2e-5)
    config.set_matmul_precision("highest")
    assert not winograd_pays(conv_shape(x, w.shape, attrs), "float32")
    check(draw(*x), w, padding=padding, tolerance=2e-6)


def test_winograd_kernels_in_plain_python_too():
    """The smallest shape that takes them, 48 tiles of 16 channels, in every mode."""
    x, w = draw(48, 3, 4, 16), draw(3, 3, 16, 16) / np.float32(12)
    check(x, w, padding="same", tolerance=2e-5)


@pytest.mark.parametrize("n, k, stride, padding, extra, want", [
    (5, 3, 2, "same", None, 10), (5, 3, 2, "valid", None, 11), (5, 2, 3, "valid", None, 15), (5, 3, 2, "same", 0, 9),
    (5, 3, 2, "same", 1, 10), (5, 3, 2, "valid", 1, 12), (4, 4, 2, "same", None, 8)])  # fmt: skip
def test_conv_transpose_sizes(n, k, stride, padding, extra, want):
    y = ops.conv_transpose(draw(1, n, n, 2), draw(k, k, 3, 2), stride, padding, extra)
    assert y.shape == (1, want, want, 3)
    assert ops.conv_transpose(draw(1, n, 2), draw(k, 3, 2), stride, padding, extra).shape == (1, want, 3)


def test_conv_transpose_is_the_transpose():
    """<conv(x), gy> = <x, conv_transpose(gy)> where the sizes match."""
    x, w, gy = draw(2, 9, 9, 3), draw(3, 3, 3, 4), draw(2, 4, 4, 4)
    y = ops.conv(x, w, 2, "valid")
    back = ops.conv_transpose(gy, w, 2, "valid")
    np.testing.assert_allclose((y * gy).sum(), (x * back).sum(), rtol=1e-4)


def test_one_dimension_and_channels_first():
    x, w = draw(2, 9, 3), draw(4, 3, 5)
    want = reference.conv2d(x[:, None].astype(np.float64), w[None].astype(np.float64), strides=(1, 2), padding="same")[
        :, 0
    ]
    close(ops.conv(x, w, 2, "same"), want, 2e-6)
    close(
        ops.conv(x.transpose(0, 2, 1).copy(), w, 2, "same", data_format="channels_first"), want.transpose(0, 2, 1), 2e-6
    )


def test_depthwise_multiplier_order():
    x, w = draw(1, 4, 4, 3), draw(2, 2, 3, 2)
    y = ops.depthwise_conv(x, w)
    for c in range(3):
        for m in range(2):
            want = reference.conv2d(
                x[..., c : c + 1].astype(np.float64), w[:, :, c : c + 1, m : m + 1].astype(np.float64)
            )
            close(y[..., 2 * c + m : 2 * c + m + 1], want, 2e-6)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: ops.conv(draw(1, 4, 4, 3), draw(3, 3, 2, 5)), ShapeError, "3 input channels"),
        (lambda: ops.conv(draw(1, 2, 4, 3), draw(3, 3, 3, 5)), ShapeError, "does not fit"),
        (lambda: ops.conv(draw(1, 4, 4, 3), draw(3, 3, 3, 5), padding="full"), ArgumentError, "full"),
        (lambda: ops.conv(draw(1, 4, 4, 4, 3), draw(3, 3, 3, 2, 5)), ShapeError, "3 input channels"),
        (lambda: ops.conv(draw(4, 3), draw(3, 3, 3, 5)), ShapeError, "expected"),
        (lambda: ops.depthwise_conv(draw(1, 4, 4, 3), draw(3, 3, 2, 1)), ShapeError, "kernel for 2"),
        (lambda: ops.conv_transpose(draw(1, 4, 4, 3), draw(3, 3, 5, 2)), ShapeError, "kernel for 2"),
    ],
)
def test_errors(call, error, says):
    with pytest.raises(error, match=says):
        call()


@compiled
@pytest.mark.parametrize(
    "op, shapes, attrs",
    [
        ("conv2d", [(9, 13, 11, 5), (3, 3, 5, 20)], {}),
        ("conv2d", [(9, 16, 16, 32), (3, 3, 32, 32)], {}),
        ("conv2d_grad_w", [(20, 16, 16, 5), (20, 16, 16, 20)], {"kernel": (3, 3)}),
        ("conv2d_grad_w", [(20, 16, 16, 32), (20, 16, 16, 32)], {"kernel": (3, 3)}),
        ("conv2d_grad_x", [(9, 16, 16, 32), (3, 3, 32, 32)], {"size": (16, 16)}),
    ],
)
def test_threads_do_not_change_bits(op, shapes, attrs):
    def run(threads):
        with Trace() as trace:
            inputs = [trace.input(s, "float32") for s in shapes]
            y = REGISTRY[op](*inputs, *([None] if op == "conv2d" else []), padding="same", **attrs)
        program = Program(trace, [y], dict(zip(inputs, arrays)), options=Options(threads=threads, fill=True))
        program.run()
        return program.outputs[0].copy()

    arrays = [draw(*s) for s in shapes]
    one = run(1)
    assert np.isfinite(one).all()
    assert np.array_equal(one, run(2))
    assert np.array_equal(one, run(3))
