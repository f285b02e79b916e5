"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.models.functional import Functional as Functional
from fastnn.layers.input_layer import Input as Input
from fastnn.models.model import Model as Model
from fastnn.models.sequential import Sequential as Sequential
from fastnn.models.cloning import clone_model as clone_model
from fastnn.saving.archive import load_model as load_model
from fastnn.saving.archive import model_from_json as model_from_json
from fastnn.saving.archive import save_model as save_model

__all__ = [
    'Functional',
    'Input',
    'Model',
    'Sequential',
    'clone_model',
    'load_model',
    'model_from_json',
    'save_model',
]
