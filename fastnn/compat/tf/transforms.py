"""tf.raw_ops.ImageProjectiveTransformV3, by which packages turn, shift, shear and zoom images."""

import numpy as np

from fastnn import ops
from fastnn.compat.tf.values import ints, is_float, kept, only, operand
from fastnn.core.errors import ShapeError
from fastnn.ops.functions.image_places import read_places

_ORDERS = {"NEAREST": 0, "BILINEAR": 1}
_MODES = {"CONSTANT": "constant", "REFLECT": "reflect", "WRAP": "nearest", "NEAREST": "nearest"}


def _wrapped(place, n):
    """Places outside of n pixels, moved by multiples of n; between the last and the first it is the last."""
    if n == 1:
        return ops.zeros_like(place)
    below = ops.add(place, np.float32(n) * (ops.trunc(place / np.float32(1 - n)) + np.float32(1)))
    above = ops.subtract(place, np.float32(n) * ops.trunc(place / np.float32(n - 1)))
    moved = ops.where(place < 0, below, ops.where(place > n - 1, above, place))
    return ops.clip(moved, 0.0, n - 1.0)


def projective_v3(images, transforms, output_shape, interpolation, fill_value=0.0, fill_mode="CONSTANT", name=None):
    """Images (n, h, w, c) whose pixel (x, y) is the given one at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k).

    transforms: (n, 8) or (1, 8): a0, a1, a2, b0, b1, b2, c0, c1; k = c0 x + c1 y + 1.  output_shape: (height, width).

    >>> x = np.ones((1, 1, 2, 1), "float32")
    >>> projective_v3(x, [[1.0, 0, 1, 0, 1, 0, 0, 0]], (1, 2), "BILINEAR").ravel().tolist()
    [1.0, 0.0]
    """
    only("raw_ops.ImageProjectiveTransformV3", "interpolation", interpolation, *_ORDERS)
    only("raw_ops.ImageProjectiveTransformV3", "fill_mode", fill_mode, *_MODES)
    x, t = operand(images), ops.cast(operand(transforms), "float32")
    if len(x.shape) != 4 or len(t.shape) != 2 or t.shape[-1] != 8 or t.shape[0] not in (1, x.shape[0]):
        raise ShapeError(
            f"tf.raw_ops.ImageProjectiveTransformV3: received images of shape {tuple(x.shape)} and transforms of shape "
            f"{tuple(t.shape)}; expected (n, h, w, c) and (n, 8) or (1, 8)."
        )
    height, width = ints(output_shape)
    ys, xs = np.arange(height, dtype="float32").reshape(1, -1, 1), np.arange(width, dtype="float32").reshape(1, 1, -1)
    a0, a1, a2, b0, b1, b2, c0, c1 = (t[:, k, None, None] for k in range(8))
    scale = ops.add(ops.add(ops.multiply(c0, xs), ops.multiply(c1, ys)), np.float32(1))
    columns = ops.divide(ops.add(ops.add(ops.multiply(a0, xs), ops.multiply(a1, ys)), a2), scale)
    rows = ops.divide(ops.add(ops.add(ops.multiply(b0, xs), ops.multiply(b1, ys)), b2), scale)
    places = [ops.broadcast_to(v, (x.shape[0], height, width)) for v in (rows, columns)]
    if fill_mode == "WRAP":
        places = [_wrapped(v, n) for v, n in zip(places, x.shape[1:3])]
    found = read_places(ops.cast(x, "float32"), places, _ORDERS[interpolation], _MODES[fill_mode], fill_value)
    return kept(ops.trunc(found) if not is_float(x) else found, x)


def projective_v2(images, transforms, output_shape, interpolation, fill_mode="CONSTANT", name=None):
    """The same, with zeros outside."""
    return projective_v3(images, transforms, output_shape, interpolation, 0.0, fill_mode)
