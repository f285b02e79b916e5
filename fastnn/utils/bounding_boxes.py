"""Boxes around things in images: formats, clipping, overlap, maps.  The functions lie with the layers of images."""

from fastnn.core.registry import lazy

BOXES, OVERLAP = "fastnn.layers.images.boxes", "fastnn.layers.images.overlap"
NAMES = {
    **dict.fromkeys(("convert_format", "clip_to_image_size", "affine_transform", "crop", "pad", "encode_box_to_deltas",
                     "decode_deltas_to_boxes"), BOXES),
    **dict.fromkeys(("compute_iou", "compute_ciou"), OVERLAP),
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
