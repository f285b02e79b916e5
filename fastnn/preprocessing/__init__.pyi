"""Generated from NAMES by tests/typing/stubs.py."""
from typing import Any

from fastnn.preprocessing import image as image
from fastnn.preprocessing import sequence as sequence
from fastnn.preprocessing import text as text
image_dataset_from_directory: Any
text_dataset_from_directory: Any
timeseries_dataset_from_array: Any

__all__ = [
    'image',
    'image_dataset_from_directory',
    'sequence',
    'text',
    'text_dataset_from_directory',
    'timeseries_dataset_from_array',
]
