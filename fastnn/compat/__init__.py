"""`import keras` without Keras: aliases under which existing scripts find fastnn."""

from fastnn.core.registry import lazy

NAMES = {"install": "aliases", "uninstall": "aliases", "installed": "aliases"}
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
