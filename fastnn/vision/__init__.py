"""`fastnn.vision`: classical vision beside networks: descriptors, boxes, batches of images, a linear SVM."""

from fastnn.core.registry import lazy

NAMES = {
    **dict.fromkeys(("color_histogram", "hog", "lbp"), "features"),
    **dict.fromkeys(("resize", "crop", "to_gray", "sliding_window"), "frames"),
    **dict.fromkeys(("box_convert", "draw_boxes", "iou", "nms", "non_max_suppression"), "boxes"),
    "MeanAveragePrecision": "fastnn.metrics.detection",
    "LinearSVM": "linear_svm",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
