"""Windows that slide over images: as columns, as patches, and pooled to a given size."""

import itertools
from typing import Any

import numpy as np

from fastnn.core import config, dtypes, shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.shapes import of_word, product
from fastnn.core.types import Tensor
from fastnn.ops.forms import WIDE
from fastnn.ops.functions import reduction
from fastnn.ops.functions.arithmetic import add
from fastnn.ops.functions.indexing import take
from fastnn.ops.functions.layout import concatenate, expand_dims, reshape, squeeze, stack, transpose
from fastnn.ops.functions.matmul import matmul
from fastnn.ops.functions.operands import cast_to, dtype_of, floating, number_call, operand
from fastnn.ops.functions.slicing import getitem, pad
from fastnn.ops.op import R

__all__ = ["adaptive_average_pool", "adaptive_max_pool", "fold", "unfold"]


# ------------------------------------------------------------------ sliding
def _keys(rank, first, sizes, strides, dilations, counts):
    """For each place in a window the key of strided_slice that takes it of all windows; axes begin at `first`."""
    for place in itertools.product(*map(range, sizes)):
        key = [(None, None, None)] * rank
        for k, (i, stride, dilation, count) in enumerate(zip(place, strides, dilations, counts)):
            start = i * dilation
            key[first + k] = (start, start + (count - 1) * stride + 1, stride)
        yield tuple(key)


def _counts(name, lengths, sizes, strides, dilations):
    """How many windows there are along each axis."""
    counts = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(lengths, sizes, strides, dilations)]
    if min(counts) < 1 or min(*sizes, *strides, *dilations) < 1:
        raise ShapeError(
            f"{name}: windows of {tuple(sizes)} with strides {tuple(strides)} and dilations {tuple(dilations)} do not "
            f"fit {tuple(lengths)} values."
        )
    return counts


