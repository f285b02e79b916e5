"""Bounding boxes: their formats, clipping, cropping and padding, affine maps, and deltas of anchors."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.boxes import FORMATS, FROM_CORNERS, TO_CORNERS
from fastnn.core.errors import ArgumentError, NotSupportedError, ShapeError


def columns(boxes):
    """The four numbers of each box, each (..., 1)."""
    return ops.split(boxes, 4, axis=-1)


def joined(*parts):
    """Boxes of four numbers each (..., 1)."""
    return ops.concatenate(list(parts), axis=-1)


def convert_format(
    boxes: Any, source: str, target: str, height: Any = None, width: Any = None, dtype: str = "float32"
) -> Any:
    """Boxes in another format.

    Args:
        boxes: (..., 4), or a dict with "boxes".
        source, target: "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", or relative: "rel_xyxy", "rel_yxyx",
            "rel_xywh", "rel_center_xywh".
        height, width: of the image, in pixels, for relative formats.
        dtype: dtype of the result.

    Raises:
        ArgumentError: an unknown format, or a relative one without the image's size.  ShapeError: not (..., 4).

    >>> convert_format(np.array([[10.0, 20.0, 30.0, 60.0]]), "xyxy", "rel_xywh", height=80, width=40).tolist()
    [[0.25, 0.25, 0.5, 0.5]]
    """
    if isinstance(boxes, dict):
        return {**boxes, "boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    boxes = ops.convert_to_tensor(boxes)
    if not boxes.shape or boxes.shape[-1] != 4:
        raise ShapeError(
            "`boxes` must be a tensor with the last dimension of 4. Received: boxes.shape=" + str(tuple(boxes.shape))
        )
    source, target = str(source).lower(), str(target).lower()
    if source not in FORMATS or target not in FORMATS:
        raise ArgumentError(
            f"Invalid source or target format. Supported formats: {tuple(FORMATS)}. "
            f"Received: source={source!r}, target={target!r}"
        )
    (source_layout, source_relative), (target_layout, target_relative) = FORMATS[source], FORMATS[target]
    if (source_relative or target_relative) and (width is None or height is None):
        raise ArgumentError(
            "convert_format() must receive `height` and `width` transforming between relative and absolute formats. "
            f"convert_format() received source=`{source}`, target=`{target}`, but height={height} and width={width}."
        )
    boxes = ops.cast(boxes, dtype)
    if source == target:
        return boxes
    corners = TO_CORNERS[source_layout](*columns(boxes))
    if source_relative != target_relative:
        height, width = (v if isinstance(v, (int, float)) else ops.cast(v, dtype) for v in (height, width))
        sizes = (width, height, width, height)
        corners = [c * s if source_relative else c / s for c, s in zip(corners, sizes)]
    return joined(*FROM_CORNERS[target_layout](*corners))


def clip_to_image_size(
    bounding_boxes: Any, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Any:
    """Boxes cut at the edges of their image; the label of an empty box becomes -1.

    Args:
        bounding_boxes: {"boxes": (..., 4), "labels": (...)}.
        height, width: of the image, for "xyxy".
        bounding_box_format: "xyxy" or "rel_xyxy".

    >>> found = clip_to_image_size({"boxes": np.array([[-1.0, 0.0, 9.0, 2.0]]), "labels": np.array([3])}, 4, 4)
    >>> found["boxes"].tolist(), found["labels"].tolist()
    ([[0.0, 0.0, 4.0, 2.0]], [3])
    """
    if bounding_box_format not in ("xyxy", "rel_xyxy"):
        raise NotSupportedError(
            f"clip_to_image_size: received bounding_box_format={bounding_box_format!r}, expected 'xyxy' or 'rel_xyxy'."
        )
    if bounding_box_format == "rel_xyxy":
        height = width = 1.0
    elif height is None or width is None:
        raise ArgumentError("`height` and `width` must be set if `format='xyxy'`.")
    boxes, labels = bounding_boxes["boxes"], bounding_boxes.get("labels")
    a, b, c, d = columns(boxes)
    a, c = (ops.clip(v, 0, width) for v in (a, c))
    b, d = (ops.clip(v, 0, height) for v in (b, d))
    found = {**bounding_boxes, "boxes": joined(a, b, c, d)}
    if labels is not None:
        empty = ops.squeeze((c - a) * (d - b), axis=-1) <= 0
        labels = ops.convert_to_tensor(labels)
        found["labels"] = ops.where(empty, ops.cast(-1, labels.dtype), labels)
    return found


def _only_xyxy(name, bounding_box_format):
    if bounding_box_format != "xyxy":
        raise NotSupportedError(
            f"{name}: received bounding_box_format={bounding_box_format!r}, expected 'xyxy'; see `convert_format`."
        )


def crop(boxes: Any, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy") -> Any:
    """xyxy boxes in a part of the image that starts at (top, left).

    Args:
        boxes: (..., 4).
        top, left: the part's first row and column, in pixels.
        height, width: the part's size, in pixels.
        bounding_box_format: "xyxy", the only one.

    >>> crop(np.array([[2.0, 2.0, 9.0, 4.0]]), 1, 1, 4, 4).tolist()
    [[1.0, 1.0, 4.0, 3.0]]
    """
    _only_xyxy("crop", bounding_box_format)
    a, b, c, d = columns(boxes)
    return joined(*(ops.clip(v - o, 0, s) for v, o, s in ((a, left, width), (b, top, height), (c, left, width),
                                                          (d, top, height))))  # fmt: skip


def pad(
    boxes: Any, top: Any, left: Any, height: Any = None, width: Any = None, bounding_box_format: str = "xyxy"
) -> Any:
    """xyxy boxes in an image with margins at the top and left.

    Args:
        boxes: (..., 4).
        top, left: rows and columns in front, in pixels.
        height, width: size of the image then, which does not count.
        bounding_box_format: "xyxy", the only one.

    >>> pad(np.array([[2.0, 2.0, 9.0, 4.0]]), 1, 2).tolist()
    [[4.0, 3.0, 11.0, 5.0]]
    """
    _only_xyxy("pad", bounding_box_format)
    a, b, c, d = columns(boxes)
    return joined(a + left, b + top, c + left, d + top)


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The upright boxes around xyxy boxes that were turned, sheared, scaled and moved with their images.

    Args:
        boxes: (n, b, 4).
        angle, shear_x, shear_y: (n,) degrees.
        translate_x, translate_y: (n,) shares of the size.
        scale: (n,).
        height, width: of the images.
        center_x, center_y: of the turn, as shares; the middle.
        bounding_box_format: "xyxy", the only one.

    >>> zero, one = np.zeros(1, "float32"), np.ones(1, "float32")
    >>> boxes = np.array([[[0.0, 0.0, 1.0, 2.0]]], "float32")
    >>> affine_transform(boxes, zero, zero, zero, one, zero, zero, 4, 4).tolist()
    [[[0.0, 0.0, 1.0, 2.0]]]
    """
    _only_xyxy("affine_transform", bounding_box_format)
    radian = np.pi / 180.0
    cx, cy = ((0.5 if c is None else c) * (size - 1) for c, size in ((center_x, width), (center_y, height)))
    turn, sx, sy = (ops.convert_to_tensor(v) * -radian for v in (angle, shear_x, shear_y))
    tx = cx - ops.convert_to_tensor(translate_x) * (width - 1)
    ty = cy - ops.convert_to_tensor(translate_y) * (height - 1)
    cos_sy, tan_sx = ops.cos(sy), ops.tan(sx)
    a = ops.cos(turn - sy) / cos_sy
    b = a * tan_sx + ops.sin(turn)
    c = -ops.sin(turn - sy) / cos_sy
    d = ops.cos(turn) - c * tan_sx
    rows = [(d * scale, -b * scale, cx), (-c * scale, a * scale, cy)]
    left, top, right, bottom = columns(boxes)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    ends = []
    for p, q, middle in rows:
        p, q, origin = (ops.reshape(v, (-1, 1, 1)) for v in (p, q, middle - p * tx - q * ty))
        at = ops.concatenate([p * x + q * y + origin for x, y in corners], axis=-1)
        ends.append((ops.min(at, axis=-1, keepdims=True), ops.max(at, axis=-1, keepdims=True)))
    (x0, x1), (y0, y1) = ends
    return joined(x0, y0, x1, y1)


