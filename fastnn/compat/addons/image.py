"""Turned and moved images, as tensorflow_addons' `image` makes them."""

from fastnn import ops
from fastnn.compat.tf.transforms import projective_v3
from fastnn.compat.tf.values import operand

__all__ = ["rotate", "transform", "translate"]


def transform(images, transforms, interpolation="nearest", fill_mode="constant", output_shape=None, fill_value=0.0):
    """Images seen through projections.

    Args:
        images: (n, h, w, c), (h, w, c) or (h, w).
        transforms: (n, 8) or (8,): a0, a1, a2, b0, b1, b2, c0, c1; the pixel (x, y) is that of the images at
            ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k = c0 x + c1 y + 1.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside: "constant", "reflect", "wrap" or "nearest".
        output_shape: (height, width); those of the images if None.
        fill_value: the constant.

    >>> transform([[1.0, 1.0], [1.0, 1.0]], [1.0, 0, 1, 0, 1, 0, 0, 0]).tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    x = operand(images)
    rank = len(x.shape)
    four = x if rank == 4 else ops.reshape(x, (1, *x.shape)) if rank == 3 else ops.reshape(x, (1, *x.shape, 1))
    given = ops.reshape(ops.cast(transforms, "float32"), (-1, 8))
    found = projective_v3(
        four, given, output_shape or four.shape[1:3], interpolation.upper(), fill_value, fill_mode.upper()
    )
    return found if rank == 4 else ops.reshape(found, found.shape[1:] if rank == 3 else found.shape[1:3])


def rotate(images, angles, interpolation="nearest", fill_mode="constant", name=None, fill_value=0.0):
    """Images turned against the clock around their middle.

    Args:
        images: as of `transform`.
        angles: in radians, one or one for each image.
        interpolation, fill_mode, fill_value: as of `transform`.
        name: of no effect.

    >>> import math
    >>> rotate([[1.0, 2.0], [3.0, 4.0]], math.pi / 2).tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    shape = operand(images).shape
    height, width = (n - 1.0 for n in (shape[-3:-1] if len(shape) > 2 else shape))
    turns = ops.reshape(ops.cast(angles, "float32"), (-1,))
    c, s = ops.cos(turns), ops.sin(turns)
    zero = ops.zeros_like(c)
    right, down = (width - (c * width - s * height)) / 2.0, (height - (s * width + c * height)) / 2.0
    transforms = ops.stack([c, -s, right, s, c, down, zero, zero], axis=-1)
    return transform(images, transforms, interpolation, fill_mode, None, fill_value)


def translate(images, translations, interpolation="nearest", fill_mode="constant", name=None, fill_value=0.0):
    """Images moved to the right and down.

    Args:
        images: as of `transform`.
        translations: (dx, dy), or one pair for each image.
        interpolation, fill_mode, fill_value: as of `transform`.
        name: of no effect.

    >>> translate([[1.0, 2.0], [3.0, 4.0]], (1, 0)).tolist()
    [[0.0, 1.0], [0.0, 3.0]]
    """
    moves = ops.reshape(ops.cast(translations, "float32"), (-1, 2))
    one, zero = ops.ones_like(moves[:, 0]), ops.zeros_like(moves[:, 0])
    transforms = ops.stack([one, zero, -moves[:, 0], zero, one, -moves[:, 1], zero, zero], axis=-1)
    return transform(images, transforms, interpolation, fill_mode, None, fill_value)
