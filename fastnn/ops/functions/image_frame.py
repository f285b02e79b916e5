"""What operations on images share: the layout that they work in, and floats for integers."""

from fastnn.core import config, dtypes
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.ops.functions.cast import cast
from fastnn.ops.functions.layout import expand_dims, squeeze, transpose
from fastnn.ops.functions.operands import operand


def last(images, data_format, name):
    """(images channels last and with a batch axis, how to put the result back)."""
    images = operand(images)
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


def as_floats(x):
    """(x in floats, how a result takes x's dtype again)."""
    kind = dtypes.standardize(x.dtype)
    if dtypes.is_float(kind):
        return x, lambda y: y
    return cast(x, config.floatx()), lambda y: cast(y, kind)
