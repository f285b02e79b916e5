"""Data sets: the bundled digits, and loaders for original files that the user has.

Nothing is downloaded, nothing unpickled.
"""

from fastnn.core.registry import lazy

NAMES = {"digits": "", "mnist": "", "fashion_mnist": "", "cifar10": "", "cifar100": "", "boston_housing": "",
         "california_housing": "", "imdb": "", "reuters": "", "synthetic": ""}  # fmt: skip
__getattr__, __dir__, __all__ = lazy(__name__, NAMES)
