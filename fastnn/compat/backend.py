"""`keras.backend`: the functions that scripts of the Keras 2 years call, on fastnn.ops.

Every name of `fastnn.ops` is found here too; the table holds those that were named otherwise.
"""
from fastnn import ops
from fastnn.core.config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)

__all__ = ["clear_session", "epsilon", "floatx", "image_data_format", "int_shape", "set_epsilon", "set_floatx",
           "set_image_data_format"]

_RENAMED = {"pow": "power", "dot": "matmul", "permute_dimensions": "transpose"}


def int_shape(x):
    """The shape of a symbol or array as a tuple of ints and None.

    >>> import numpy as np
    >>> int_shape(np.ones((2, 3)))
    (2, 3)
    """
    return tuple(x.shape)


def clear_session(free_memory=True):
    """Start automatic names and random streams anew; there is no global graph that would have to be freed."""
    from fastnn import utils
    utils.clear_session()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return getattr(ops, _RENAMED.get(name, name))
    except AttributeError:
        raise AttributeError(f"keras.backend.{name} is not supported by fastnn; use the function of that purpose in "
                             "fastnn.ops.") from None