ENCODED = ("center_xywh", "center_yxhw")


def _levels(function, first, second):
    if isinstance(first, dict) and isinstance(second, dict):
        return {level: function(first[level], second[level]) for level in first}
    return function(first, second)


def _checked(encoded_format, variance, name):
    if encoded_format not in ENCODED:
        raise ArgumentError(
            f"`encoded_format` should be 'center_xywh' or 'center_yxhw', but got '{encoded_format}'. ({name})"
        )
    if variance is None:
        return np.ones(4, "float32")
    variance = np.asarray(variance, "float32")
    if variance.shape[-1] != 4:
        raise ShapeError(f"{name}: received variance={variance}, expected 4 numbers.")
    return variance


def _size(image_shape):
    return (None, None) if image_shape is None else tuple(image_shape)[:2]


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """How boxes differ from anchors: shifts in units of the anchor, and logarithms of the sizes' quotients.

    Args:
        anchors, boxes: (..., 4), or dicts of levels.
        anchor_format, box_format: of `convert_format`.
        encoding_format: "center_yxhw" or "center_xywh".
        variance: 4 numbers that divide the result.
        image_shape: (height, width, channels), for relative formats.

    >>> a = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> encode_box_to_deltas(a, a + 1, "xyxy", "xyxy").tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """
    variance, (height, width) = _checked(encoding_format, variance, "encode_box_to_deltas"), _size(image_shape)

    def encoded(anchor, box):
        anchor = convert_format(anchor, anchor_format, encoding_format, height, width)
        box = convert_format(box, box_format, encoding_format, height, width)
        tiny = 1e-7
        sizes = ops.maximum(anchor[..., 2:], tiny)
        found = [(box[..., :2] - anchor[..., :2]) / sizes, ops.log(ops.maximum(box[..., 2:], tiny) / sizes)]
        return ops.concatenate(found, axis=-1) / variance

    return _levels(encoded, anchors, boxes)


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """The boxes that differ from anchors by deltas: the inverse of `encode_box_to_deltas`.

    Args:
        anchors: (..., 4), or a dict of levels.
        boxes_delta: the deltas, (..., 4), or a dict of levels.
        anchor_format: format of the anchors.
        box_format: format of the boxes that are made.
        encoded_format: "center_yxhw" or "center_xywh".
        variance: 4 numbers that the deltas are multiplied by, or None.
        image_shape: (height, width, channels), for relative formats.

    >>> a = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> decode_deltas_to_boxes(a, np.array([[0.5, 0.5, 0.0, 0.0]], "float32"), "xyxy", "xyxy").tolist()
    [[1.0, 1.0, 3.0, 3.0]]
    """
    variance, (height, width) = _checked(encoded_format, variance, "decode_deltas_to_boxes"), _size(image_shape)

    def decoded(anchor, delta):
        anchor = convert_format(anchor, anchor_format, encoded_format, height, width)
        delta = ops.convert_to_tensor(delta) * variance
        found = [delta[..., :2] * anchor[..., 2:] + anchor[..., :2], ops.exp(delta[..., 2:]) * anchor[..., 2:]]
        return convert_format(ops.concatenate(found, axis=-1), encoded_format, box_format, height, width)

    return _levels(decoded, anchors, boxes_delta)


