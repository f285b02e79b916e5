"""`keras.ops.image`: sizes, margins and colours of images, as operations."""

from typing import Any

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.resampling import weights
from fastnn.core.shapes import pair
from fastnn.core.types import Tensor
from fastnn.ops.functions import reduction, rounding
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.layout import expand_dims, reshape, squeeze, transpose
from fastnn.ops.functions.operands import operand
from fastnn.ops.functions.products import einsum
from fastnn.ops.functions.slicing import pad

__all__ = ["depth_to_space", "space_to_depth"]


NAMES = ("resize", "rgb_to_grayscale", "pad_images", "crop_images")  # the public ones of `ops.image`


def _last(images, data_format, name):
    """(images channels last and with a batch axis, how to put the result back)."""
    rank = len(images.shape)
    if rank not in (3, 4):
        raise ShapeError(
            f"Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). Received "
            f"input with shape: images.shape={tuple(images.shape)} ({name})."
        )
    chosen = data_format or config.image_data_format()
    if chosen not in ("channels_last", "channels_first"):
        raise ArgumentError(
            f"{name}: received data_format={data_format!r}, expected 'channels_last' or 'channels_first'."
        )
    x = images if rank == 4 else expand_dims(images, 0)
    x = x if chosen == "channels_last" else transpose(x, (0, 2, 3, 1))

    def back(y):
        y = y if chosen == "channels_last" else transpose(y, (0, 3, 1, 2))
        return y if rank == 4 else squeeze(y, 0)

    return x, back


def _floating(x):
    """(x in floats, how a result takes x's dtype again)."""
    kind = dtypes.standardize(x.dtype)
    if dtypes.is_float(kind):
        return x, lambda y: y
    return cast(x, config.floatx()), lambda y: cast(y, kind)


