"""Values that a layer computes of its weights in `build`, for its `call`: computed again in each step.

In Keras 2's graphs `self.p = K.sigmoid(self.logit)` in `build` stood for the value at each step. Here it is an array,
of the moment; while a user's layer is built, results remember how they were computed of variables, and a step that uses
them computes them again.
"""

import functools
import threading

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


def build_that_remembers(build_today):
    """`_build_once` of layers."""

    @functools.wraps(build_today)
    def _build_once(self, args, kwargs):
        if defined_in(type(self), "build").startswith("fastnn.") or not as_before_keras_3():
            return build_today(self, args, kwargs)
        _here.builds += 1
        try:
            return build_today(self, args, kwargs)
        finally:
            _here.builds -= 1

    return _build_once
