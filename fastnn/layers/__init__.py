"""Layers: every public class under its Keras name; one concept, one file."""
from fastnn.core.registry import lazy

NAMES = {
    "Layer": "layer", "InputLayer": "input_layer", "Input": "input_layer", "InputSpec": "input_spec",
    "Dense": "dense", "Activation": "activation", "ReLU": "activation", "LeakyReLU": "activation", "ELU": "activation",
    "PReLU": "activation", "Softmax": "activation", "ThresholdedReLU": "activation",
    "Flatten": "reshaping", "Reshape": "reshaping", "Permute": "reshaping", "RepeatVector": "reshaping",
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
