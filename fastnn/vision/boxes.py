"""Boxes of detections: formats, how much they overlap, which of many stay, and how they are drawn."""

import math
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import boxes as geometry
from fastnn.core.arguments import count, number
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Array, Tensor
from fastnn.core.values import as_numbers
from fastnn.graph.node import Symbol
from fastnn.ops.records import images as records
from fastnn.visualization.drawing import draw_bounding_boxes


def box_convert(boxes: Any, source: str, target: str, image_size: Any = None) -> Array:
    """Boxes in another format.

    Args:
        boxes: (..., 4).
        source, target: "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", or relative to the image's size:
            "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh".
        image_size: (height, width), where one of the formats is relative and the other is not.

    Returns:
        float64 of the same shape.

    Raises:
        DataError: for a box of negative size; the message names it.  ShapeError: not (..., 4).
        ArgumentError: for an unknown format, or without a size that is needed.

    >>> box_convert([[10, 20, 30, 60]], "xyxy", "rel_xywh", image_size=(80, 40)).tolist()
    [[0.25, 0.25, 0.5, 0.5]]
    """
    found = geometry.corners(boxes, source, "box_convert")
    layout, relative = geometry.layout_of(target, "box_convert")
    if relative != geometry.layout_of(source, "box_convert")[1]:
        if image_size is None or len(image_size) != 2 or min(image_size) <= 0:
            raise ArgumentError(
                f"box_convert: received image_size={image_size!r}, expected (height, width): {source!r} and {target!r} "
                "differ in whether they are shares of the image's size."
            )
        height, width = image_size
        scale = np.array([width, height, width, height], np.float64)
        found = found / scale if relative else found * scale
    return np.stack(geometry.FROM_CORNERS[layout](*(found[..., k] for k in range(4))), axis=-1)


def iou(boxes1: Any, boxes2: Any, format: str = "xyxy") -> Array:
    """Intersection over union: the area that two boxes share over the area that they cover together.

    Args:
        boxes1: (..., a, 4).
        boxes2: (..., b, 4).
        format: as in `box_convert`.

    Returns:
        float64 (..., a, b), each of boxes1 with each of boxes2.

    Raises:
        DataError: for a box of negative size.  ShapeError: not (..., 4).  ArgumentError: for an unknown format.

    >>> iou([[0, 0, 2, 2]], [[0, 0, 2, 1], [1, 1, 3, 3]]).round(3).tolist()
    [[0.5, 0.143]]
    """
    one, two = (geometry.corners(b, format, "iou") for b in (boxes1, boxes2))
    for word, b in (("boxes1", one), ("boxes2", two)):
        if b.ndim < 2:
            raise ShapeError(f"iou: received {word} of shape {b.shape}, expected (..., boxes, 4).")
    return geometry.overlaps(one, two)


def _thresholds(iou_threshold: Any, score_threshold: Any) -> dict[str, float]:
    least = -math.inf if score_threshold is None else float(number("score_threshold", score_threshold))
    return {"iou_threshold": float(number("iou_threshold", iou_threshold, 0, 1)), "score_threshold": least}


def nms(
    boxes: Any,
    scores: Any,
    iou_threshold: float = 0.5,
    score_threshold: Any = None,
    max_boxes: int | None = None,
    format: str = "xyxy",
) -> Array:
    """Which boxes stay: best first, without those that overlap a better one too much (greedy, class by class none).

    Args:
        boxes: (b, 4).
        scores: (b,).
        format: as in `box_convert`.
        iou_threshold: the largest overlap that two boxes may have.
        score_threshold: boxes of this score or less are left out.
        max_boxes: how many stay at most.

    Returns:
        int64 numbers of boxes.

    Raises:
        DataError: for a box of negative size.  ShapeError, ArgumentError: for other shapes and thresholds.

    >>> nms([[0, 0, 4, 4], [0, 0, 4, 3], [5, 5, 6, 6]], [0.8, 0.9, 0.1]).tolist()
    [1, 2]
    """
    boxes, scores = geometry.corners(boxes, format, "nms"), as_numbers(scores, "nms: scores").astype(np.float64)
    if boxes.ndim != 2 or scores.shape != boxes.shape[:1]:
        raise ShapeError(
            f"nms: received boxes of shape {boxes.shape} and scores of shape {scores.shape}, expected (b, 4) and (b,)."
        )
    most = len(boxes) if max_boxes is None else count("nms: max_boxes", max_boxes)
    limits = _thresholds(iou_threshold, score_threshold)
    if not len(boxes):
        return np.empty(0, np.int64)
    kept = records.nms(boxes[None], scores[None, :, None], max_boxes=min(most, len(boxes)), **limits)[0, 0]
    return kept[kept >= 0].astype(np.int64)


