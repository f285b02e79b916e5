"""Values that a layer computes of its weights in `build`, for its `call`: computed again in each step.

In Keras 2's graphs `self.p = K.sigmoid(self.logit)` in `build` stood for the value at each step. Here it is an array,
of the moment; while a user's layer is built, results remember how they were computed of variables, and a step that uses
them computes them again.
"""

import contextlib
import functools
import threading
import types

import numpy as np

from fastnn.core.types import defined_in
from fastnn.data.tensor import Tensor
from fastnn.graph import Variable
from fastnn.layers import nest
from fastnn.layers.context import as_before_keras_3


class _Depth(threading.local):
    builds = 0


_here = _Depth()


def building():
    """Whether a user's layer of Keras 2's years is being built."""
    return _here.builds > 0


def remember(found, inputs, again):
    """Note at a result how it is computed again, if variables are among what it was computed of."""
    if type(found) is Tensor and any(isinstance(x, Variable) or hasattr(x, "_fastnn_again") for x in inputs):
        found.__dict__["_fastnn_again"] = again
    return found


def remembering(function, args, kwargs):
    """function(*args, **kwargs), whose result remembers while a layer is built."""
    found = function(*args, **kwargs)
    if not _here.builds:
        return found
    inputs = nest.flatten([list(args), kwargs])
    if not isinstance(found, (tuple, list)):
        return remember(found, inputs, lambda: function(*args, **kwargs))
    return type(found)(remember(x, inputs, lambda k=k: function(*args, **kwargs)[k]) for k, x in enumerate(found))


@contextlib.contextmanager
def while_built(layer):
    """A block in which a layer builds itself, by whom and from where that may be asked."""
    if defined_in(type(layer), "build").startswith("fastnn.") or not as_before_keras_3():
        yield
        return
    _here.builds += 1
    try:
        yield
    finally:
        _here.builds -= 1


_OF_THE_MOMENT = ("get_value", "batch_get_value", "eval")  # what they give is a number, also in Keras 2's graphs


def in_a_build(found):
    """A function of `keras.backend` or TensorFlow whose results remember; anything else as it is."""
    if not _here.builds or not isinstance(found, types.FunctionType) or found.__name__ in _OF_THE_MOMENT:
        return found

    @functools.wraps(found)
    def call(*args, **kwargs):
        return remembering(found, args, kwargs)

    return call


def start_of_weight(found):
    """Zeros or ones, of which a layer that is built may make a weight: what is computed of them remembers that."""
    if _here.builds and type(found) is Tensor:
        plain = np.array(found)
        found.__dict__["_fastnn_weight"] = None
        found.__dict__["_fastnn_again"] = lambda: plain if found._fastnn_weight is None else found._fastnn_weight
    return found


def weights_of(layer, given):
    """What a layer names its weights, arrays among them as variables; attributes that hold them hold these."""
    found = []
    for value in given:
        variable = value
        if isinstance(value, np.ndarray) and not isinstance(value, Variable):
            variable = value.__dict__.get("_fastnn_weight") if type(value) is Tensor else None
            if variable is None:
                variable = Variable(np.array(value), dtype=str(value.dtype))
            if type(value) is Tensor:
                value.__dict__.update(_fastnn_weight=variable, _fastnn_again=lambda v=variable: v)
            for name in [n for n, held in vars(layer).items() if held is value]:
                setattr(layer, name, variable)
        found.append(variable)
    return found
