"""Filters of images, their colours, and how much two images are alike."""

import builtins
from typing import Any

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions.arithmetic import add, clip, divide, maximum, minimum, mod, multiply, subtract
from fastnn.ops.functions.comparison import equal, greater, less, where
from fastnn.ops.functions.convolution import depthwise_conv
from fastnn.ops.functions.elementwise import abs, affine, log, square
from fastnn.ops.functions.image_frame import last
from fastnn.ops.functions.layout import reshape, stack
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, operand
from fastnn.ops.functions.reduction import mean
from fastnn.ops.functions.slicing import getitem

__all__ = ["psnr"]


# ------------------------------------------------------------------ filters
def _bell(size, sigma):
    """Weights of a Gaussian at `size` places, which add up to 1."""
    x = (np.arange(size) - (size - 1) / 2) / sigma
    weights = np.exp(-0.5 * x * x)
    return weights / weights.sum()


def _filtered(x, rows, columns, padding):
    """x (n, h, w, c) weighted along its rows and columns, channel by channel."""
    kind = dtypes.numpy_type(dtype_of(x))
    for weights, shape in ((rows, (-1, 1, 1, 1)), (columns, (1, -1, 1, 1))):
        kernel = np.repeat(np.asarray(weights, kind).reshape(shape), x.shape[-1], axis=2)
        x = depthwise_conv(x, kernel, 1, padding, data_format="channels_last")
    return x


def _wide(x):
    """(x in a float dtype of kernels, how a result takes x's dtype again)."""
    kind = dtype_of(x)
    wide = WIDE.get(kind, kind) if dtypes.is_float(kind) else config.floatx()
    return cast_to(x, wide), lambda y: cast_to(y, kind)


def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Tensor:
    """Images weighted with a Gaussian around each pixel; zeros surround them.

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        kernel_size: (horizontal, vertical) size of the Gaussian, pixels.
        sigma: (horizontal, vertical) deviation of the Gaussian, pixels.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> x = np.zeros((3, 3, 1), "float32")
    >>> x[1, 1] = 1
    >>> gaussian_blur(x)[1, :, 0].round(3)
    array([0.124, 0.204, 0.124], dtype=float32)
    """
    x, back = last(images, data_format, "gaussian_blur")
    x, own = _wide(x)
    (a, b), (s, t) = (tuple(v) if isinstance(v, (tuple, list, np.ndarray)) else (v, v) for v in (kernel_size, sigma))
    if builtins.min(a, b) < 1 or not builtins.min(s, t) > 0:
        raise ArgumentError(
            f"gaussian_blur: received kernel_size={kernel_size}, sigma={sigma}; expected positive numbers."
        )
    return back(own(_filtered(x, _bell(int(b), float(t)), _bell(int(a), float(s)), "same")))


def sobel_edges(images: Any, data_format: str | None = None) -> Tensor:
    """The slopes of images, (..., 2): down the rows and along the columns; zeros surround them.

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> sobel_edges(np.ones((1, 4, 4, 1), "float32")).shape
    (1, 4, 4, 1, 2)
    """
    x, back = last(images, data_format, "sobel_edges")
    x, own = _wide(x)
    slope, smooth = (-1.0, 0.0, 1.0), (1.0, 2.0, 1.0)
    down, along = (back(own(_filtered(x, *pair, "same"))) for pair in ((slope, smooth), (smooth, slope)))
    return stack([down, along], -1)


# ------------------------------------------------------------------ likeness
def psnr(x1: Any, x2: Any, max_val: Any) -> Tensor:
    """The peak signal-to-noise ratio of x1 and x2, in decibels: max_val^2 to the mean squared difference.

    Args:
        x1, x2: numbers of one shape.
        max_val: the largest value that they could have.

    >>> psnr([0.0, 1.0], [0.0, 0.9], 1.0).round(2).tolist()
    23.010000228881836
    """
    x1, x2 = operand(x1), operand(x2)
    if tuple(x1.shape) != tuple(x2.shape):
        raise ShapeError(f"Input shapes {tuple(x1.shape)} and {tuple(x2.shape)} must match for PSNR calculation. ")
    error = floating(mean(square(subtract(x1, x2))))
    largest = cast_to(max_val, dtype_of(error))
    decibels = 10.0 / float(np.log(10.0))
    return subtract(affine(log(largest), 2 * decibels), affine(log(error), decibels))


