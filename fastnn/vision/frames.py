"""Batches of images in another size, cut, in grey, and looked at through a window that slides."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Tensor
from fastnn.core.values import as_numbers
from fastnn.graph.node import Symbol
from fastnn.ops import image
from fastnn.ops.records import images as records
from fastnn.ops.records.vision import PIXELS
from fastnn.vision.pieces import flag, images_of, in_pieces, pair


def _back(found: Any, images: Any) -> Any:
    """Without the channel that grey images were given."""
    given = len(images.shape) if hasattr(images, "shape") else np.ndim(images)
    return found[..., 0] if given == 3 else found


def resize(images: Any, size: Any, interpolation: str = "bilinear", antialias: bool = False) -> Tensor:
    """A batch of images in another size, with half-pixel centres; the numbers are those of `ops.image.resize`.

    Args:
        images: (n, h, w, c) or (n, h, w) numbers.
        size: (height, width), or one number for both.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether the weights reach further where images shrink.

    Returns:
        The images with their dtype; integers are rounded, halves to the even one, and end at their dtype's bounds.

    Raises:
        ShapeError: for another rank.  ArgumentError: for a size or an interpolation that there is not.

    >>> resize(np.arange(4, dtype="float32").reshape(1, 1, 4, 1), (1, 2))[0, 0, :, 0].tolist()
    [0.5, 2.5]
    """
    height, width = pair(size, "resize: size")
    x = images_of(images, "resize", as_pixels=False)
    if dtypes.standardize(x.dtype) not in PIXELS:
        flag(antialias, "resize: antialias")
        found = image.resize(x, (height, width), interpolation, antialias, data_format="channels_last")
        return _back(found, images)
    found = in_pieces(
        records.resample,
        x,
        height=height,
        width=width,
        interpolation=interpolation,
        antialias=flag(antialias, "resize: antialias"),
    )
    return _back(found, images)


def to_gray(images: Any) -> Tensor:
    """Grey values of colours, 0.2989 red + 0.587 green + 0.114 blue: (n, h, w, 3) becomes (n, h, w, 1).

    Args:
        images: (n, h, w, 3) numbers; of integers the whole part is taken. The numbers are those of
            `ops.image.rgb_to_grayscale`.

    Raises ShapeError for channels other than three.

    >>> to_gray(np.full((1, 1, 1, 3), 100, "uint8")).item()
    99
    """
    x = images_of(images, "to_gray", as_pixels=False)
    if dtypes.standardize(x.dtype) not in PIXELS and x.shape[3] == 3:
        return image.rgb_to_grayscale(x, data_format="channels_last")
    return in_pieces(records.to_gray, x)


def crop(images: Any, size: Any, at: Any = "center") -> Tensor:
    """A part of each image.

    Args:
        images: (n, h, w, c) or (n, h, w) numbers.
        size: (height, width) of the part, or one number for both.
        at: "center", or the (row, column) of the part's upper left corner, or one such pair for each image (n, 2).

    Raises:
        ArgumentError: for a part that does not lie inside; the message names the image.  ShapeError: for another rank.

    >>> crop(np.arange(9).reshape(1, 3, 3), (1, 2), at=(2, 1)).tolist()
    [[[7, 8]]]
    """
    x, (height, width) = images_of(images, "crop", as_pixels=False), pair(size, "crop: size")
    n, h, w, _ = x.shape
    if height > h or width > w:
        raise ArgumentError(f"crop: received size={(height, width)} for images of {h} x {w} pixels.")
    if isinstance(at, str):
        if at != "center":
            raise ArgumentError(f"crop: received at={at!r}, expected 'center', (row, column) or one for each image.")
        at = ((h - height) // 2, (w - width) // 2)
    if isinstance(x, Symbol):
        return _back(x[:, at[0] : at[0] + height, at[1] : at[1] + width, :], images)
    places = as_numbers(at, "crop: at")
    if places.dtype.kind not in "iu" or places.shape not in ((2,), (n, 2)):
        raise ArgumentError(
            f"crop: received at of shape {places.shape} ({places.dtype}), expected two ints or {(n, 2)} of them."
        )
    places = np.broadcast_to(places, (n, 2))
    outside = ((places < 0) | (places + (height, width) > (h, w))).any(axis=1)
    if outside.any():
        first = int(outside.argmax())
        raise ArgumentError(
            f"crop: a part of {height} x {width} pixels at {places[first].tolist()} lies outside of image {first}, "
            f"which has {h} x {w}."
        )
    found = in_pieces(records.crop, x, places.astype(np.int32), height=height, width=width)
    return _back(found, images)


def sliding_window(images: Any, size: Any, step: Any = 1) -> tuple[Any, Any]:
    """The views of images through a window that moves right and down, and the boxes where it stood.

    Args:
        images: (n, h, w, c) or (n, h, w) array.
        size: (height, width) of the window.
        step: pixels by which it moves (down, right), or one number for both.

    Returns:
        windows: (n, k, height, width, c), or (n, k, height, width); a view of the images where the window stands in
            one row or column, else a copy.  boxes: (k, 4) ints, left, top, right, bottom.

    Raises:
        ShapeError: for another rank.  ArgumentError: for a window that is larger than the images.

    >>> windows, boxes = sliding_window(np.zeros((2, 8, 8, 3)), (4, 4), step=2)
    >>> windows.shape, boxes[1].tolist()
    ((2, 9, 4, 4, 3), [2, 0, 6, 4])
    """
    x = as_numbers(images, "sliding_window: images")
    (height, width), (down, right) = pair(size, "sliding_window: size"), pair(step, "sliding_window: step")
    if x.ndim not in (3, 4):
        raise ShapeError(
            f"sliding_window: received images of shape {x.shape}, expected (images, rows, columns[, channels])."
        )
    if height > x.shape[1] or width > x.shape[2]:
        raise ArgumentError(
            f"sliding_window: received size={(height, width)} for images of {x.shape[1]} x {x.shape[2]} pixels."
        )
    views = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(1, 2))[:, ::down, ::right]
    views = np.moveaxis(views, (-2, -1), (3, 4))  # (n, rows, columns, height, width[, c])
    tops, lefts = np.arange(views.shape[1]) * down, np.arange(views.shape[2]) * right
    top, left = (v.ravel() for v in np.meshgrid(tops, lefts, indexing="ij"))
    boxes = np.stack([left, top, left + width, top + height], axis=-1)
    return views.reshape(len(x), len(boxes), *views.shape[3:]), boxes
