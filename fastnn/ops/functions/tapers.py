"""Tapers of signals (Bartlett, Hann, Kaiser ...). Made at once, as arrays that graphs take as constants."""

from typing import Any

import numpy as np

from fastnn.core.types import Tensor
from fastnn.ops.functions.create import as_default
from fastnn.ops.functions.operands import reserve

__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]


def _window(name):
    def window(x):
        reserve(int(x))
        return as_default(getattr(np, name)(int(x)))

    window.__name__ = window.__qualname__ = name
    window.__doc__ = (
        f"The {name.capitalize()} window, in the default float type.\n\n"
        f"    Args:\n        x: how many samples, an int.\n\n    >>> {name}(4).shape\n    (4,)\n    "
    )
    return window


bartlett, blackman, hamming, hanning = map(_window, ("bartlett", "blackman", "hamming", "hanning"))


def kaiser(x: Any, beta: Any) -> Tensor:
    """The Kaiser window of x samples.

    Args:
        x: how many samples, an int.
        beta: the shape: 0 gives a rectangle, larger ones a narrower window.

    >>> kaiser(4, 2.0).shape
    (4,)
    """
    reserve(int(x))
    return as_default(np.kaiser(int(x), float(beta)))
