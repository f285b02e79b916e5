"""What a subclassed model is built from when nobody has called `build`: symbols like what its first call is given."""

import numpy as np

from fastnn.core import dtypes
from fastnn.layers import nest
from fastnn.layers.leaf import symbol_like


def wanted(array, float_dtype):
    """The dtype that a batch of `array` reaches the model in."""
    kind = np.asarray(array).dtype.kind
    if kind == "f":
        return float_dtype
    return np.asarray(array).dtype.name


def says_more(args, kwargs):
    """Whether a call says more than the shapes of its inputs: it has other arguments, or inputs that are no floats.

    >>> says_more((1, 2), {}), says_more((1,), {"training": True}), says_more((1,), {"hidden": 2})
    (True, False, True)
    >>> says_more((np.zeros(2, int),), {})
    True
    """
    if len(args) + len(kwargs.keys() - {"training", "mask"}) > 1:
        return True
    return any(_is_data(x) and not dtypes.is_float(_dtype(x)) for x in nest.flatten([args, kwargs]))


def symbols_like(arguments):
    """The arguments of a call with symbols in place of arrays; what has no shape stays."""
    return nest.map_structure(lambda x: symbol_like(x.shape, _dtype(x)) if _is_data(x) else x, arguments)


def _is_data(x):
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _dtype(x):
    return x.dtype.name if isinstance(x.dtype, np.dtype) else str(x.dtype)
