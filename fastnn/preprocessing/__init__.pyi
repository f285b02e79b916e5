"""Generated from NAMES by tests/typing/stubs.py."""
from fastnn.preprocessing import image as image
from fastnn.utils.folders import image_dataset_from_directory as image_dataset_from_directory
from fastnn.preprocessing import sequence as sequence
from fastnn.preprocessing import text as text
from fastnn.utils.folders import text_dataset_from_directory as text_dataset_from_directory
from fastnn.utils.timeseries import timeseries_dataset_from_array as timeseries_dataset_from_array

__all__ = [
    'image',
    'image_dataset_from_directory',
    'sequence',
    'text',
    'text_dataset_from_directory',
    'timeseries_dataset_from_array',
]
