"""Rules of shapes that only Keras 3's private modules have (`keras.src.ops.operation_utils`, `backend_utils`).

Layers of packages call them in `compute_output_shape`.  A size that is not known is None, and stays so.
"""

import math

import numpy as np

from fastnn.core import shapes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.data_format import join_shape, split_shape
from fastnn.utils.symbols import is_keras_tensor


def _each(value, rank, name):
    """A number, or one for each of the dimensions, as a tuple; of a kernel the shape of its weights will do."""
    values = (value,) * rank if value is None or hasattr(value, "__index__") else tuple(value)
    if name == "kernel_size" and len(values) == rank + 2:  # (*sizes, channels, filters)
        values = values[:rank]
    if len(values) != rank:
        raise ShapeError(f"`{name}`: received {value}, expected a number, or one for each of {rank} dimensions.")
    return values


def _slid(size, kernel, stride, padding, dilation):
    """The places of a window along one axis."""
    if size is None:
        return None
    if padding not in ("valid", "same", "causal"):
        raise ArgumentError(f"Argument `padding` must be either 'valid' or 'same'. Received: padding={padding}")
    places = -(-size // stride) if padding != "valid" else (size - dilation * (kernel - 1) - 1) // stride + 1
    if places <= 0:
        raise ShapeError(
            f"Computed output size would be zero or negative. Received: a window of {kernel} (strides={stride}, "
            f"dilation_rate={dilation}, padding={padding}) along {size} elements; expected one that fits."
        )
    return places


def compute_pooling_output_shape(input_shape, pool_size, strides, padding="valid", data_format="channels_last"):
    """The shape that pooling gives.

    Args:
        input_shape: (batch, *sizes, channels), or the channels second.
        pool_size: a size for each dimension of space.
        strides: as many; None for pool_size.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".

    Raises ShapeError for a window that does not fit, ArgumentError for another padding.

    >>> compute_pooling_output_shape((None, 4, 5, 3), (2, 2), None, "same")
    (None, 2, 3, 3)
    """
    batch, sizes, channels = split_shape(tuple(input_shape), data_format)
    windows = _each(pool_size, len(sizes), "pool_size")
    steps = windows if strides is None else _each(strides, len(sizes), "strides")
    found = tuple(_slid(n, k, s, padding, 1) for n, k, s in zip(sizes, windows, steps))
    return join_shape(batch, found, channels, data_format)


def compute_conv_output_shape(
    input_shape, filters, kernel_size, strides=1, padding="valid", data_format="channels_last", dilation_rate=1
):
    """The shape that a convolution gives.

    Args:
        input_shape: (batch, *sizes, channels), or the channels second.
        filters: how many channels the result has.
        kernel_size: a number for each dimension of space, one for all, or the shape of the kernel's weights.
        strides, dilation_rate: a number for each dimension of space, or one for all.
        padding: "valid", "same" or "causal".
        data_format: "channels_last" or "channels_first".

    Raises ShapeError for a window that does not fit, ArgumentError for another padding.

    >>> compute_conv_output_shape((None, 9, None, 3), 8, (3, 3), strides=2)
    (None, 4, None, 8)
    """
    batch, sizes, _ = split_shape(tuple(input_shape), data_format)
    windows, steps, dilations = (
        _each(v, len(sizes), name)
        for v, name in ((kernel_size, "kernel_size"), (strides, "strides"), (dilation_rate, "dilation_rate"))
    )
    found = tuple(_slid(n, k, s, padding, d) for n, k, s, d in zip(sizes, windows, steps, dilations))
    return join_shape(batch, found, filters, data_format)


def compute_conv_transpose_output_shape(
    input_shape, kernel_size, filters, strides, padding, output_padding=None, data_format="channels_last",
    dilation_rate=1,
):  # fmt: skip
    """The shape that a transposed convolution gives, as a list.

    Args:
        input_shape: (batch, *sizes, channels), or the channels second.
        kernel_size: a number for each dimension of space, one for all, or the shape of the kernel's weights.
        strides, output_padding, dilation_rate: a number for each dimension of space, or one for all.
        filters: how many channels the result has.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".

    >>> compute_conv_transpose_output_shape((None, 4, 4, 3), (3, 3), 8, 2, "valid")
    [None, 9, 9, 8]
    """
    batch, sizes, _ = split_shape(tuple(input_shape), data_format)
    given = (kernel_size, "kernel_size"), (strides, "strides"), (output_padding, "output_padding"), (
        dilation_rate, "dilation_rate")  # fmt: skip
    found = []
    for n, k, s, extra, d in zip(sizes, *(_each(v, len(sizes), name) for v, name in given)):
        reach = d * (k - 1) + 1
        if n is None:
            found.append(None)
        elif extra is None:
            found.append(n * s + (max(reach - s, 0) if padding == "valid" else 0))
        else:
            found.append((n - 1) * s + reach + extra - (2 * (reach // 2) if padding == "same" else 0))
    return list(join_shape(batch, tuple(found), filters, data_format))


def compute_expand_dims_output_shape(input_shape, axis):
    """The shape with dimensions of size 1 at `axis`, an int, several, or None for the end.

    >>> compute_expand_dims_output_shape((2, 3), (0, -1))
    (1, 2, 3, 1)
    """
    axes = (len(input_shape),) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = len(input_shape) + len(axes)
    axes, rest = {shapes.normalize_axis(a, rank) for a in axes}, iter(input_shape)
    return tuple(1 if i in axes else next(rest) for i in range(rank))


def compute_transpose_output_shape(input_shape, axes):
    """The shape with its dimensions in the order `axes`; reversed for None.

    Raises ShapeError where these are not the dimensions.

    >>> compute_transpose_output_shape((2, None, 4), (0, 2, 1))
    (2, 4, None)
    """
    rank = len(input_shape)
    axes = range(rank)[::-1] if axes is None else [shapes.normalize_axis(a, rank) for a in axes]
    if sorted(axes) != list(range(rank)):
        raise ShapeError(f"`axes` must be a valid permutation of {rank} dimensions. Received: axes={list(axes)}")
    return tuple(input_shape[a] for a in axes)


def compute_matmul_output_shape(shape1, shape2):
    """The shape of a product of matrices.

    Raises ShapeError where they do not fit.

    >>> compute_matmul_output_shape((None, 2, 3), (3, 4)), compute_matmul_output_shape((3,), (3,))
    ((None, 2, 4), ())
    """
    first, second = tuple(shape1), tuple(shape2)
    x = (1, *first) if len(first) == 1 else first
    y = (*second, 1) if len(second) == 1 else second
    if None not in (x[-1], y[-2]) and x[-1] != y[-2]:
        raise ShapeError(
            "Inner dimensions (`x1.shape[-1]` and `x2.shape[-2]`) must be equal, but received "
            f"`x1.shape={first}` and `x2.shape={second}`."
        )
    sides = (x[-2],) * (len(first) > 1) + (y[-1],) * (len(second) > 1)
    return shapes.broadcast(x[:-2], y[:-2]) + sides


def compute_take_along_axis_output_shape(input_shape, indices_shape, axis):
    """The shape of values taken along an axis, as a list; None flattens.

    Raises ShapeError for another number of dimensions.

    >>> compute_take_along_axis_output_shape((None, 3), (1, 2), 1)
    [None, 2]
    """
    shape, wanted = list(input_shape), list(indices_shape)
    if axis is None:
        shape, axis = [None if None in shape else math.prod(shape)], 0
    if len(shape) != len(wanted):
        raise ShapeError(
            f"`x` and `indices` must have the same number of dimensions. Received shapes: {shape} and {wanted}."
        )
    axis = shapes.normalize_axis(axis, len(shape))
    shape[axis] = wanted[axis]
    return list(shapes.broadcast(shape, wanted))


def validate_reshape_shape(newshape, newshape_arg_name="newshape"):
    """Refuse a target of `reshape` that is none: sizes below -1, or more than one -1; what is no int passes.

    >>> validate_reshape_shape((-1, 3)) is None
    True
    """
    if is_keras_tensor(newshape):
        return
    sizes = [n for n in newshape if isinstance(n, (int, np.integer))]
    if any(n < -1 for n in sizes):
        raise ShapeError(
            f"Each dimension in `{newshape_arg_name}` must be a non-negative integer, or `-1` for a single unknown "
            f"dimension. Received: {newshape_arg_name}={newshape}."
        )
    if sizes.count(-1) > 1:
        raise ShapeError(
            f"There must be at most one unknown dimension (-1) in `{newshape_arg_name}`. Received: "
            f"{newshape_arg_name}={newshape}."
        )


def compute_reshape_output_shape(input_shape, newshape, newshape_arg_name):
    """The shape that `reshape` gives, with what -1 stands for.

    Raises ShapeError where the elements do not fill it.

    >>> compute_reshape_output_shape((2, 6), (-1, 3), "newshape")
    (4, 3)
    """
    validate_reshape_shape(newshape, newshape_arg_name)
    if is_keras_tensor(newshape):
        return (None,) * (newshape.shape[0] or 1 if len(newshape.shape) == 1 else 1)
    wanted = tuple(n if isinstance(n, (int, np.integer)) else None for n in newshape)
    if None in input_shape or None in wanted:
        return tuple(None if n == -1 else n for n in wanted)
    size, known = math.prod(input_shape), math.prod(n for n in wanted if n != -1)
    if size != known if -1 not in wanted else not known or size % known:
        raise ShapeError(
            f"The total size of the tensor must be unchanged. Received: input_shape={tuple(input_shape)}, "
            f"{newshape_arg_name}={newshape}"
        )
    return tuple(size // known if n == -1 else n for n in wanted)


def reduce_shape(shape, axis=None, keepdims=False):
    """The shape without the axes that a reduction goes over, or with 1 in their place.

    >>> reduce_shape((2, 3, None), (0, -1)), reduce_shape((2, 3), keepdims=True)
    ((3,), (1, 1))
    """
    axes = set(shapes.normalize_axes(None if axis is None else axis, len(shape)))
    return tuple(1 if i in axes else n for i, n in enumerate(shape) if keepdims or i not in axes)


def canonicalize_axes(axis, num_dims):
    """An axis, or several, as a tuple of numbers from 0.

    >>> canonicalize_axes((-1, 0), 3)
    (2, 0)
    """
    return tuple(shapes.normalize_axis(a, num_dims) for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
