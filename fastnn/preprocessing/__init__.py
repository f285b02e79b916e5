"""`keras.preprocessing`: images, sequences and text on their way into a model."""

from fastnn.core.registry import lazy

NAMES = {
    "image": "",
    "sequence": "",
    "text": "",
    **dict.fromkeys(
        ("image_dataset_from_directory", "text_dataset_from_directory", "timeseries_dataset_from_array"), "fastnn.utils"
    ),
}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
