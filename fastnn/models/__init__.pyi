"""Generated from NAMES by tests/typing/stubs.py."""
from typing import Any

from fastnn.models.functional import Functional as Functional
from fastnn.layers.input_layer import Input as Input
from fastnn.models.model import Model as Model
from fastnn.models.sequential import Sequential as Sequential
from fastnn.models.cloning import clone_model as clone_model
load_model: Any
model_from_json: Any
save_model: Any

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
