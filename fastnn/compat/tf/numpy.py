"""tensorflow.experimental.numpy: NumPy's functions on tensors are those of fastnn.ops, and NumPy's own on arrays."""

import numpy as np

from fastnn import ops
from fastnn.core.results import giving

pi, e, inf, nan, newaxis = np.pi, np.e, np.inf, np.nan, None
ndarray = np.ndarray


def experimental_enable_numpy_behavior(prefer_float32=False, dtype_conversion_mode="legacy"):
    """Nothing: tensors do what NumPy's arrays do.

    Args:
        prefer_float32, dtype_conversion_mode: of no effect.
    """


def __getattr__(name):
    """The operation of this name, or NumPy's function, which takes arrays.

    >>> __getattr__("maximum")([1.0, -1.0], 0.0).tolist()
    [1.0, 0.0]
    """
    if name.startswith("_"):
        raise AttributeError(name)
    found = getattr(ops, name, None)
    if callable(found):
        return found
    own = getattr(np, name)
    return giving(own) if callable(own) and not isinstance(own, type) else own
