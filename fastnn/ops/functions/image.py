"""`keras.ops.image`: sizes, margins, patches and grey values of images, as operations; the others' names."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.core.resampling import KERNELS, matrix
from fastnn.core.shapes import normalize_axis, pair
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions import numpy_names, reduction, rounding
from fastnn.ops.functions.arithmetic import multiply
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.image_filters import gaussian_blur, hsv_to_rgb, rgb_to_hsv, sobel_edges, ssim  # noqa: F401
from fastnn.ops.functions.image_frame import as_floats, last
from fastnn.ops.functions.image_places import (  # noqa: F401
    affine_transform,
    elastic_transform,
    map_coordinates,
    perspective_transform,
)
from fastnn.ops.functions.layout import moveaxis, reshape, transpose
from fastnn.ops.functions.operands import cast_to, operand
from fastnn.ops.functions.products import tensordot
from fastnn.ops.functions.slicing import getitem, pad
from fastnn.ops.functions.windows import patches
from fastnn.ops.records.images import INTERPOLATIONS, resample

__all__ = ["depth_to_space", "space_to_depth"]


NAMES = (  # the public ones of `ops.image`
    "affine_transform", "crop_images", "elastic_transform", "extract_patches", "extract_patches_3d", "gaussian_blur",
    "hsv_to_rgb", "map_coordinates", "pad_images", "perspective_transform", "resize", "rgb_to_grayscale", "rgb_to_hsv",
    "scale_and_translate", "sobel_edges", "ssim",
)  # fmt: skip


def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images of another size, with half-pixel centres.

    Args:
        images: (n, h, w, channels) or (h, w, channels).
        size: (height, width).
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether the weights reach further where images shrink.
        crop_to_aspect_ratio: whether the middle is cut to the new shape first.
        pad_to_aspect_ratio: whether fill_value surrounds the images to the new shape first.
        fill_mode, fill_value: "constant", and the number around padded images.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Integers are rounded to integers, halves to the even one.

    >>> import numpy as np
    >>> resize(np.ones((1, 4, 4, 1), "float32"), (2, 8)).shape
    (1, 2, 8, 1)
    """
    if fill_mode != "constant":
        raise ArgumentError(
            f"Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: fill_mode={fill_mode}"
        )
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ArgumentError("Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.")
    x, back = last(images, data_format, "resize")
    if isinstance(size, (tuple, list)) and any(isinstance(n, int) and n <= 0 for n in size):
        raise ArgumentError(f"`size` must have positive height and width. Received: size={size}")
    if interpolation not in INTERPOLATIONS:
        raise ArgumentError(
            "Invalid value for argument `interpolation`. Expected of one "
            f"{INTERPOLATIONS}. Received: interpolation={interpolation!r}"
        )
    given, kind = x, dtypes.standardize(x.dtype)
    (height, width), (x, own) = pair(size, "size"), as_floats(x)
    rows, columns = x.shape[1:3]
    if crop_to_aspect_ratio:
        h = max(min(rows, int(float(columns * height) / width)), 1)
        w = max(min(columns, int(float(rows * width) / height)), 1)
        x = crop_images(
            x, (rows - h) // 2, (columns - w) // 2, target_height=h, target_width=w, data_format="channels_last"
        )
    elif pad_to_aspect_ratio:
        above = max(int(float(columns * height) / width) - rows, 0) // 2
        left = max(int(float(rows * width) / height) - columns, 0) // 2
        x = pad(x, ((0, 0), (above, above), (left, left), (0, 0)), constant_values=fill_value)
    rows, columns = x.shape[1:3]
    wide = dtypes.standardize(x.dtype)
    if (rows, columns) == (height, width):
        return back(own(x))
    if kind == "uint8" and given.shape[1:3] == x.shape[1:3]:  # as they are: the kernel rounds
        return back(resample(given, height=height, width=width, interpolation=interpolation, antialias=bool(antialias)))
    x = resample(x, height=height, width=width, interpolation=interpolation, antialias=bool(antialias))
    return back(x if kind == wide else own(rounding.round(x)))


METHODS = {
    "linear": "bilinear", "bilinear": "bilinear", "trilinear": "bilinear", "cubic": "bicubic", "bicubic": "bicubic",
    "tricubic": "bicubic", "lanczos3": "lanczos3", "lanczos5": "lanczos5",
}  # fmt: skip


def scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True):
    """Images whose values at p lie at scale p + translation, along some dimensions; zeros where there were none.

    Args:
        images: an array of any rank.
        output_shape: its new shape.
        scale, translation: (k,) numbers, for the k dimensions in spatial_dims.
        method: "linear", "cubic", "lanczos3" or "lanczos5".
        antialias: whether the weights reach further where images shrink.

    >>> import numpy as np
    >>> scale_and_translate(np.ones((4, 4), "float32"), (2, 2), [0.5, 0.5], [0.0, 0.0], (0, 1), "linear").tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    if method not in METHODS:
        raise ArgumentError(
            f"Invalid value for argument `method`. Expected of one {tuple(METHODS)}. Received: method={method}"
        )
    x, shape = operand(images), tuple(n if n is None else int(n) for n in output_shape)
    axes = [normalize_axis(int(a), len(x.shape)) for a in spatial_dims]
    if len(shape) != len(x.shape) or any(
        a not in axes and shape[a] not in (None, n) for a, n in enumerate(x.shape) if n
    ):
        raise ShapeError(
            f"scale_and_translate: received output_shape={shape} for shape {tuple(x.shape)} and "
            f"spatial_dims={tuple(spatial_dims)}; expected the same sizes in all other dimensions."
        )
    x, own = as_floats(x)
    kind = dtypes.standardize(x.dtype)
    wide = WIDE.get(kind, kind)
    x = cast_to(x, wide)
    scale, translation = (cast(v, wide) for v in (scale, translation))
    for k, axis in enumerate(axes):
        taken = matrix(
            x.shape[axis], shape[axis], scale[k], translation[k], KERNELS[METHODS[method]], antialias, numpy_names, wide
        )
        x = moveaxis(tensordot(taken, x, ([1], [axis])), 0, axis)
    return own(cast_to(x, kind))


def rgb_to_grayscale(images, data_format=None):
    """One grey channel of three: 0.2989 R + 0.5870 G + 0.1140 B; of integers its whole part.

    Args:
        images: (n, h, w, 3) or (h, w, 3), or channels first.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> rgb_to_grayscale(np.ones((1, 2, 2, 3), "float32")).shape
    (1, 2, 2, 1)
    """

    x, back = last(images, data_format, "rgb_to_grayscale")
    if x.shape[-1] not in (None, 1, 3):
        raise ShapeError(
            f"Invalid channel size: expected 3 (RGB) or 1 (Grayscale). Received input with shape: "
            f"images.shape={tuple(images.shape)}"
        )
    x, own = as_floats(x)
    kind = dtypes.standardize(x.dtype)
    return back(own(reduction.sum(multiply(x, np.array([0.2989, 0.5870, 0.1140], kind)), axis=-1, keepdims=True)))


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

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        top_padding, bottom_padding, left_padding, right_padding: rows and columns of zeros at each side.
        target_height, target_width: the new size.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> pad_images(np.ones((1, 2, 2, 1)), 1, 2, target_height=5, target_width=6).shape
    (1, 5, 6, 1)
    """
    x, back = last(images, data_format, "pad_images")
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

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        top_cropping, bottom_cropping, left_cropping, right_cropping: rows and columns to leave out at each side.
        target_height, target_width: the new size.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> crop_images(np.ones((1, 4, 4, 1)), 1, 2, target_height=2, target_width=1).shape
    (1, 2, 1, 1)
    """
    x, back = last(images, data_format, "crop_images")
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
    rows, columns = slice(top, x.shape[1] - bottom), slice(left, x.shape[2] - right)
    return back(getitem(x, (slice(None), rows, columns)))


def _margins(size, before, after, target, names, name, sign):
    """(before, after) of one direction, from two of three numbers."""
    if [before, after, target].count(None) != 1:
        raise ArgumentError(
            f"Must specify exactly two of {', '.join(names)}. Received: {names[0]}={before}, "
            f"{names[1]}={after}, {names[2]}={target} ({name})."
        )
    given = (before, after, target)
    room = None if target is None else (target - size) * sign
    before = room - after if before is None else before
    after = room - before if after is None else after
    for label, value in zip(names * 2, (*given, before, after)):  # what was given is named first
        if isinstance(value, int) and value < 0:
            raise ArgumentError(f"{label} must be >= 0. Received: {label}={value} ({name}, {size} pixels)")
    if min(before, after) < 0 or (sign < 0 and before + after >= size):
        raise ArgumentError(f"{name}: margins of {before} and {after} do not fit {size} pixels.")
    return before, after


def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """Patches of images (n, h, w, c) or (h, w, c), each as a vector: (n, rows, columns, height width c).

    Args:
        images: (n, h, w, c) or (h, w, c), or channels first.
        size: (height, width) of a patch, or an int; three numbers are those of `extract_patches_3d`.
        strides: from one patch to the next; its size by default.
        dilation_rate: distance of neighbours in a patch.
        padding: "valid" or "same" (zeros around).
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> extract_patches(np.ones((2, 6, 6, 3), "float32"), 3).shape
    (2, 2, 2, 27)
    """
    if not isinstance(size, (int, tuple, list)):
        raise ArgumentTypeError(
            f"Invalid `size` argument. Expected an int or a tuple of length 2 or 3. Received: size={size!r}"
        )
    if not isinstance(size, int) and len(size) not in (2, 3):
        raise ArgumentError(f"Invalid `size` argument. Expected a tuple of length 2 or 3. Received: size={size}")
    rank = 3 if not isinstance(size, int) and len(size) == 3 else 2
    return patches("extract_patches", images, size, strides, dilation_rate, padding, data_format, rank)


def extract_patches_3d(volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """Patches of volumes, each as a vector: (n, depth, rows, columns, patch's size c).

    Args:
        volumes: (n, d, h, w, c) or (d, h, w, c), or channels first.
        size: (depth, height, width) of a patch, or an int.
        strides, dilation_rate, padding: as in `extract_patches`.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> extract_patches_3d(np.ones((2, 6, 6, 6, 3), "float32"), 3).shape
    (2, 2, 2, 2, 81)
    """
    size = (size,) * 3 if isinstance(size, int) else size
    if not isinstance(size, (tuple, list)) or len(size) != 3:
        raise ArgumentTypeError(
            f"Invalid `size` argument. Expected an int or a tuple of length 3. Received: size={size}"
        )
    return extract_patches(volumes, size, strides, dilation_rate, padding, data_format)


# ------------------------------------------------------------------ images, distances
def _block(name, x, block_size, data_format):
    """(x channels last, the size of a block), for the two operations below."""
    if not hasattr(block_size, "__index__") or block_size < 2:
        raise ArgumentError(f"`block_size` must be at least 2. Received: block_size={block_size}")
    x = operand(x)
    if len(x.shape) != 4:
        raise ShapeError(f"`{name}` requires a 4D input tensor. Received: x.shape={tuple(x.shape)}")
    return (x if data_format == "channels_last" else transpose(x, (0, 2, 3, 1))), block_size.__index__()


def depth_to_space(x: Any, block_size: Any, data_format: str | None = "channels_last") -> Tensor:
    """Blocks of channels become blocks of pixels: (n, h, w, b b c) as (n, h b, w b, c).

    Args:
        x: images, or with the channels second with data_format="channels_first".
        block_size: b, an int.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> depth_to_space(np.zeros((1, 2, 2, 4), "float32"), 2).shape
    (1, 4, 4, 1)
    """
    x, b = _block("depth_to_space", x, block_size, data_format)
    n, h, w, c = x.shape
    if c is not None and c % (b * b):
        raise ShapeError(f"The number of channels ({c}) must be divisible by block_size**2 ({b * b}).")
    y = transpose(reshape(x, (-1 if n is None else n, h, w, b, b, c // (b * b))), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1 if n is None else n, h * b, w * b, c // (b * b)))
    return y if data_format == "channels_last" else transpose(y, (0, 3, 1, 2))


def space_to_depth(x: Any, block_size: Any, data_format: str | None = "channels_last") -> Tensor:
    """Blocks of pixels become blocks of channels: (n, h b, w b, c) as (n, h, w, b b c).

    Args:
        x: images, or with the channels second with data_format="channels_first".
        block_size: b, an int.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> space_to_depth(np.zeros((1, 4, 4, 1), "float32"), 2).shape
    (1, 2, 2, 4)
    """
    x, b = _block("space_to_depth", x, block_size, data_format)
    n, h, w, c = x.shape
    for side, size in (("Height", h), ("Width", w)):
        if size is not None and size % b:
            raise ShapeError(f"{side} ({size}) must be divisible by block_size ({b}).")
    y = transpose(reshape(x, (-1 if n is None else n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
    y = reshape(y, (-1 if n is None else n, h // b, w // b, b * b * c))
    return y if data_format == "channels_last" else transpose(y, (0, 3, 1, 2))
