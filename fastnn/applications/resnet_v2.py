"""ResNet50V2, ResNet101V2, ResNet152V2 under Keras's name of the module."""

from fastnn.applications.modes import decode_predictions, preprocessing
from fastnn.applications.resnet import ResNet50V2, ResNet101V2, ResNet152V2

__all__ = ["ResNet101V2", "ResNet152V2", "ResNet50V2", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
preprocess_input = preprocessing("tf")
