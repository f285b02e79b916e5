"""How much boxes overlap: intersection over union, and its complete form."""

import math
from typing import Any

from fastnn import ops
from fastnn.core import config
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.layers.images.boxes import columns, convert_format


def _size(bounding_box_format, image_shape):
    if "rel" in bounding_box_format and image_shape is None:
        raise ArgumentError(
            "When using relative bounding box formats (e.g. `rel_yxyx`) the `image_shape` argument must be provided. "
            f"Received `image_shape`: {image_shape}"
        )
    return (None, None) if image_shape is None else tuple(image_shape)[:2]


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: Any = -1,
    image_shape: Any = None,
) -> Any:
    """The area that two boxes share over the area that they cover, for each of boxes1 with each of boxes2.

    Args:
        boxes1: (a, 4) or (n, a, 4).
        boxes2: (b, 4) or (n, b, 4).
        bounding_box_format: of `convert_format`.
        use_masking, mask_val: what stands where a box has only negative numbers.
        image_shape: (height, width, channels), for relative formats.

    Returns:
        (a, b) or (n, a, b).

    >>> import numpy as np
    >>> compute_iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 2.0, 1.0]]), "xyxy").round(3).tolist()
    [[0.5]]
    """
    height, width = _size(bounding_box_format, image_shape)
    ranks = [len(ops.convert_to_tensor(b).shape) for b in (boxes1, boxes2)]
    for k, rank in enumerate(ranks, 1):
        if rank not in (2, 3):
            raise ShapeError(
                f"compute_iou() expects boxes{k} to be batched, or to be unbatched. Received "
                f"len(boxes1.shape)={ranks[0]}, len(boxes2.shape)={ranks[1]}. "
                f"Expected either len(boxes{k}.shape)=2 AND or len(boxes{k}.shape)=3."
            )
    one, two = (convert_format(b, bounding_box_format, "xyxy", height, width) for b in (boxes1, boxes2))
    a1, b1, c1, d1 = columns(one)
    a2, b2, c2, d2 = (ops.swapaxes(v, -1, -2) for v in columns(two))
    wide = ops.maximum(ops.minimum(c1, c2) - ops.maximum(a1, a2), 0)
    tall = ops.maximum(ops.minimum(d1, d2) - ops.maximum(b1, b2), 0)
    shared = wide * tall
    covered = (c1 - a1) * (d1 - b1) + (c2 - a2) * (d2 - b2) - shared
    found = shared / (covered + config.epsilon())
    if not use_masking:
        return found
    none1 = ops.max(one, axis=-1, keepdims=True) < 0
    none2 = ops.swapaxes(ops.max(two, axis=-1, keepdims=True) < 0, -1, -2)
    return ops.where(ops.logical_or(none1, none2), ops.full_like(found, mask_val), found)


def compute_ciou(boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None) -> Any:
    """Complete IoU of boxes in pairs: less by the distance of the middles and by how the shapes differ.

    Args:
        boxes1, boxes2: (..., 4).
        bounding_box_format: as of `compute_iou`.
        image_shape: (height, width, channels), for relative formats.

    Others as in `compute_iou`. Formula: Zheng et al., "Enhancing Geometric Factors" (2020).

    >>> import numpy as np
    >>> box = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> compute_ciou(box, box, "xyxy").round(3).tolist()
    [1.0]
    """
    height, width = _size(bounding_box_format, image_shape)
    one, two = (convert_format(b, bounding_box_format, "xyxy", height, width) for b in (boxes1, boxes2))
    (a1, b1, c1, d1), (a2, b2, c2, d2) = ([v[..., 0] for v in columns(b)] for b in (one, two))
    tiny = config.epsilon()
    w1, h1, w2, h2 = c1 - a1, d1 - b1 + tiny, c2 - a2, d2 - b2 + tiny
    shared = ops.maximum(ops.minimum(c1, c2) - ops.maximum(a1, a2), 0) * ops.maximum(
        ops.minimum(d1, d2) - ops.maximum(b1, b2), 0
    )
    iou = shared / (w1 * h1 + w2 * h2 - shared + 2 * tiny)
    diagonal = (
        ops.square(ops.maximum(c1, c2) - ops.minimum(a1, a2))
        + ops.square(ops.maximum(d1, d2) - ops.minimum(b1, b2))
        + tiny
    )
    distance = ops.square((a1 + c1 - a2 - c2) / 2) + ops.square((b1 + d1 - b2 - d2) / 2)
    shape = 4 / math.pi**2 * ops.square(ops.arctan(w2 / h2) - ops.arctan(w1 / h1))
    weight = shape / (shape - iou + (1 + tiny))
    return iou - (distance / diagonal + shape * weight)
