"""The part of `keras.backend` that makes, reads and sets variables."""

import numpy as np

from fastnn import ops
from fastnn.core import dtypes
from fastnn.core.config import floatx
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable
from fastnn.graph.variable import auto_name
from fastnn.layers import Input
from fastnn.layers.events import is_functional


class Update:
    """variable <- a value of a functional graph, when a function that has it among its `updates` runs."""

    def __init__(self, variable, value):
        self.variable, self.value = variable, value

    def __iter__(self):
        return iter((self.variable, self.value))


def variable(value, dtype=None, name=None, constraint=None):
    """A Variable with a first value.

    >>> get_value(variable([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """
    return Variable(
        np.asarray(value), dtype=dtype or floatx(), name=name or auto_name("variable"), constraint=constraint
    )


def constant(value, dtype=None, shape=None, name=None):
    """An array of a value, of the default float type unless dtype says otherwise."""
    array = np.asarray(value, dtypes.numpy_type(dtypes.standardize(dtype or floatx())))
    return array if shape is None else np.broadcast_to(array, shape).copy()


def placeholder(shape=None, ndim=None, dtype=None, sparse=False, name=None):
    """An Input symbol; `shape` has the batch dimension in front."""
    shape = (None,) * ndim if shape is None else tuple(shape)
    return Input(batch_shape=shape, dtype=dtype or floatx(), name=name)


def get_value(x):
    """The value of a variable as an array; of a number or an array, itself."""
    return np.asarray(x.numpy() if hasattr(x, "numpy") else x)


eval = get_value  # Keras's name


def set_value(x, value):
    """Give a variable a new value."""
    if not hasattr(x, "assign"):
        raise ArgumentError(
            f"set_value: received {x!r}, expected a variable (a weight of a layer, or the "
            "learning_rate of an optimizer)."
        )
    x.assign(value)


def batch_get_value(tensors):
    """The values of variables, as a list of arrays."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Give variables new values: (variable, value) pairs."""
    for x, value in tuples:
        set_value(x, value)


def count_params(x):
    """The number of numbers in a variable or array."""
    return int(np.prod(x.shape))


def update(x, new_x):
    """x.assign(new_x); `update_add` and `update_sub` change it by an amount."""
    if is_functional(new_x):
        return Update(x, new_x)
    x.assign(new_x)
    return x


def update_add(x, increment):
    """x.assign_add(increment)."""
    if is_functional(increment):
        return Update(x, ops.add(x, increment))
    x.assign_add(increment)
    return x


def update_sub(x, decrement):
    """x.assign_sub(decrement)."""
    if is_functional(decrement):
        return Update(x, ops.subtract(x, decrement))
    x.assign_sub(decrement)
    return x


def moving_average_update(x, value, momentum):
    """x = momentum * x + (1 - momentum) * value."""
    x.assign(ops.add(ops.multiply(x, momentum), ops.multiply(value, 1 - momentum)))
    return x
