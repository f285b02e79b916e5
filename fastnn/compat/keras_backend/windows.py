"""The part of `keras.backend` that goes over windows of sequences, images, volumes: convolutions, pooling, padding."""

import functools

from fastnn import ops
from fastnn.core.errors import ArgumentError
from fastnn.layers import UpSampling2D, UpSampling3D
from fastnn.layers.data_format import standardize_data_format

# ---- convolutions ----------------------------------------------------------------------------------------------
_ORDER = "strides", "padding", "data_format", "dilation_rate"
_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}


def _arguments(args, kwargs):
    """Arguments of a convolution by the names of today: those by position, and those of Keras 1."""
    how = {**dict(zip(_ORDER, args)), **kwargs}
    for old, new in (("border_mode", "padding"), ("filter_dilation", "dilation_rate")):
        if old in how:
            how[new] = how.pop(old)
    how["data_format"] = _format(how.get("data_format"), how.pop("dim_ordering", None))
    return {k: v for k, v in how.items() if k in _ORDER}  # the others said shapes, which are known


def _conv(name, transposed=False):
    def convolution(x, kernel, *args, **kwargs):
        """A convolution of x with a kernel, as `fastnn.ops.conv` (the transpose: `fastnn.ops.conv_transpose`).

        Args:
            x: (n, steps, c), (n, h, w, c) or (n, d, h, w, c), or channels second.
            kernel: (..., c, filters); of the transpose (..., filters, c).
            args, kwargs: strides, padding ("valid", "same" or "causal"), data_format, dilation_rate; of the transpose
                the output's shape before them, which follows from these.
        """
        if transposed:  # the output shape is what strides and padding give
            return ops.conv_transpose(x, kernel, **_arguments(args[1:], kwargs))
        how = _arguments(args, kwargs)
        if how.get("padding") == "causal":
            rate = how.get("dilation_rate", 1)
            before = (kernel.shape[0] - 1) * (rate if isinstance(rate, int) else rate[0])
            x, how = temporal_padding(x, (before, 0)), {**how, "padding": "valid"}
        return ops.conv(x, kernel, **how)

    convolution.__name__ = name
    return convolution


conv1d, conv2d, conv3d = _conv("conv1d"), _conv("conv2d"), _conv("conv3d")
conv2d_transpose, conv3d_transpose = (_conv(f"conv{n}d_transpose", transposed=True) for n in (2, 3))


def atrous_conv2d(x, kernel, rate=1, **kwargs):
    """Keras 1's convolution of images with a kernel that is stretched.

    Args:
        x: images (n, h, w, c), or channels second.
        kernel: (h, w, c, filters).
        rate: the dilation, an int.
        kwargs: border_mode and dim_ordering, as of `conv2d`.

    >>> import numpy as np
    >>> atrous_conv2d(np.ones((1, 5, 5, 1), "float32"), np.ones((2, 2, 1, 3), "float32"), 3).shape
    (1, 2, 2, 3)
    """
    return conv2d(x, kernel, dilation_rate=rate, **kwargs)


def _depthwise(name, kernels):
    def convolution(x, depthwise_kernel, *args, **kwargs):
        """A convolution of each channel with kernels of its own, then, if separable, of 1 x 1 of all channels.

        Args:
            x: (n, steps, c) or (n, h, w, c), or channels second.
            depthwise_kernel: (..., c, multiplier).
            args, kwargs: if separable pointwise_kernel, (1, ..., c * multiplier, filters); strides, padding,
                data_format and dilation_rate, as of `conv2d`.
        """
        if kernels == 1:
            return ops.depthwise_conv(x, depthwise_kernel, **_even(_arguments(args, kwargs)))
        if "pointwise_kernel" in kwargs:
            args = (kwargs.pop("pointwise_kernel"), *args)
        return ops.separable_conv(x, depthwise_kernel, args[0], **_even(_arguments(args[1:], kwargs)))

    convolution.__name__ = name
    return convolution


def _even(how):
    """Strides and dilations that are the same along all dimensions as one number."""
    for name in ("strides", "dilation_rate"):
        sizes = how.get(name)
        if isinstance(sizes, (list, tuple)) and len(set(sizes)) == 1:
            how[name] = sizes[0]
    return how


depthwise_conv2d = _depthwise("depthwise_conv2d", 1)
separable_conv1d, separable_conv2d = (_depthwise(f"separable_conv{n}d", 2) for n in (1, 2))