def resize(
    images, size, interpolation="bilinear", antialias=False, crop_to_aspect_ratio=False, data_format=None, **kwargs
):
    """Images of another size, with half-pixel centres.

    Args:
        images: (n, h, w, channels) or (h, w, channels).  size: (height, width).
        interpolation: "bilinear" or "nearest".
        crop_to_aspect_ratio: whether the middle is cut to the new shape first.

    Integers are rounded to integers, halves to the even one.

    >>> import numpy as np
    >>> resize(np.ones((1, 4, 4, 1), "float32"), (2, 8)).shape
    (1, 2, 8, 1)
    """
    if antialias or any(kwargs.get(k) for k in ("pad_to_aspect_ratio",)):
        raise ArgumentError("resize: `antialias` and `pad_to_aspect_ratio` are not supported.")
    x, back = _last(images, data_format, "resize")
    (height, width), (x, own) = pair(size, "size"), _floating(x)
    rows, columns = x.shape[1:3]
    if crop_to_aspect_ratio:
        h, w = min(rows, columns * height // width), min(columns, rows * width // height)
        x = crop_images(
            x, (rows - h) // 2, (columns - w) // 2, target_height=h, target_width=w, data_format="channels_last"
        )
        rows, columns = h, w
    kind = dtypes.standardize(x.dtype)
    if rows != height:
        x = einsum("ri,aijc->arjc", weights(rows, height, interpolation).astype(kind), x)
    if columns != width:
        x = einsum("sj,arjc->arsc", weights(columns, width, interpolation).astype(kind), x)
    return back(x if kind == dtypes.standardize(images.dtype) else own(rounding.round(x)))


def rgb_to_grayscale(images, data_format=None):
    """One grey channel of three: 0.2989 R + 0.5870 G + 0.1140 B; of integers its whole part.

    >>> import numpy as np
    >>> rgb_to_grayscale(np.ones((1, 2, 2, 3), "float32")).shape
    (1, 2, 2, 1)
    """

    x, back = _last(images, data_format, "rgb_to_grayscale")
    x, own = _floating(x)
    kind = dtypes.standardize(x.dtype)
    return back(own(reduction.sum(x * np.array([0.2989, 0.5870, 0.1140], kind), axis=-1, keepdims=True)))


def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with zeros around them; of each direction two of the three numbers are given.

    >>> import numpy as np
    >>> pad_images(np.ones((1, 2, 2, 1)), 1, 2, target_height=5, target_width=6).shape
    (1, 5, 6, 1)
    """
    x, back = _last(images, data_format, "pad_images")
    (top, bottom), (left, right) = (
        _margins(*given, name="pad_images", sign=1)
        for given in (
            (
                x.shape[1],
                top_padding,
                bottom_padding,
                target_height,
                ("top_padding", "bottom_padding", "target_height"),
            ),
            (x.shape[2], left_padding, right_padding, target_width, ("left_padding", "right_padding", "target_width")),
        )
    )
    return back(pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))))


def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images without their margins; of each direction two of the three numbers are given.

    >>> import numpy as np
    >>> crop_images(np.ones((1, 4, 4, 1)), 1, 2, target_height=2, target_width=1).shape
    (1, 2, 1, 1)
    """
    x, back = _last(images, data_format, "crop_images")
    (top, bottom), (left, right) = (
        _margins(*given, name="crop_images", sign=-1)
        for given in (
            (
                x.shape[1],
                top_cropping,
                bottom_cropping,
                target_height,
                ("top_cropping", "bottom_cropping", "target_height"),
            ),
            (
                x.shape[2],
                left_cropping,
                right_cropping,
                target_width,
                ("left_cropping", "right_cropping", "target_width"),
            ),
        )
    )
    return back(x[:, top : x.shape[1] - bottom, left : x.shape[2] - right])


def _margins(size, before, after, target, names, name, sign):
    """(before, after) of one direction, from two of three numbers."""
    if [before, after, target].count(None) != 1:
        raise ArgumentError(
            f"Must specify exactly two of {', '.join(names)}. Received: {names[0]}={before}, "
            f"{names[1]}={after}, {names[2]}={target} ({name})."
        )
    room = None if target is None else (target - size) * sign
    before = room - after if before is None else before
    after = room - before if after is None else after
    if min(before, after) < 0 or (sign < 0 and before + after >= size):
        raise ArgumentError(f"{name}: margins of {before} and {after} do not fit {size} pixels.")
    return before, after


# ------------------------------------------------------------------ images, distances
def depth_to_space(x: Any, block_size: Any, data_format: str | None = "channels_last") -> Tensor:
    """(n, h, w, b b c) as (n, h b, w b, c): blocks of channels become blocks of pixels.

    >>> depth_to_space(np.zeros((1, 2, 2, 4), "float32"), 2).shape
    (1, 4, 4, 1)
    """
    x, b = operand(x), int(block_size)
    x = x if data_format == "channels_last" else transpose(x, (0, 2, 3, 1))
    n, h, w, c = x.shape
    y = transpose(reshape(x, (-1 if n is None else n, h, w, b, b, c // (b * b))), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1 if n is None else n, h * b, w * b, c // (b * b)))
    return y if data_format == "channels_last" else transpose(y, (0, 3, 1, 2))


def space_to_depth(x: Any, block_size: Any, data_format: str | None = "channels_last") -> Tensor:
    """(n, h b, w b, c) as (n, h, w, b b c): blocks of pixels become blocks of channels.

    >>> space_to_depth(np.zeros((1, 4, 4, 1), "float32"), 2).shape
    (1, 2, 2, 4)
    """
    x, b = operand(x), int(block_size)
    x = x if data_format == "channels_last" else transpose(x, (0, 2, 3, 1))
    n, h, w, c = x.shape
    y = transpose(reshape(x, (-1 if n is None else n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1 if n is None else n, h // b, w // b, b * b * c))
    return y if data_format == "channels_last" else transpose(y, (0, 3, 1, 2))
