"""Saving and loading: configs, `.keras` archives, `.weights.h5` files.  Nothing in a file is ever executed."""

from fastnn.core.registry import lazy

NAMES = {
    "serialize_keras_object": "serialization", "deserialize_keras_object": "serialization",
    "serialize_object": "serialization", "deserialize_object": "serialization",
    "register_keras_serializable": "registration", "CustomObjectScope": "registration",
    "custom_object_scope": "registration", "get_custom_objects": "registration",
    "get_registered_name": "registration", "get_registered_object": "registration",
    "save_model": "archive", "load_model": "archive", "save_weights": "weights", "load_weights": "weights",
    "model_to_json": "archive", "model_from_json": "archive", "inspect_file": "inspect",
    "KerasFileEditor": "file_editor",
}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
