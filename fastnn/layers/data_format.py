"""channels_last and channels_first: kernels know only the first; the other is transposed around them."""

from fastnn import ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError

standardize_data_format = config.standard_data_format


def standardize_padding(value, allowed=("valid", "same")):
    """A padding name in lower case, checked."""
    padding = value.lower() if isinstance(value, str) else value
    if padding not in allowed:
        raise ArgumentError(f"The `padding` argument must be one of {list(allowed)}. Received: padding={value!r}")
    return padding


def sized_shape(shape, height, width, data_format):
    """The shape of images of another height and width, with or without a batch.

    >>> sized_shape((None, 3, 8, 8), 4, 5, "channels_first")
    (None, 3, 4, 5)
    """
    at = -3 if data_format == "channels_last" else -2
    return (*shape[:at], height, width, *shape[len(shape) + at + 2 :])


def to_last(x, data_format):
    """A symbol or array with channels last."""
    if data_format == "channels_last":
        return x
    return ops.transpose(x, (0, *range(2, len(x.shape)), 1))


def from_last(x, data_format):
    """Back from channels_last to the format of the layer."""
    if data_format == "channels_last":
        return x
    rank = len(x.shape)
    return ops.transpose(x, (0, rank - 1, *range(1, rank - 1)))


def split_shape(shape, data_format):
    """(batch, spatial dimensions, channels) of a shape."""
    if data_format == "channels_last":
        return shape[0], tuple(shape[1:-1]), shape[-1]
    return shape[0], tuple(shape[2:]), shape[1]


def join_shape(batch, spatial, channels, data_format):
    """The shape of these parts."""
    return (batch, *spatial, channels) if data_format == "channels_last" else (batch, channels, *spatial)
