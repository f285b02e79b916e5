"""Utilities: seeds, one-hot labels, padded sequences, batches from Python, names in configs."""
from fastnn.core.registry import lazy

NAMES = {
    "set_random_seed": "seeds", "to_categorical": "arrays", "normalize": "arrays", "pad_sequences": "arrays",
    "PyDataset": "batches", "Sequence": "batches", "clear_session": "fastnn.layers.session",
    **dict.fromkeys(("get_custom_objects", "custom_object_scope", "CustomObjectScope", "register_keras_serializable",
                     "get_registered_name", "get_registered_object", "serialize_keras_object",
                     "deserialize_keras_object"), "fastnn.saving"),
    "Progbar": "fastnn.callbacks",
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
