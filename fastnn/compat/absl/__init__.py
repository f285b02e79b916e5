"""What scripts of TensorFlow use of absl-py, which comes with TensorFlow, for those who have not installed it."""

import importlib

PARTS = ("app", "flags", "logging")
__all__ = list(PARTS)


def __getattr__(name):
    if name in PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}. Install absl-py itself.")
