"""VGG16 under Keras's name of the module."""

from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.vgg import VGG16

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
preprocess_input = preprocessing("caffe")
