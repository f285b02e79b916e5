"""Masks that travel with results: of calls on arrays, where no trace and no outer call could keep them."""

from typing import Any

import numpy as np


class Masked(np.ndarray):
    """An array with the mask of what it holds; what is computed from it has none."""

    _keras_mask: Any = None

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return np.asarray(array)[()] if return_scalar else np.asarray(array)

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def with_mask(value: Any, mask: Any) -> Any:
    """`value`, an array, as one that says its mask under Keras's name `_keras_mask`.

    >>> with_mask(np.zeros(2), np.array([True, False]))._keras_mask
    array([ True, False])
    """
    if mask is None or not isinstance(value, np.ndarray):
        return value
    value = value.view(Masked if type(value) is np.ndarray else type(value))
    value._keras_mask = mask
    return value


def mask_of_array(value: Any) -> Any:
    """The mask that came with an array, or None."""
    return None if type(value) is np.ndarray else getattr(value, "_keras_mask", None)
