"""What a subclassed model is built from when nobody has called `build`: symbols like what its first call is given."""

import numpy as np

from fastnn.layers import nest
from fastnn.layers.leaf import symbol_like


def wanted(array, float_dtype):
    """The dtype that a batch of `array` reaches the model in."""
    kind = np.asarray(array).dtype.kind
    if kind == "f":
        return float_dtype
    return np.asarray(array).dtype.name


def takes_several(args, kwargs):
    """Whether a call is given more than its inputs, `training` and `mask`: a state, the output of an encoder.

    >>> takes_several((1, 2), {}), takes_several((1,), {"training": True}), takes_several((1,), {"hidden": 2})
    (True, False, True)
    """
    return len(args) + len(kwargs.keys() - {"training", "mask"}) > 1


def symbols_like(arguments):
    """The arguments of a call with symbols in place of arrays; what has no shape stays."""
    return nest.map_structure(lambda x: symbol_like(x.shape, _dtype(x)) if _is_data(x) else x, arguments)


def _is_data(x):
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _dtype(x):
    return x.dtype.name if isinstance(x.dtype, np.dtype) else str(x.dtype)
