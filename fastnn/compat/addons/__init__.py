"""What Keras scripts use of tensorflow_addons, for those who have not installed it; the rest is an error."""

import importlib

PARTS = ("activations", "image", "layers", "losses", "metrics", "optimizers", "text")
__all__ = list(PARTS)
__version__ = "0.23.0"


def __getattr__(name):
    if name in PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
