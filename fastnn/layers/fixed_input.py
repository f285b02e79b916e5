"""Inputs with a value of their own, which nobody feeds: `Input(tensor=K.variable(...))` of Keras 1 and 2."""

import numpy as np

from fastnn.core import dtypes
from fastnn.core.config import floatx
from fastnn.graph.variable import auto_name
from fastnn.layers.events import CallEvent, Operation, is_functional
from fastnn.layers.leaf import symbol_like


class FixedInput(Operation):
    """What gives the value of a variable or an array at every run of a graph: a call with that value alone."""

    kind = "InputLayer"
    options: dict = {}

    def run(self, value):
        """The value, of a variable what it holds now."""
        return value.value if hasattr(value, "_fastnn_variable") else value

    def infer(self, args, kwargs):
        """The shape and dtype of the value."""
        value = args[0]
        return symbol_like(tuple(value.shape), dtypes.standardize(value.dtype))


def fixed_input(value, dtype=None, name=None):
    """A symbol of the functional API with the value of a variable, an array or numbers.

    >>> fixed_input([[1.0, 2.0]]).shape
    (1, 2)
    """
    source = value
    if not hasattr(value, "_fastnn_variable"):
        value = np.asarray(value, dtypes.numpy_type(dtypes.standardize(dtype or _dtype(value))))
    operation = FixedInput(name or auto_name("input"))
    operation.given = source
    return CallEvent(operation, (value,), {}, operation.infer((value,), {}), [operation.name]).output


def _dtype(value):
    array = np.asarray(value)
    return floatx() if array.dtype.kind == "f" else array.dtype.name


def is_fixed(symbol):
    """Whether a symbol is one that `fixed_input` made."""
    return is_functional(symbol) and isinstance(symbol.origin.operation, FixedInput)


def given(symbol):
    """What a symbol that `fixed_input` made was made of."""
    return symbol.origin.operation.given


def value_of(symbol):
    """The array of a symbol that `fixed_input` made."""
    return np.asarray(symbol.origin.args[0])


def left_to_feed(inputs, flat):
    """The inputs of a model (as given, and as a list) without those that have a value; all if there are no others."""
    left = [x for x in flat if not is_fixed(x)]
    return (inputs, flat) if not left or len(left) == len(flat) else (left, left)
