"""`keras.legacy`: how Keras 2 wrote objects."""

from fastnn.core.registry import lazy

NAMES = {"saving": ""}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