def ssim(
    image1: Any,
    image2: Any,
    max_val: Any = 1.0,
    filter_size: Any = 11,
    filter_sigma: Any = 1.5,
    k1: Any = 0.01,
    k2: Any = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """The structural similarity of images (Wang et al., 2004): 1 for equal ones.

    Args:
        image1, image2: (n, h, w, c) or (h, w, c), or channels first; at least filter_size high and wide.
        max_val: the largest possible value.
        filter_size, filter_sigma: of the Gaussian that weights the surroundings of a pixel.
        k1, k2: what keeps quotients of small numbers calm.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Returns (n,) numbers, or one.

    >>> import numpy as np
    >>> float(ssim(np.ones((12, 12, 1), "float32"), np.ones((12, 12, 1), "float32")))
    1.0
    """
    kind = dtype_of(operand(image1))
    if tuple(operand(image1).shape) != tuple(operand(image2).shape):
        raise ShapeError(
            f"ssim: received images of shapes {tuple(image1.shape)} and {tuple(image2.shape)}, expected one shape."
        )
    single = len(operand(image1).shape) == 3
    a, b = (_wide(last(v, data_format, "ssim")[0])[0] for v in (image1, image2))
    bell = _bell(int(filter_size), float(filter_sigma))

    def seen(v):
        return _filtered(v, bell, bell, "valid")

    c1, c2 = (float(k1) * max_val) ** 2, (float(k2) * max_val) ** 2
    ma, mb = seen(a), seen(b)
    maa, mbb, mab = square(ma), square(mb), multiply(ma, mb)
    vaa, vbb, vab = subtract(seen(square(a)), maa), subtract(seen(square(b)), mbb), subtract(seen(multiply(a, b)), mab)
    above = multiply(affine(mab, 2.0, c1), affine(vab, 2.0, c2))
    below = multiply(affine(add(maa, mbb), 1.0, c1), affine(add(vaa, vbb), 1.0, c2))
    y = cast_to(mean(divide(above, below), axis=(1, 2, 3)), kind)
    return reshape(y, ()) if single else y


# ------------------------------------------------------------------ colours
def _planes(images, data_format, name):
    """(three planes, how three others become images)."""
    images = operand(images)
    if not dtypes.is_float(dtype_of(images)):
        raise DTypeError(
            f"Invalid images dtype: expected float dtype. Received: images.dtype={dtype_of(images)} ({name})"
        )
    x, back = last(images, data_format, name)
    if x.shape[-1] != 3:
        raise ShapeError(
            f"Input images must have 3 channels, but received images with {x.shape[-1]} channels. Received: "
            f"images.shape={tuple(images.shape)} ({name})."
        )
    return [getitem(x, (..., k)) for k in range(3)], lambda planes: back(stack(planes, -1))


def rgb_to_hsv(images: Any, data_format: str | None = None) -> Tensor:
    """Images with hue, saturation and value, all from 0 to 1, for red, green and blue.

    Args:
        images: floats (..., 3) from 0 to 1, or channels first.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> rgb_to_hsv([[[0.0, 1.0, 0.0]]]).round(3).tolist()
    [[[0.3330000042915344, 1.0, 1.0]]]
    """
    (r, g, b), joined = _planes(images, data_format, "rgb_to_hsv")
    least = float(dtypes.finfo(dtype_of(r)).eps)
    r, g, b = (where(less(abs(v), least), 0.0, v) for v in (r, g, b))
    value, low = maximum(maximum(r, g), b), minimum(minimum(r, g), b)
    span = subtract(value, low)
    saturation = where(greater(value, 0), divide(span, where(greater(value, 0), value, 1.0)), 0.0)
    sixth = divide(1.0, affine(where(greater(span, 0), span, 1.0), 6.0))
    hue = where(
        equal(value, g),
        affine(multiply(sixth, subtract(b, r)), 1.0, 2.0 / 6.0),
        affine(multiply(sixth, subtract(r, g)), 1.0, 4.0 / 6.0),
    )
    hue = where(equal(value, r), multiply(sixth, subtract(g, b)), hue)
    turn = cast_to(less(hue, 0.0), dtype_of(hue))
    return joined([add(where(greater(span, 0), hue, 0.0), turn), saturation, value])


def hsv_to_rgb(images: Any, data_format: str | None = None) -> Tensor:
    """Images with red, green and blue for hue, saturation and value, all from 0 to 1.

    Args:
        images: floats (..., 3) from 0 to 1, or channels first.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> hsv_to_rgb([[[0.5, 1.0, 1.0]]]).tolist()
    [[[0.0, 1.0, 1.0]]]
    """
    (hue, saturation, value), joined = _planes(images, data_format, "hsv_to_rgb")
    turn = affine(mod(hue, 1.0), 6.0)
    shares = [
        clip(affine(abs(affine(turn, 1.0, -3.0)), 1.0, -1.0), 0.0, 1.0),
        clip(affine(abs(affine(turn, 1.0, -2.0)), -1.0, 2.0), 0.0, 1.0),
        clip(affine(abs(affine(turn, 1.0, -4.0)), -1.0, 2.0), 0.0, 1.0),
    ]
    pale = affine(saturation, -1.0, 1.0)
    return joined([multiply(value, add(pale, multiply(saturation, share))) for share in shares])