# ---- pooling, resizing -----------------------------------------------------------------------------------------
def _pool(name, rank):
    def pool(x, pool_size, strides=(1,) * rank, padding="valid", data_format=None, pool_mode="max"):
        """Pooling over windows.

        Args:
            x: (n, ..., c), or channels second.
            pool_size, strides: one int per dimension.
            padding: "valid" or "same".
            data_format: "channels_last" or "channels_first"; the configured one by default.
            pool_mode: "max" or "avg".

        Raises ArgumentError for another pool_mode.
        """
        function = {"max": ops.max_pool, "avg": ops.average_pool}
        if pool_mode not in function:
            raise ArgumentError(f"pool_mode: received {pool_mode!r}, expected 'max' or 'avg'.")
        return function[pool_mode](x, pool_size, strides, padding, _format(data_format))

    pool.__name__ = name
    return pool


pool2d, pool3d = _pool("pool2d", 2), _pool("pool3d", 3)


def resize_images(x, height_factor, width_factor, data_format=None, interpolation="nearest"):
    """Images with each side a whole number of times as long.

    Args:
        x: images (n, h, w, c), or channels second.
        height_factor, width_factor: ints.
        data_format: "channels_last" or "channels_first"; the configured one by default.
        interpolation: "nearest", "bilinear" or what else `UpSampling2D` takes.

    >>> import numpy as np
    >>> resize_images(np.ones((1, 2, 2, 1), "float32"), 2, 3).shape
    (1, 4, 6, 1)
    """
    return UpSampling2D((height_factor, width_factor), _format(data_format), interpolation)(x)


def resize_volumes(x, depth_factor, height_factor, width_factor, data_format=None):
    """Volumes with each side a whole number of times as long.

    Args:
        x: volumes (n, d, h, w, c), or channels second.
        depth_factor, height_factor, width_factor: ints.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    >>> import numpy as np
    >>> resize_volumes(np.ones((1, 2, 2, 2, 1), "float32"), 2, 3, 1).shape
    (1, 4, 6, 2, 1)
    """
    return UpSampling3D((depth_factor, height_factor, width_factor), _format(data_format))(x)


# ---- padding ---------------------------------------------------------------------------------------------------
def _padded(x, sides, data_format):
    if standardize_data_format(data_format) == "channels_first" and len(x.shape) > 3:
        return ops.pad(x, ((0, 0), (0, 0), *sides))
    return ops.pad(x, ((0, 0), *sides, (0, 0)))


def temporal_padding(x, padding=(1, 1)):
    """Zeros before and after the steps.

    Args:
        x: (n, steps, c).
        padding: (before, after), or an int for both.

    >>> import numpy as np
    >>> temporal_padding(np.ones((1, 2, 1), "float32"), (0, 2))[0, :, 0].tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    return _padded(x, (_pair(padding),), None)


def asymmetric_temporal_padding(x, left_pad=1, right_pad=1):
    """Keras 1's `temporal_padding` of two sizes.

    Args:
        x: (n, steps, c).
        left_pad, right_pad: ints.
    """
    return _padded(x, ((left_pad, right_pad),), None)


def _pair(padding):
    return (padding, padding) if isinstance(padding, int) else tuple(padding)


def spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None, dim_ordering=None):
    """Zeros round images.

    Args:
        x: images (n, h, w, c), or channels second.
        padding: ((top, bottom), (left, right)), or, as in Keras 1, (rows, columns).
        data_format: "channels_last" or "channels_first"; the configured one by default.
        dim_ordering: Keras 1's word for it: "tf" or "th".

    >>> import numpy as np
    >>> spatial_2d_padding(np.ones((1, 2, 2, 1), "float32"), ((0, 1), (2, 0))).shape
    (1, 3, 4, 1)
    """
    return _padded(x, [_pair(p) for p in padding], _format(data_format, dim_ordering))


spatial_3d_padding = functools.wraps(spatial_2d_padding)(
    lambda x, padding=((1, 1), (1, 1), (1, 1)), data_format=None, dim_ordering=None: spatial_2d_padding(
        x, padding, data_format, dim_ordering
    )
)


def asymmetric_spatial_2d_padding(x, top_pad=1, bottom_pad=1, left_pad=1, right_pad=1, dim_ordering=None):
    """Keras 1's `spatial_2d_padding` of four sizes.

    Args:
        x: images (n, h, w, c), or channels second.
        top_pad, bottom_pad, left_pad, right_pad: ints.
        dim_ordering: "tf" or "th"; the configured one by default.
    """
    return _padded(x, ((top_pad, bottom_pad), (left_pad, right_pad)), _format(None, dim_ordering))


def _format(data_format, dim_ordering=None):
    """A data format in the word of today, given in that of any year."""
    given = dim_ordering or data_format
    return _FORMATS.get(given, given)
