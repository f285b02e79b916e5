"""`keras.utils.legacy`: how Keras 2 wrote objects."""

from fastnn.core.registry import lazy

NAMES = dict.fromkeys(("deserialize_keras_object", "serialize_keras_object"), "fastnn.legacy.saving")
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