def non_max_suppression(
    boxes: Any,
    scores: Any,
    iou_threshold: float = 0.5,
    score_threshold: Any = None,
    max_boxes: int = 100,
    format: str = "xyxy",
) -> dict[str, Tensor]:
    """The detections of each image: boxes that stay within their class, the best of all classes first.

    Works on arrays and, for corners ("xyxy"), on symbols, as the last step of a model.

    Args:
        boxes: (n, b, 4).
        scores: (n, b, classes).
        format: as in `box_convert`.
        iou_threshold: the largest overlap that two boxes of a class may have.
        score_threshold: boxes of this score or less are left out.
        max_boxes: how many stay in an image at most.

    Returns:
        {"boxes": (n, m, 4), "labels": (n, m) int32, "confidences": (n, m)}, m = min(max_boxes, b * classes).
        Where an image has fewer, the labels are -1 and the rest 0.  `visualization.draw_bounding_boxes` and
        `metrics.MeanAveragePrecision` take it.

    Raises:
        DataError: for a box of negative size.  ShapeError, ArgumentError: for other shapes and thresholds.

    >>> found = non_max_suppression([[[0, 0, 4, 4], [0, 0, 4, 3]]], [[[0.9, 0.0], [0.8, 0.7]]], max_boxes=3)
    >>> found["labels"].tolist(), found["boxes"][0, 1].tolist()
    ([[0, 1, -1]], [0.0, 0.0, 4.0, 3.0])
    """
    most, limits = count("non_max_suppression: max_boxes", max_boxes), _thresholds(iou_threshold, score_threshold)
    given = boxes
    if not isinstance(boxes, Symbol):
        corners = geometry.corners(boxes, format, "non_max_suppression").astype(np.float32)
        given = as_numbers(boxes, "boxes").astype(np.float32)
        scores = as_numbers(scores, "non_max_suppression: scores").astype(np.float32)
    elif str(format).lower() not in ("xyxy", "rel_xyxy"):
        raise ArgumentError(
            f"non_max_suppression: received format={format!r} for symbols, expected 'xyxy' or 'rel_xyxy'; see "
            "utils.bounding_boxes.convert_format."
        )
    else:
        corners = boxes
    if len(given.shape) != 3 or len(scores.shape) != 3 or tuple(given.shape[:2]) != tuple(scores.shape[:2]):
        raise ShapeError(
            f"non_max_suppression: received boxes of shape {tuple(given.shape)} and scores of shape "
            f"{tuple(scores.shape)}, expected (n, b, 4) and (n, b, classes)."
        )
    many, classes = scores.shape[1:]
    if many == 0 or classes == 0:
        n = len(given)
        return {
            "boxes": np.zeros((n, 0, 4), np.float32),
            "labels": np.zeros((n, 0), np.int32),
            "confidences": np.zeros((n, 0), np.float32),
        }
    each = min(most, many)
    kept = ops.reshape(records.nms(corners, scores, max_boxes=each, **limits), (-1, classes * each))
    label = np.repeat(np.arange(classes, dtype=np.int32), each)[None]
    place = ops.maximum(kept, 0) * classes + label
    sure = ops.take_along_axis(ops.reshape(scores, (-1, many * classes)), place, axis=1)
    best, order = ops.top_k(ops.where(kept >= 0, sure, -math.inf), min(most, classes * each))
    there = best > -math.inf
    number_ = ops.maximum(ops.take_along_axis(kept, order, axis=1), 0)
    chosen = ops.take_along_axis(given, ops.repeat(ops.expand_dims(number_, -1), 4, axis=-1), axis=1)
    return {
        "boxes": ops.where(ops.expand_dims(there, -1), chosen, 0.0),
        "labels": ops.where(there, ops.cast(order, "int32") // each, -1),
        "confidences": ops.where(there, best, 0.0),
    }


def draw_boxes(
    images: Any,
    boxes: Any,
    labels: Any = None,
    scores: Any = None,
    names: Any = None,
    color: Any = (255, 64, 0),
    thickness: int = 1,
    format: str = "xyxy",
) -> Array:
    """Images with boxes drawn over them, with names and scores where they are given.

    Args:
        images: (n, h, w, c), uint8 or floats.
        boxes: (n, b, 4), or what `non_max_suppression` returns.
        labels: (n, b) ints; a box with the label -1 is not drawn.
        scores: (n, b).
        names: {label: name} or a list of names, which are written by Pillow.
        color: (r, g, b) in [0, 255].
        thickness: of the lines, in pixels.
        format: as in `box_convert`.

    Returns:
        uint8 (n, h, w, c).

    Raises:
        DataError: for a box of negative size.  ShapeError: for images or boxes of another rank.
        NotSupportedError: for names without Pillow.

    >>> draw_boxes(np.zeros((1, 3, 3, 1)), [[[0, 0, 2, 2]]], color=(9,))[0, ..., 0].tolist()
    [[9, 9, 9], [9, 0, 9], [9, 9, 9]]
    """
    if isinstance(boxes, dict):
        boxes, labels, scores = boxes["boxes"], boxes["labels"], boxes.get("confidences", scores)
    found = geometry.corners(boxes, format, "draw_boxes")
    if found.ndim != 3:
        raise ShapeError(f"draw_boxes: received boxes of shape {found.shape}, expected (n, b, 4).")
    relative = geometry.layout_of(format, "draw_boxes")[1]
    labels = np.zeros(found.shape[:2], int) if labels is None else np.asarray(labels)
    if labels.shape != found.shape[:2] or len(found) != len(images):
        raise ShapeError(
            f"draw_boxes: received {len(images)} images, boxes of shape {found.shape} and labels of shape "
            f"{labels.shape}, expected (n, b, 4) and (n, b) for n images."
        )
    drawn = {"boxes": found, "labels": labels, **({} if scores is None else {"confidences": scores})}
    mapping = names if isinstance(names, dict) or names is None else dict(enumerate(names))
    form = "rel_xyxy" if relative else "xyxy"
    return draw_bounding_boxes(images, drawn, form, mapping, color, thickness, data_format="channels_last")
