"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.data.passes import AUTOTUNE as AUTOTUNE
from fastnn.data.dataset import Dataset as Dataset
from fastnn.data.passes import INFINITE_CARDINALITY as INFINITE_CARDINALITY
from fastnn.data.dataset import Options as Options
from fastnn.data.tensor import Tensor as Tensor
from fastnn.data.tensor import TensorSpec as TensorSpec
from fastnn.data.passes import UNKNOWN_CARDINALITY as UNKNOWN_CARDINALITY

__all__ = [
    'AUTOTUNE',
    'Dataset',
    'INFINITE_CARDINALITY',
    'Options',
    'Tensor',
    'TensorSpec',
    'UNKNOWN_CARDINALITY',
]