def _plane(kernel_size, dilation, padding, stride):
    """The arguments of unfold and fold as pairs."""
    return (
        shapes.pair(kernel_size, "kernel_size"),
        shapes.pair(dilation, "dilation"),
        shapes.pair(padding, "padding", minimum=0),
        shapes.pair(stride, "stride"),
    )


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of images as columns.

    Args:
        x: (n, c, h, w).
        kernel_size, dilation, padding, stride: an int or (vertical, horizontal): size of a window, distance of its
            places, zeros added at both sides, from one window to the next.

    Returns (n, c kh kw, number of windows).

    >>> import numpy as np
    >>> unfold(np.arange(9, dtype="float32").reshape(1, 1, 3, 3), 2)[0, :, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    x = operand(x)
    if len(x.shape) != 4:
        raise ShapeError(f"unfold: received shape {tuple(x.shape)}, expected (n, channels, height, width).")
    sizes, dilations, margins, strides = _plane(kernel_size, dilation, padding, stride)
    if any(margins):
        x = pad(x, ((0, 0), (0, 0), *((m, m) for m in margins)))
    counts = _counts("unfold", x.shape[2:], sizes, strides, dilations)
    parts = [R.strided_slice(x, key=key) for key in _keys(4, 2, sizes, strides, dilations, counts)]
    return reshape(stack(parts, 2), (-1, x.shape[1] * len(parts), product(counts)))


def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The transposed of `unfold`: columns added up to images.

    Args:
        x: (n, c kh kw, number of windows).
        output_size: (h, w), or an int for both.
        kernel_size, dilation, padding, stride: as for `unfold`.

    Returns (n, c, h, w).

    >>> import numpy as np
    >>> fold(np.ones((1, 4, 4), "float32"), 3, 2)[0, 0].tolist()
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    x = operand(x)
    size = shapes.pair(output_size, "output_size")
    sizes, dilations, margins, strides = _plane(kernel_size, dilation, padding, stride)
    whole = [n + 2 * m for n, m in zip(size, margins)]
    counts, places = _counts("fold", whole, sizes, strides, dilations), product(sizes)
    if len(x.shape) != 3:
        raise ShapeError(f"fold: expected a 3D input (n, channels * places, windows). Received: shape {tuple(x.shape)}")
    if x.shape[1] % places or x.shape[2] != product(counts):
        raise ShapeError(
            f"fold: received shape {tuple(x.shape)}, expected (n, channels * {places}, {product(counts)}) for images "
            f"of {tuple(size)}."
        )
    channels = x.shape[1] // places
    x = reshape(x, (-1, channels, places, *counts))
    total = None
    for k, key in enumerate(_keys(4, 2, sizes, strides, dilations, counts)):
        part = number_call(
            lambda v, key=key: R.strided_slice_grad(v, key=key, shape=(v.shape[0], channels, *whole)),
            getitem(x, (slice(None), slice(None), k)),
        )
        total = part if total is None else add(total, part)
    inside = tuple(slice(m, m + n) for m, n in zip(margins, size))
    return getitem(total, (slice(None), slice(None), *inside)) if any(margins) else total


def patches(name, x, size, strides, dilation_rate, padding, data_format, rank):
    """The windows over the `rank` spatial axes of x, each as a vector of its places and their channels."""
    x = operand(x)
    if not isinstance(size, int) and not (isinstance(size, (tuple, list)) and len(size) == rank):
        raise ArgumentError(
            f"Invalid `size` argument. Expected an int or a tuple of length {rank}. Received: size={size}"
        )
    if len(x.shape) not in (rank + 1, rank + 2):
        raise ShapeError(f"{name}: received shape {tuple(x.shape)}, expected rank {rank + 1} or {rank + 2}.")
    padding = of_word(padding)
    if padding not in ("valid", "same"):
        raise ArgumentError(f"{name}: received padding={padding!r}, expected 'valid' or 'same'.")
    chosen = config.standard_data_format(data_format)
    single, axes = len(x.shape) == rank + 1, tuple(range(1, rank + 1))
    x = expand_dims(x, 0) if single else x
    x = x if chosen == "channels_last" else transpose(x, (0, *range(2, rank + 2), 1))
    sizes = shapes.pair(size, "size", rank)
    strides = sizes if not strides else shapes.pair(strides, "strides", rank)
    dilations = shapes.pair(dilation_rate, "dilation_rate", rank)
    if padding == "same":
        spans = [(k - 1) * d + 1 for k, d in zip(sizes, dilations)]
        margins = [max((-(-n // s) - 1) * s + span - n, 0) for n, s, span in zip(x.shape[1:-1], strides, spans)]
        x = pad(x, ((0, 0), *((m // 2, m - m // 2) for m in margins), (0, 0)))
    counts = _counts(name, x.shape[1:-1], sizes, strides, dilations)
    channels = x.shape[-1]
    if tuple(strides) == tuple(sizes) and set(dilations) == {1}:  # side by side: every value is in one window
        x = getitem(x, (slice(None), *(slice(0, n * k) for n, k in zip(counts, sizes))))
        x = reshape(x, (-1, *(v for nk in zip(counts, sizes) for v in nk), channels))
        x = transpose(x, (0, *(2 * a - 1 for a in axes), *(2 * a for a in axes), 2 * rank + 1))
        y = reshape(x, (-1, *counts, product(sizes) * channels))
    else:
        parts = [R.strided_slice(x, key=key) for key in _keys(rank + 2, 1, sizes, strides, dilations, counts)]
        y = concatenate(parts, -1) if len(parts) > 1 else parts[0]
    y = y if chosen == "channels_last" else transpose(y, (0, rank + 1, *axes))
    return squeeze(y, 0) if single else y


# ------------------------------------------------------------------ pooled to a size
def _bounds(n, size):
    """(first, last + 1) of the values of each of `size` windows over n values."""
    places = np.arange(size)
    return places * n // size, -(-(places + 1) * n // size)


def _mean_of(x, axis, size):
    low, high = _bounds(x.shape[axis], size)
    places = np.arange(x.shape[axis])
    inside = (places >= low[:, None]) & (places < high[:, None])
    weights = (inside / (high - low)[:, None]).astype(dtypes.numpy_type(dtype_of(x)))
    # (lead, n, rest) -> (lead, size, rest): one product
    lead, rest = tuple(x.shape[:axis]), tuple(x.shape[axis + 1 :])
    y = matmul(weights, reshape(x, (-1, x.shape[axis], product(rest))))
    return reshape(y, (-1, *lead[1:], size, *rest))


def _largest_of(x, axis, size):
    low, high = _bounds(x.shape[axis], size)
    longest = int((high - low).max())
    places = np.minimum(low[:, None] + np.arange(longest), high[:, None] - 1)  # the last value again in shorter ones
    lead, rest = tuple(x.shape[:axis]), tuple(x.shape[axis + 1 :])
    y = reshape(take(x, places.ravel().astype(np.int32), axis=axis), (-1, *lead[1:], size, longest, *rest))
    return reduction.max(y, axis=axis + 1)


def _adaptive(name, one, x, output_size, data_format):
    x = floating(x)
    rank = len(x.shape) - 2
    if rank not in (1, 2, 3):
        raise ShapeError(f"{name}: received shape {tuple(x.shape)}, expected rank 3, 4 or 5 (1, 2 or 3 spatial axes).")
    sizes = (output_size,) * rank if isinstance(output_size, int) else tuple(output_size)
    if len(sizes) != rank or any(s is not None and s < 1 for s in sizes):
        raise ArgumentError(f"{name}: received output_size={output_size}, expected {rank} positive numbers, or one.")
    chosen = config.standard_data_format(data_format)
    kind = dtype_of(x)
    x = cast_to(x, WIDE.get(kind, kind))
    for axis, size in enumerate(sizes, 1 if chosen == "channels_last" else 2):
        if size is not None and size != x.shape[axis]:
            x = one(x, axis, size)
    return cast_to(x, kind)


def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """Means of windows that divide images evenly, so that a given size comes out.

    Args:
        inputs: (n, [d,] [h,] w, c), or channels second with data_format="channels_first".
        output_size: an int, or one per spatial axis.  Window i of s takes values floor(i n / s) to ceil((i + 1) n / s).
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> adaptive_average_pool(np.arange(5, dtype="float32").reshape(1, 5, 1), 2).ravel().tolist()
    [1.0, 3.0]
    """
    return _adaptive("adaptive_average_pool", _mean_of, inputs, output_size, data_format)


def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The largest values of windows that divide images evenly, so that a given size comes out.

    Args:
        inputs: (n, [d,] [h,] w, c), or channels second with data_format="channels_first".
        output_size: an int, or one per spatial axis; windows are those of `adaptive_average_pool`.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> adaptive_max_pool(np.arange(5, dtype="float32").reshape(1, 5, 1), 2).ravel().tolist()
    [2.0, 4.0]
    """
    return _adaptive("adaptive_max_pool", _largest_of, inputs, output_size, data_format)
