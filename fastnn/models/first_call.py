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


def holds_text(arguments):
    """Whether there are arrays of texts among the arguments of a call.

    >>> holds_text([np.zeros(2), {"words": np.array(["a"])}]), holds_text([np.zeros(2)])
    (True, False)
    """
    return any(_is_data(x) and _dtype(x) == dtypes.TEXT and hasattr(x, "__array__") for x in nest.flatten(arguments))


def prepared(model, args, kwargs):
    """Keep what a build by `call` is traced with; False for texts, which no trace has: the call builds the parts."""
    if holds_text((args, kwargs)):
        return False
    if says_more(args, kwargs):
        object.__setattr__(model, "_first_call", symbols_like((args, kwargs)))
    return True


def symbols_like(arguments):
    """The arguments of a call with symbols in place of arrays; what has no shape stays."""
    return nest.map_structure(lambda x: symbol_like(x.shape, _dtype(x)) if _is_data(x) else x, arguments)


def _is_data(x):
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _dtype(x):
    if isinstance(x.dtype, np.dtype) and x.dtype.kind in "OSU":
        return dtypes.TEXT
    return x.dtype.name if isinstance(x.dtype, np.dtype) else str(x.dtype)
