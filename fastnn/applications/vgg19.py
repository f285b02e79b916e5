"""VGG19 under Keras's name of the module."""

from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.vgg import VGG19

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
preprocess_input = preprocessing("caffe")
