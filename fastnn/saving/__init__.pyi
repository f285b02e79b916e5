"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.saving.registration import CustomObjectScope as CustomObjectScope
from fastnn.saving.file_editor import KerasFileEditor as KerasFileEditor
from fastnn.saving.registration import custom_object_scope as custom_object_scope
from fastnn.saving.serialization import deserialize_keras_object as deserialize_keras_object
from fastnn.saving.serialization import deserialize_object as deserialize_object
from fastnn.saving.registration import get_custom_objects as get_custom_objects
from fastnn.saving.registration import get_registered_name as get_registered_name
from fastnn.saving.registration import get_registered_object as get_registered_object
from fastnn.saving.inspect import inspect_file as inspect_file
from fastnn.saving.archive import load_model as load_model
from fastnn.saving.weights import load_weights as load_weights
from fastnn.saving.archive import model_from_json as model_from_json
from fastnn.saving.archive import model_to_json as model_to_json
from fastnn.saving.registration import register_keras_serializable as register_keras_serializable
from fastnn.saving.archive import save_model as save_model
from fastnn.saving.weights import save_weights as save_weights
from fastnn.saving.serialization import serialize_keras_object as serialize_keras_object
from fastnn.saving.serialization import serialize_object as serialize_object

__all__ = [
    'CustomObjectScope',
    'KerasFileEditor',
    'custom_object_scope',
    'deserialize_keras_object',
    'deserialize_object',
    'get_custom_objects',
    'get_registered_name',
    'get_registered_object',
    'inspect_file',
    'load_model',
    'load_weights',
    'model_from_json',
    'model_to_json',
    'register_keras_serializable',
    'save_model',
    'save_weights',
    'serialize_keras_object',
    'serialize_object',
]
