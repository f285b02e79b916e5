"""TensorFlow's functions as nodes of functional graphs, where they ask for what only a run of the graph has."""

import functools

from fastnn.core import hooks
from fastnn.core.errors import ValuesError
from fastnn.graph import current
from fastnn.graph.variable import auto_name
from fastnn.layers.events import Operation, any_functional


class FunctionCall(Operation):
    """A call of a function that is made when the graph runs: what `tf.keras` calls a TFOpLambda."""

    kind = "TFOpLambda"
    options: dict = {}

    def __init__(self, function, label):
        super().__init__(auto_name(f"tf.{label}"))
        self.function = function

    def run(self, *args, **kwargs):
        """The function on these."""
        return self.function(*args, **kwargs)

    def infer(self, args, kwargs):
        """Shapes and dtypes of the results, by calls without data."""
        return hooks.call("infer", self.run, args, kwargs)


def as_node(label, function):
    """The function, whose calls on symbols of a functional graph are nodes where it asks for their values.

    >>> import fastnn
    >>> twice = as_node("twice", lambda x: x * 2 if x[0, 0] > 0 else x)
    >>> twice(fastnn.Input((3,))).shape
    (None, 3)
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (ValuesError, TypeError):  # the second of what calculates with sizes that are None
            if current() is not None or not any_functional(args, kwargs):
                raise
        return FunctionCall(function, label)(*args, **kwargs)

    return call
