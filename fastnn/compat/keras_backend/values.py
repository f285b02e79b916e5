"""The part of `keras.backend` that makes, reads and sets variables."""

import contextlib

import numpy as np

from fastnn import ops
from fastnn.compat.keras2 import builds
from fastnn.core import dtypes, results
from fastnn.core.config import floatx
from fastnn.core.errors import ArgumentError
from fastnn.graph import Variable
from fastnn.graph.variable import auto_name
from fastnn.layers import Input, context
from fastnn.layers.events import is_functional


class Update:
    """variable <- a value of a functional graph, when a function that has it among its `updates` runs."""

    def __init__(self, variable, value):
        self.variable, self.value = variable, value

    def __iter__(self):
        return iter((self.variable, self.value))


_deferred = []  # for each get_updates in progress: the variables that it has made, the next one's number, the keeper


@contextlib.contextmanager
def deferring(made, keep):
    """A block in which updates are listed, not made, and new variables are those of `made`, in their order.

    keep: (value, dtype, name) -> a variable, for those that are not there yet.
    """
    _deferred.append([made, 0, keep])
    try:
        yield
    finally:
        _deferred.pop()


def _made(make):
    """A new variable; inside of `deferring` the one that was made at this place before."""
    if not _deferred:
        return make()
    made, k, _ = _deferred[-1]
    if k == len(made):
        made.append(make())
    _deferred[-1][1] += 1
    return made[k]


def _later(value):
    return bool(_deferred) or is_functional(value)


def _idle():
    """Whether a layer is called in inference, where the updates of Keras 2's graphs ran for stateful layers alone."""
    here = context.active()
    return here is not None and not here.training and not getattr(here.tracker, "stateful", False)


def variable(value, dtype=None, name=None, constraint=None):
    """A Variable with a first value.

    Args:
        value: a number or an array.
        dtype: of the variable; the default float type if None.
        name: str, made if None.
        constraint: a function of the new value, called after each update, or None.

    >>> get_value(variable([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """

    def make():
        given, kind = np.asarray(value), dtypes.standardize(dtype or floatx())
        called = name or auto_name("variable")
        if _deferred:
            return _deferred[-1][2](given.astype(dtypes.numpy_type(kind)), kind, called)
        return Variable(given, dtype=kind, name=called, constraint=constraint)

    return _made(make)


def zeros(shape, dtype=None, name=None):
    """Zeros: an array; a variable in `get_updates` of an optimizer, which assigns to it, and among a layer's weights.

    Args:
        shape: a tuple of ints.
        dtype: the default float type if None.
        name: of the variable.

    >>> zeros((2,))
    array([0., 0.], dtype=float32)
    """
    return _filled(ops.zeros, shape, dtype, name)


def ones(shape, dtype=None, name=None):
    """Ones: an array; a variable in `get_updates` of an optimizer, which assigns to it, and among a layer's weights.

    Args:
        shape: a tuple of ints.
        dtype: the default float type if None.
        name: of the variable.

    >>> ones((2,))
    array([1., 1.], dtype=float32)
    """
    return _filled(ops.ones, shape, dtype, name)


def _filled(function, shape, dtype, name):
    if not _deferred:
        return builds.start_of_weight(function(shape, dtype=dtype))
    return variable(np.asarray(function(shape, dtype=dtype)), dtype, name)


def constant(value, dtype=None, shape=None, name=None):
    """An array of a value.

    Args:
        value: a number or an array.
        dtype: of the result; the default float type if None.
        shape: the value's, of as many elements, or of any number if the value is one; its own if None.
        name: of no effect.

    >>> constant([1, 2])
    array([1., 2.], dtype=float32)
    """
    array = np.asarray(value, dtypes.numpy_type(dtypes.standardize(dtype or floatx())))
    if shape is None:
        return results.shown(array)
    return results.shown(np.full(shape, array.ravel()[0]) if array.size == 1 else array.reshape(shape))