# ------------------------------------------------------------------ what a dict brings
def dense(bounding_boxes):
    """{"boxes", "labels"} as arrays, checked; lists of different lengths are filled up with boxes 0 and labels -1."""
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ArgumentError(
            "Expected `bounding_boxes` argument to be a dict with keys 'boxes' and 'labels'. "
            f"Received: bounding_boxes={bounding_boxes}"
        )
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, list):
        boxes, labels = _filled(boxes, labels)
    boxes, labels = ops.cast(ops.convert_to_tensor(boxes), "float32"), ops.convert_to_tensor(labels)
    rank, labels_rank = len(boxes.shape), len(labels.shape)
    if rank not in (2, 3):
        raise ShapeError(
            "Expected `bounding_boxes['boxes']` to have rank 2 or 3, with shape (num_boxes, 4) or "
            f"(batch_size, num_boxes, 4). Received: bounding_boxes['boxes'].shape={tuple(boxes.shape)}"
        )
    if labels_rank not in (rank - 1, rank):
        raise ShapeError(
            f"Found bounding_boxes['boxes'].shape={tuple(boxes.shape)} and expected bounding_boxes['labels'] to have "
            f"rank {rank - 1} or {rank}, but received: bounding_boxes['labels'].shape={tuple(labels.shape)} "
        )
    return {**bounding_boxes, "boxes": boxes, "labels": labels}


def _filled(boxes, labels):
    if not isinstance(labels, list):
        raise ArgumentError(
            "If `bounding_boxes['boxes']` is a list, then `bounding_boxes['labels']` must also be a list. "
            f"Received: bounding_boxes['labels']={labels}"
        )
    if len(boxes) != len(labels):
        raise ArgumentError(
            "If `bounding_boxes['boxes']` and `bounding_boxes['labels']` are both lists, they must have the same "
            f"length. Received: len(bounding_boxes['boxes'])={len(boxes)} and "
            f"len(bounding_boxes['labels'])={len(labels)}"
        )
    if not boxes or np.ndim(labels[0]) == 0:
        return np.asarray(boxes, "float32").reshape(-1, 4), np.asarray(labels, "int32")
    most = max(map(len, boxes))
    all_boxes, all_labels = np.zeros((len(boxes), most, 4), "float32"), np.full((len(boxes), most), -1, "int32")
    for k, (b, l) in enumerate(zip(boxes, labels)):
        all_boxes[k, : len(b)], all_labels[k, : len(l)] = np.asarray(b, "float32").reshape(-1, 4), l
    return all_boxes, all_labels
