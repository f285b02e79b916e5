"""`ops.image`: sizes, margins and colours of images, as operations."""

from fastnn.ops.functions import image


def __getattr__(name):
    if name not in image.NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(image, name)
