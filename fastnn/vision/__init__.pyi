"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.vision.linear_svm import LinearSVM as LinearSVM
from fastnn.metrics.detection import MeanAveragePrecision as MeanAveragePrecision
from fastnn.vision.boxes import box_convert as box_convert
from fastnn.vision.features import color_histogram as color_histogram
from fastnn.vision.frames import crop as crop
from fastnn.vision.boxes import draw_boxes as draw_boxes
from fastnn.vision.features import hog as hog
from fastnn.vision.boxes import iou as iou
from fastnn.vision.features import lbp as lbp
from fastnn.vision.boxes import nms as nms
from fastnn.vision.boxes import non_max_suppression as non_max_suppression
from fastnn.vision.frames import resize as resize
from fastnn.vision.frames import sliding_window as sliding_window
from fastnn.vision.frames import to_gray as to_gray

__all__ = [
    'LinearSVM',
    'MeanAveragePrecision',
    'box_convert',
    'color_histogram',
    'crop',
    'draw_boxes',
    'hog',
    'iou',
    'lbp',
    'nms',
    'non_max_suppression',
    'resize',
    'sliding_window',
    'to_gray',
]
