"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.distribution.strategies import DataParallel as DataParallel
from fastnn.distribution.layout import DeviceMesh as DeviceMesh
from fastnn.distribution.strategies import Distribution as Distribution
from fastnn.distribution.layout import LayoutMap as LayoutMap
from fastnn.distribution.strategies import ModelParallel as ModelParallel
from fastnn.distribution.layout import TensorLayout as TensorLayout
from fastnn.distribution.strategies import distribute_tensor as distribute_tensor
from fastnn.distribution.strategies import distribution as distribution
from fastnn.distribution.devices import get_device_count as get_device_count
from fastnn.distribution.world import initialize as initialize
from fastnn.distribution.devices import list_devices as list_devices
from fastnn.distribution.strategies import set_distribution as set_distribution

__all__ = [
    'DataParallel',
    'DeviceMesh',
    'Distribution',
    'LayoutMap',
    'ModelParallel',
    'TensorLayout',
    'distribute_tensor',
    'distribution',
    'get_device_count',
    'initialize',
    'list_devices',
    'set_distribution',
]
