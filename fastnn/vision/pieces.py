"""What the functions of vision share: which images they take, and how long batches go through in pieces."""

from typing import Any

import numpy as np

from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, DTypeError, ShapeError
from fastnn.core.values import as_numbers
from fastnn.graph.node import Symbol

PIECE = 4 << 20  # bytes of images that go through a plan at once: what it copies stays in a cache's reach


def images_of(images: Any, name: str, as_pixels: bool = True) -> Any:
    """Images as (n, h, w, c): grey ones (n, h, w) get a channel.

    as_pixels: as uint8, float32 or float64; other numbers become float32.

    Raises ShapeError for another rank, DTypeError for what is no array of numbers.
    """
    if not isinstance(images, Symbol):
        images = as_numbers(images, f"{name}: images")
        if as_pixels and images.dtype == np.bool_:
            images = images.view(np.uint8)
        elif as_pixels and images.dtype not in (np.uint8, np.float32, np.float64):
            images = images.astype(np.float32)
    shape = tuple(images.shape)
    lone = len(shape) == 3 and shape[2] in (1, 3) and all(n and n >= 8 for n in shape[:2])  # an image of colours
    if len(shape) == 3 and not lone:
        return images[..., None]
    if len(shape) != 4:
        hint = {2: "; one grey image is images[None]", 3: "; one colour image is images[None]"}.get(len(shape), "")
        raise ShapeError(
            f"{name}: received images of shape {shape}, expected a batch (images, rows, columns, channels), or "
            f"(images, rows, columns) of grey ones{hint}."
        )
    return images


def in_pieces(op: Any, images: Any, *others: Any, **attrs: Any) -> Any:
    """op(images, *others), for arrays some images at a time; others: arrays with a row for each image."""
    if isinstance(images, Symbol):
        return op(images, *others, **attrs)
    rows = max(1, PIECE // max(images[:1].nbytes, 1))
    if len(images) <= rows:
        return op(images, *others, **attrs)
    spec = op.infer([_Like(a) for a in (images, *others)], op.normalize(attrs))
    found = np.empty(spec.shape, dtypes.numpy_type(spec.dtype))
    for start in range(0, len(images), rows):
        part = slice(start, start + rows)
        found[part] = op(images[part], *(a[part] for a in others), **attrs)
    return found


class _Like:
    """Shape and dtype of an array, as rules of shapes read them."""

    def __init__(self, array: Any) -> None:
        self.shape, self.dtype = array.shape, dtypes.standardize(array.dtype)


def pair(value: Any, name: str) -> tuple[int, int]:
    """An int, or two, as two ints >= 1."""
    both = value if isinstance(value, (tuple, list, np.ndarray)) else (value, value)
    if len(both) != 2 or any(isinstance(v, (bool, np.bool_)) or not hasattr(v, "__index__") or v < 1 for v in both):
        raise ArgumentError(f"{name}: received {value!r}, expected a positive int, or two.")
    return int(both[0]), int(both[1])


def flag(value: Any, name: str) -> bool:
    """A truth value; anything else is an error, so that an argument in the wrong place is one."""
    if not isinstance(value, (bool, np.bool_)):
        raise DTypeError(f"{name}: received {value!r}, expected True or False.")
    return bool(value)
