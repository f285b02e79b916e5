"""Generated from NAMES by tests/typing/stubs.py."""
from typing import Any

from fastnn.utils.batches import PyDataset as PyDataset
from fastnn.utils.batches import Sequence as Sequence
from fastnn.layers.session import clear_session as clear_session
from fastnn.utils.arrays import normalize as normalize
from fastnn.utils.arrays import pad_sequences as pad_sequences
from fastnn.utils.seeds import set_random_seed as set_random_seed
from fastnn.utils.arrays import to_categorical as to_categorical
CustomObjectScope: Any
Progbar: Any
custom_object_scope: Any
deserialize_keras_object: Any
get_custom_objects: Any
get_registered_name: Any
get_registered_object: Any
register_keras_serializable: Any
serialize_keras_object: Any

__all__ = [
    'CustomObjectScope',
    'Progbar',
    'PyDataset',
    'Sequence',
    'clear_session',
    'custom_object_scope',
    'deserialize_keras_object',
    'get_custom_objects',
    'get_registered_name',
    'get_registered_object',
    'normalize',
    'pad_sequences',
    'register_keras_serializable',
    'serialize_keras_object',
    'set_random_seed',
    'to_categorical',
]
