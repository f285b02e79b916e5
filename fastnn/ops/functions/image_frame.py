"""What operations on images share: the layout that they work in, and floats for integers."""

import numpy as np

from fastnn.core import config, dtypes
from fastnn.core.errors import ShapeError
from fastnn.ops.functions.arithmetic import clip
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
    chosen = config.standard_data_format(data_format)
    x = images if rank == 4 else expand_dims(images, 0)
    x = x if chosen == "channels_last" else transpose(x, (0, 2, 3, 1))

    def back(y):
        y = y if chosen == "channels_last" else transpose(y, (0, 3, 1, 2))
        return y if rank == 4 else squeeze(y, 0)

    return x, back


def as_floats(x):
    """(x in floats, how a result takes x's dtype again: values beyond a pixel's range end at its bounds)."""
    kind = dtypes.standardize(x.dtype)
    if dtypes.is_float(kind):
        return x, lambda y: y
    if dtypes.itemsize(kind) > 2 or kind == "bool":  # float32 does not hold the bounds
        return cast(x, config.floatx()), lambda y: cast(y, kind)
    bounds = np.iinfo(kind)
    return cast(x, config.floatx()), lambda y: cast(clip(y, float(bounds.min), float(bounds.max)), kind)
