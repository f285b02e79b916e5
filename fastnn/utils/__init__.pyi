"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.utils.config_dict import Config as Config
from fastnn.saving.registration import CustomObjectScope as CustomObjectScope
from fastnn.layers.feature_space import FeatureSpace as FeatureSpace
from fastnn.callbacks.progbar import Progbar as Progbar
from fastnn.utils.batches import PyDataset as PyDataset
from fastnn.utils.batches import Sequence as Sequence
from fastnn.utils.images import array_to_img as array_to_img
from fastnn.utils.folders import audio_dataset_from_directory as audio_dataset_from_directory
from fastnn.utils import bounding_boxes as bounding_boxes
from fastnn.layers.session import clear_session as clear_session
from fastnn.saving.registration import custom_object_scope as custom_object_scope
from fastnn.saving.serialization import deserialize_keras_object as deserialize_keras_object
from fastnn.utils.interactive import disable_interactive_logging as disable_interactive_logging
from fastnn.utils.interactive import enable_interactive_logging as enable_interactive_logging
from fastnn.saving.registration import get_custom_objects as get_custom_objects
from fastnn.utils.data_files import get_file as get_file
from fastnn.saving.registration import get_registered_name as get_registered_name
from fastnn.saving.registration import get_registered_object as get_registered_object
from fastnn.utils.symbols import get_source_inputs as get_source_inputs
from fastnn.utils.folders import image_dataset_from_directory as image_dataset_from_directory
from fastnn.utils.images import img_to_array as img_to_array
from fastnn.utils.interactive import is_interactive_logging_enabled as is_interactive_logging_enabled
from fastnn.utils.symbols import is_keras_tensor as is_keras_tensor
from fastnn.utils import legacy as legacy
from fastnn.utils.images import load_img as load_img
from fastnn.importing.onnx_model import load_onnx as load_onnx
from fastnn.importing.torch_weights import load_torch as load_torch
from fastnn.utils.symbols import model_to_dot as model_to_dot
from fastnn.utils.arrays import normalize as normalize
from fastnn.utils.triples import pack_x_y_sample_weight as pack_x_y_sample_weight
from fastnn.utils.arrays import pad_sequences as pad_sequences
from fastnn.visualization.graph import plot_model as plot_model
from fastnn.saving.registration import register_keras_serializable as register_keras_serializable
from fastnn.utils.images import save_img as save_img
from fastnn.saving.serialization import serialize_keras_object as serialize_keras_object
from fastnn.utils.seeds import set_random_seed as set_random_seed
from fastnn.utils.splitting import split_dataset as split_dataset
from fastnn.core.dtypes import standardize as standardize_dtype
from fastnn.utils.folders import text_dataset_from_directory as text_dataset_from_directory
from fastnn.utils.timeseries import timeseries_dataset_from_array as timeseries_dataset_from_array
from fastnn.utils.arrays import to_categorical as to_categorical
from fastnn.utils.triples import unpack_x_y_sample_weight as unpack_x_y_sample_weight

__all__ = [
    'Config',
    'CustomObjectScope',
    'FeatureSpace',
    'Progbar',
    'PyDataset',
    'Sequence',
    'array_to_img',
    'audio_dataset_from_directory',
    'bounding_boxes',
    'clear_session',
    'custom_object_scope',
    'deserialize_keras_object',
    'disable_interactive_logging',
    'enable_interactive_logging',
    'get_custom_objects',
    'get_file',
    'get_registered_name',
    'get_registered_object',
    'get_source_inputs',
    'image_dataset_from_directory',
    'img_to_array',
    'is_interactive_logging_enabled',
    'is_keras_tensor',
    'legacy',
    'load_img',
    'load_onnx',
    'load_torch',
    'model_to_dot',
    'normalize',
    'pack_x_y_sample_weight',
    'pad_sequences',
    'plot_model',
    'register_keras_serializable',
    'save_img',
    'serialize_keras_object',
    'set_random_seed',
    'split_dataset',
    'standardize_dtype',
    'text_dataset_from_directory',
    'timeseries_dataset_from_array',
    'to_categorical',
    'unpack_x_y_sample_weight',
]
