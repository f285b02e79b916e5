"""Boxes round things in images: what their four numbers are, and how much they share."""

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, DataError, ShapeError
from fastnn.core.values import as_numbers

# format -> (what its four numbers are; whether they are shares of the image's size)
FORMATS = {
    "xyxy": ("xyxy", False), "yxyx": ("yxyx", False), "xywh": ("xywh", False), "center_xywh": ("center_xywh", False),
    "center_yxhw": ("center_yxhw", False), "rel_xyxy": ("xyxy", True), "rel_yxyx": ("yxyx", True),
    "rel_xywh": ("xywh", True), "rel_center_xywh": ("center_xywh", True),
}  # fmt: skip

# layout -> (left, top, right, bottom) from its four numbers; and those from (left, top, right, bottom)
TO_CORNERS = {
    "xyxy": lambda a, b, c, d: (a, b, c, d),
    "yxyx": lambda a, b, c, d: (b, a, d, c),
    "xywh": lambda x, y, w, h: (x, y, x + w, y + h),
    "center_xywh": lambda x, y, w, h: (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
    "center_yxhw": lambda y, x, h, w: (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
}
FROM_CORNERS = {
    "xyxy": lambda a, b, c, d: (a, b, c, d),
    "yxyx": lambda a, b, c, d: (b, a, d, c),
    "xywh": lambda a, b, c, d: (a, b, c - a, d - b),
    "center_xywh": lambda a, b, c, d: (a + (c - a) / 2, b + (d - b) / 2, c - a, d - b),
    "center_yxhw": lambda a, b, c, d: (b + (d - b) / 2, a + (c - a) / 2, d - b, c - a),
}


def layout_of(form: Any, name: str) -> tuple[str, bool]:
    """(what a format's four numbers are, whether they are shares of the image's size); ArgumentError for others."""
    found = FORMATS.get(str(form).lower())
    if found is None:
        raise ArgumentError(f"{name}: received format={form!r}, expected one of {', '.join(FORMATS)}.")
    return found


def corners(boxes: Any, form: str, name: str) -> Any:
    """Boxes of a format as float64 corners (left, top, right, bottom), in the units that they have.

    boxes: (..., 4).  Raises ShapeError for another shape, DataError for a box of negative size or without numbers.

    >>> corners([[1, 2, 3, 4]], "xywh", "boxes").tolist()
    [[1.0, 2.0, 4.0, 6.0]]
    """
    layout, _ = layout_of(form, name)
    boxes = as_numbers(boxes, f"{name}: boxes")
    if boxes.ndim and boxes.shape[-1] == 0:  # lists without boxes
        boxes = boxes.reshape(*boxes.shape, 4)
    if boxes.ndim < 1 or boxes.shape[-1] != 4:
        raise ShapeError(f"{name}: received boxes of shape {boxes.shape}, expected (..., 4).")
    boxes = boxes.astype(np.float64)
    found = np.stack(TO_CORNERS[layout](*(boxes[..., k] for k in range(4))), axis=-1)
    bad = ~((found[..., 2:] >= found[..., :2]).all(axis=-1) & np.isfinite(found).all(axis=-1))
    if bad.any():
        first = tuple(int(k) for k in np.argwhere(bad)[0])
        raise DataError(
            f"{name}: box {list(first)} is {boxes[first].tolist()} ({form}), which has a negative size or is not "
            f"finite ({int(bad.sum())} of {bad.size} boxes are like that); expected right >= left and bottom >= top."
        )
    return found


def overlaps(one: Any, two: Any) -> Any:
    """Intersection over union of corners (..., a, 4) with corners (..., b, 4), as (..., a, b); 0 where both are empty.

    >>> overlaps(np.array([[0.0, 0, 2, 2]]), np.array([[0.0, 0, 2, 1], [3, 3, 4, 4]])).tolist()
    [[0.5, 0.0]]
    """
    one, two = one[..., :, None, :], two[..., None, :, :]
    size = np.maximum(np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2]), 0)
    shared = size[..., 0] * size[..., 1]
    areas = [(b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1]) for b in (one, two)]
    covered = areas[0] + areas[1] - shared
    return np.divide(shared, covered, out=np.zeros(shared.shape), where=covered > 0)
