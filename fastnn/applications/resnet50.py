"""ResNet50 under Keras's name of the module."""

from fastnn.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
