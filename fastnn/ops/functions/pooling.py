"""Max and average pooling of one, two and three dimensions."""

from typing import Any

from fastnn.core import config, shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Tensor
from fastnn.ops.functions.layout import reshape, transpose
from fastnn.ops.records.pooling import avg_pool2d, max_pool2d

__all__ = ["max_pool", "average_pool"]


# ------------------------------------------------------------------ public functions
def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: Any = "valid", data_format: str | None = None
) -> Tensor:
    """Largest value of each window.

    Args:
        inputs: (n, [d,] [h,] w, c), or channels second with data_format="channels_first".
        pool_size: int, or one per spatial axis.
        strides: the same; pool_size by default.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Raises:
        ShapeError: if the rank is not 3, 4 or 5, or a window does not fit.

    >>> import numpy as np
    >>> max_pool(np.arange(4, dtype="float32").reshape(1, 4, 1), 2).ravel()
    array([1., 3.], dtype=float32)
    """
    return _pool(
        "max_pool", lambda x, **attrs: max_pool2d(x, **attrs)[0], inputs, pool_size, strides, padding, data_format
    )


def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: Any = "valid", data_format: str | None = None
) -> Tensor:
    """Mean of each window; with padding="same" only values inside the image count.

    Args:
        inputs: (n, [d,] [h,] w, c), or channels second with data_format="channels_first".
        pool_size: int, or one per spatial axis.
        strides: the same; pool_size by default.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Raises ShapeError if the rank is not 3, 4 or 5, or a window does not fit.

    >>> import numpy as np
    >>> average_pool(np.arange(4, dtype="float32").reshape(1, 4, 1), 2).ravel()
    array([0.5, 2.5], dtype=float32)
    """
    return _pool("average_pool", avg_pool2d, inputs, pool_size, strides, padding, data_format)


def _of_axes(sizes, rank, data_format):
    """Sizes of a window in the spatial axes; also of one in all axes, which is 1 in the others."""
    if not isinstance(sizes, (list, tuple)) or len(sizes) != rank + 2:
        return sizes
    first = config.standard_data_format(data_format) == "channels_first"
    others, inner = (sizes[:2], sizes[2:]) if first else ((sizes[0], sizes[-1]), sizes[1:-1])
    return inner if tuple(others) == (1, 1) else sizes


def _pool(name, op, x, pool_size, strides, padding, data_format):
    rank = len(x.shape) - 2
    if rank not in (1, 2, 3):
        raise ShapeError(f"{name}: received shape {tuple(x.shape)}, expected rank 3, 4 or 5 (1, 2 or 3 spatial axes).")
    size = shapes.pair(_of_axes(pool_size, rank, data_format), "pool_size", rank)
    strides = size if strides is None else shapes.pair(_of_axes(strides, rank, data_format), "strides", rank)
    padding = shapes.of_word(padding)
    if padding not in ("valid", "same"):
        raise ArgumentError(f"{name}: received padding={padding!r}, expected 'valid' or 'same'.")
    if config.standard_data_format(data_format) == "channels_first":
        last = transpose(x, (0, *range(2, rank + 2), 1))
        y = _pool(name, op, last, size, strides, padding, "channels_last")
        return transpose(y, (0, rank + 1, *range(1, rank + 1)))

    def two(x, size, strides):
        return op(x, pool_size=size, strides=strides, padding=padding)

    if rank == 2:
        return two(x, size, strides)
    c = x.shape[-1]
    if rank == 1:
        y = two(reshape(x, (-1, 1, x.shape[1], c)), (1, *size), (1, *strides))
        return reshape(y, (-1, y.shape[2], c))
    _, d, h, w, _ = x.shape
    y = two(reshape(x, (-1, h, w, c)), size[1:], strides[1:])
    h, w = y.shape[1:3]
    y = two(reshape(y, (-1, d, h * w, c)), (size[0], 1), (strides[0], 1))
    return reshape(y, (-1, y.shape[1], h, w, c))
