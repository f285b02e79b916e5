"""InceptionResNetV2 under Keras's name of the module."""

from fastnn.applications.inception import InceptionResNetV2
from fastnn.applications.modes import decode_predictions, preprocessing

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]
__dir__ = __all__.copy
preprocess_input = preprocessing("tf")
