"""Shapes of calls that ask for values, and that running them on some leaves nothing behind."""

import warnings

import numpy as np
import pytest

import fastnn
from fastnn import layers, ops
from fastnn.core.errors import ValuesError

ROWS = fastnn.Input((4,))
FIXED = fastnn.Input(batch_shape=(8, 4))
NUMBERS = fastnn.Input(batch_shape=(8, 4), dtype="int32")
WHOLE = fastnn.Input((), dtype="int32")

# a function of a symbol, the symbol, the shape of the result
SHAPES = {
    "mask": (lambda x: x[x[:, 0] > 0], ROWS, (None, 4)),
    "mask of known sizes": (lambda x: x[x > 0], FIXED, (None,)),
    "elements": (lambda x: ops.nonzero(x)[0], ROWS, (None,)),
    "kinds": (lambda x: ops.unique(x), WHOLE, (None,)),
    "kinds of rows": (lambda x: ops.unique(x, axis=0), FIXED, (None, 4)),
    "kinds of rows of integers": (lambda x: ops.unique(x, axis=0), NUMBERS, (None, 4)),
    "counts": (lambda x: ops.bincount(x), WHOLE, (None,)),
    "choice": (lambda x: x * 2 if ops.max(x) > 0 else x, ROWS, (None, 4)),
    "as many as a value": (lambda x: ops.arange(int(ops.max(x)) + 1), WHOLE, (None,)),
    "a number of values": (lambda x: ops.sum(x[x > 0]), ROWS, ()),
    "at most five": (lambda x: x[x[:, 0] > 0][:5], ROWS, (None, 4)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name):
    function, symbol, shape = SHAPES[name]
    assert layers.Lambda(function)(symbol).shape == shape


class Counts(layers.Layer):
    """Changes a variable, adds a loss and warns, when it is called."""

    def build(self, shape):
        self.calls = self.add_weight((), "zeros", trainable=False)

    def call(self, x):
        self.calls.assign_add(1.0)
        self.add_loss(ops.sum(x[x > 0]))
        warnings.warn("called", stacklevel=1)
        return ops.sqrt(x)[x > 0]


def test_nothing_is_left_behind():
    layer = Counts()
    assert layer(ROWS).shape == (None,)
    assert float(layer.calls.value) == 0 and not layer.losses and not layer._losses
    with pytest.warns(UserWarning, match="called"):
        out = layer(np.full((2, 4), 4.0))
    np.testing.assert_array_equal(out, np.full(8, 2.0))
    assert float(layer.calls.value) == 1 and float(layer.losses[0]) == 32


def test_what_takes_no_values_keeps_its_error():
    def refuses(x):
        if ops.max(x) > 0:
            raise RuntimeError("not these")
        return float(x)

    with pytest.raises((RuntimeError, TypeError, ValuesError)):
        layers.Lambda(refuses)(ROWS)


def test_what_it_said_of_values_is_the_cause():
    def refuses(x):
        if float(ops.max(x)) > -2:
            raise KeyError("not these")
        return x

    with pytest.raises(ValuesError) as caught:
        layers.Lambda(refuses)(fastnn.Input((3,)))
    assert isinstance(caught.value.__cause__, KeyError)
