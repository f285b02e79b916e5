"""ResNet50 under Keras's name of the module."""

from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.resnet import ResNet50

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
preprocess_input = preprocessing("caffe")
