"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.legacy.saving import deserialize_keras_object as deserialize_keras_object
from fastnn.legacy.saving import serialize_keras_object as serialize_keras_object

__all__ = [
    'deserialize_keras_object',
    'serialize_keras_object',
]
