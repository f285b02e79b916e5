"""`ops.image`: sizes, margins and colours of images, as operations."""

from fastnn.ops.functions import image

__all__ = sorted(image.NAMES)


def __getattr__(name):
    if name not in image.NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(image, name)


def __dir__():
    return __all__
