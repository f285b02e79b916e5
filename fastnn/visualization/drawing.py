"""Boxes and masks drawn over images, as arrays."""

from typing import Any

import numpy as np

from fastnn.core import config
from fastnn.core.errors import ArgumentError, ArgumentTypeError, ShapeError
from fastnn.core.extras import missing
from fastnn.layers.images.boxes import convert_format


def batch_of_images(images: Any, data_format: str | None) -> Any:
    """Images as an array (n, h, w, c)."""
    images = np.asarray(images)
    if images.ndim != 4:
        raise ShapeError(f"`images` must be batched 4D tensor. Received: images.shape={images.shape}")
    first = config.standard_data_format(data_format) == "channels_first"
    return np.moveaxis(images, 1, -1) if first else images


def bytes_of(images: Any) -> Any:
    """A copy of images as uint8; floats that do not exceed 1 are shares of 255."""
    if images.dtype.kind == "f" and images.size:
        scale = 255 if images.max() <= 1.0 else 1
        images = np.clip(images * scale, 0, 255)
    return images.astype("uint8")


def _rectangle(image, corners, color, thickness):
    """The edges of a box (left, top, right, bottom) in an image (h, w, c)."""
    height, width = image.shape[:2]
    low, high = -((thickness - 1) // 2), thickness // 2 + 1

    def band(start, end, size):
        return slice(max(start + low, 0), min(max(end + high, 0), size))

    left, top, right, bottom = corners
    for y in (top, bottom):
        image[band(y, y, height), band(left, right, width)] = color
    for x in (left, right):
        image[band(top, bottom, height), band(x, x, width)] = color


def _text(image, words, place, color, scale, thickness):
    """Words in an image, by Pillow."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise missing("draw_bounding_boxes with words", "images") from None
    x, y = place
    size = 22 * scale  # of what the letters are high in OpenCV, whose fonts Keras draws with
    font, canvas = ImageFont.load_default(size), Image.new("L", image.shape[1::-1])
    ImageDraw.Draw(canvas).text((x, y - size), words, fill=255, font=font, stroke_width=thickness - 1)
    share = np.asarray(canvas, "float32")[..., None] / 255
    image[...] = (image * (1 - share) + np.asarray(color, "float32")[: image.shape[-1]] * share).astype("uint8")


def _words_at(x, y, scale, thickness):
    """Where words stand: above a box, or in it where there is no room."""
    high = int(scale * 12)
    if y - 8 - 2 * high > 0:
        return x, y - 8
    return x + 3, y + 2 * high + thickness + 3


def draw_bounding_boxes(
    images: Any,
    bounding_boxes: Any,
    bounding_box_format: str,
    class_mapping: Any = None,
    color: Any = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> Any:
    """Images with boxes drawn on them, and names where the labels have some.

    Args:
        images: (n, h, w, c), or channels first.
        bounding_boxes: {"boxes": (n, b, 4), "labels": (n, b)}, perhaps with "confidences": (n, b); a box with the label
            -1 is left out.
        bounding_box_format: of `utils.bounding_boxes.convert_format`.
        class_mapping: {label: name}; names are drawn by Pillow.
        color: (r, g, b) in [0, 255].
        line_thickness, text_thickness: in pixels.
        font_scale: of the names.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Returns:
        (n, h, w, c) uint8.

    Raises:
        ShapeError: images of another rank.  ArgumentError: no such dict.  NotSupportedError: names without Pillow.

    >>> boxes = {"boxes": np.array([[[1, 1, 3, 3]]]), "labels": np.array([[0]])}
    >>> draw_bounding_boxes(np.zeros((1, 5, 5, 1)), boxes, "xyxy", color=(9,), line_thickness=1)[0, ..., 0].tolist()
    [[0, 0, 0, 0, 0], [0, 9, 9, 9, 0], [0, 9, 0, 9, 0], [0, 9, 9, 9, 0], [0, 0, 0, 0, 0]]
    """
    drawn = bytes_of(batch_of_images(images, data_format))
    if not isinstance(bounding_boxes, dict):
        raise ArgumentTypeError(
            f"`bounding_boxes` should be a dict. Received: bounding_boxes={bounding_boxes} of type "
            f"{type(bounding_boxes)}"
        )
    if "boxes" not in bounding_boxes or "labels" not in bounding_boxes:
        raise ArgumentError(
            "`bounding_boxes` should be a dict containing 'boxes' and 'labels' keys. "
            f"Received: bounding_boxes={bounding_boxes}"
        )
    height, width = drawn.shape[1:3]
    boxes = np.asarray(convert_format(bounding_boxes["boxes"], bounding_box_format, "xyxy", height, width))
    labels, sure = np.asarray(bounding_boxes["labels"]).astype(int), bounding_boxes.get("confidences")
    names = class_mapping or {}
    ink = np.asarray(color)[: drawn.shape[-1]]
    for i, j in np.ndindex(*boxes.shape[:2]):
        label, corners = int(labels[i, j]), [int(v) for v in boxes[i, j]]
        if label == -1:
            continue
        _rectangle(drawn[i], corners, ink, line_thickness)
        if label in names:
            words = names[label] if sure is None else f"{names[label]} | {np.asarray(sure)[i, j]:.2f}"
            thick = text_thickness or line_thickness
            _text(drawn[i], words, _words_at(corners[0], corners[1], font_scale, thick), ink, font_scale, thick)
    return drawn


def _palette(n):
    """A color for each of n classes."""
    steps = np.array([2**25 - 1, 2**15 - 1, 2**21 - 1])
    return [(i * steps % 255).tolist() for i in range(n)]


def draw_segmentation_masks(
    images: Any,
    segmentation_masks: Any,
    num_classes: int | None = None,
    color_mapping: Any = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> Any:
    """Images with the pixels of each class in a color.

    Args:
        images: (n, h, w, c), or channels first.
        segmentation_masks: (n, h, w, 1) ints: each pixel's class.
        num_classes: how many classes get a color; the largest one's number if None.
        color_mapping: {class: (r, g, b)}.
        alpha: how much of the color, if `blend`; else the color alone.
        ignore_index: the class of pixels that stay as they are.
        data_format: "channels_last" or "channels_first"; the configured one by default.

    Returns:
        (n, h, w, c), uint8 if `blend`, else float32.

    Raises:
        ShapeError: images of another rank.  ArgumentTypeError: masks of floats.

    >>> masks = np.array([1, -1]).reshape(1, 1, 2, 1)
    >>> draw_segmentation_masks(np.zeros((1, 1, 2, 3)), masks, 2, {0: (0, 0, 0), 1: (100, 0, 0)}).tolist()
    [[[[80, 0, 0], [0, 0, 0]]]]
    """
    given = batch_of_images(images, data_format).astype("float32")
    masks = batch_of_images(segmentation_masks, data_format)
    if masks.dtype.kind not in "iu":
        raise ArgumentTypeError(
            f"`segmentation_masks` must be in integer dtype. Received: segmentation_masks.dtype={masks.dtype}"
        )
    n = int(masks.max()) if num_classes is None else num_classes
    colors = _palette(n) if color_mapping is None else [color_mapping[i] for i in range(n)]
    drawn, masks = given.copy(), masks[..., 0]
    for i, color in enumerate(colors):
        drawn[masks == i] = np.asarray(color, "float32")
    if not blend:
        return drawn
    mixed = given * (1 - alpha) + drawn * alpha
    return np.where((masks != ignore_index)[..., None], mixed, given).astype("uint8")
