"""Models: Sequential, Functional and subclassed ones; how they are copied, saved and loaded."""

from fastnn.core.registry import lazy

NAMES = {
    "Model": "model",
    "Sequential": "sequential",
    "Functional": "functional",
    "clone_model": "cloning",
    "load_model": "fastnn.saving",
    "save_model": "fastnn.saving",
    "model_from_json": "fastnn.saving",
    "Input": "fastnn.layers.input_layer",
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