def placeholder(shape=None, ndim=None, dtype=None, sparse=False, name=None):
    """An Input symbol.

    Args:
        shape: with the batch dimension in front.
        ndim: the number of dimensions, where there is no shape.
        dtype: the default float type if None.
        sparse: of no effect.
        name: str, made if None.

    >>> placeholder(ndim=2).shape
    (None, None)
    """
    shape = (None,) * ndim if shape is None else tuple(shape)
    return Input(batch_shape=shape, dtype=dtype or floatx(), name=name)


def get_value(x):
    """The value of a variable as an array; of a number or an array, itself.

    Args:
        x: a variable, a number or an array.

    >>> get_value(variable(3.0))
    array(3., dtype=float32)
    """
    return np.asarray(x.numpy() if hasattr(x, "numpy") else x)


eval = get_value  # Keras's name


def set_value(x, value):
    """Give a variable a new value.

    Args:
        x: the variable.
        value: a number or an array of its shape.

    Raises ArgumentError for what is no variable.

    >>> x = variable(3.0)
    >>> set_value(x, 4.0)
    >>> get_value(x)
    array(4., dtype=float32)
    """
    if not hasattr(x, "assign"):
        raise ArgumentError(
            f"set_value: received {x!r}, expected a variable (a weight of a layer, or the "
            "learning_rate of an optimizer)."
        )
    x.assign(value)


def batch_get_value(tensors):
    """The values of variables, as a list of arrays.

    Args:
        tensors: a list of variables.

    >>> batch_get_value([variable(1.0)])
    [array(1., dtype=float32)]
    """
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Give variables new values.

    Args:
        tuples: (variable, value) pairs.

    >>> x = variable(1.0)
    >>> batch_set_value([(x, 2.0)])
    >>> get_value(x)
    array(2., dtype=float32)
    """
    for x, value in tuples:
        set_value(x, value)


def count_params(x):
    """The number of numbers in x.

    Args:
        x: a variable or an array.

    >>> count_params(variable([1.0, 2.0]))
    2
    """
    return int(np.prod(x.shape))


def update(x, new_x):
    """x.assign(new_x); `update_add` and `update_sub` change it by an amount.

    In the `call` of a layer x changes while training alone, in that of one whose `stateful` is True always.

    Args:
        x: a variable.
        new_x: its new value; a symbol of a functional graph for `function(updates=)`.

    >>> get_value(update(variable(3.0), 5.0))
    array(5., dtype=float32)
    """
    if _later(new_x):
        return Update(x, new_x)
    if not _idle():
        x.assign(new_x)
    return x


def update_add(x, increment):
    """x.assign_add(increment).

    Args:
        x: a variable.
        increment: what is added; a symbol of a functional graph for `function(updates=)`.

    >>> get_value(update_add(variable(3.0), 1.0))
    array(4., dtype=float32)
    """
    if _later(increment):
        return Update(x, ops.add(x, increment))
    if not _idle():
        x.assign_add(increment)
    return x


def update_sub(x, decrement):
    """x.assign_sub(decrement).

    Args:
        x: a variable.
        decrement: what is subtracted; a symbol of a functional graph for `function(updates=)`.

    >>> get_value(update_sub(variable(3.0), 1.0))
    array(2., dtype=float32)
    """
    if _later(decrement):
        return Update(x, ops.subtract(x, decrement))
    if not _idle():
        x.assign_sub(decrement)
    return x


def moving_average_update(x, value, momentum):
    """x = momentum * x + (1 - momentum) * value.

    Args:
        x: a variable.
        value: what it moves towards.
        momentum: a number in [0, 1].

    >>> get_value(moving_average_update(variable(1.0), 3.0, 0.5))
    array(2., dtype=float32)
    """
    return update(x, ops.add(ops.multiply(x, momentum), ops.multiply(value, 1 - momentum)))
