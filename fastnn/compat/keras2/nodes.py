"""What symbols and calls of the functional API said of themselves in Keras 2: origins, masks, inputs."""

import functools
from typing import NamedTuple

from fastnn.compat.tf.devices import nothing
from fastnn.graph import current
from fastnn.layers.context import as_before_keras_3, get_mask
from fastnn.layers.events import CallEvent


class KerasHistory(NamedTuple):
    """Where a symbol of the functional API comes from: the layer, the number of its call, and of the result."""

    operation: object
    node_index: int
    tensor_index: int
    layer = property(lambda self: self.operation, doc="The layer.")


def history(self):
    """The KerasHistory of a symbol of the functional API; others have none."""
    event, index = self.origin, self.index
    if not isinstance(event, CallEvent):
        event, index = _made_by(self)
    return KerasHistory(event.operation, event.index, index)


def _made_by(symbol):
    """(call, number of the result) of which a symbol of a step is the value."""
    trace = current()
    while trace is not None:
        for values in trace.extra.get("functional", ()):
            for key, value in values.items():
                if value is symbol:
                    return key
        trace = trace.parent
    raise AttributeError("_keras_history: only symbols of the functional API have one.")


def alone(today):
    """`input` or `output` of a model: the one in a list as itself, in programs of Keras 2's years."""

    def get(self):
        found = today.fget(self)
        return found[0] if isinstance(found, list) and len(found) == 1 and as_before_keras_3() else found

    return property(get, doc=today.__doc__)


def masks_of(event):
    """The masks of what a call was made with; in a step those of the values there."""
    trace = current()
    found = [x if trace is None else trace._of_functional(x) for x in event.inputs]
    return [None if x is None else get_mask(x) for x in found]


# What functions of those years noted on their results: here the graph knows.
def one_result(call_today):
    """`__call__` of a model that was made with a list of one output: that output, as before Keras 3."""

    @functools.wraps(call_today)
    def __call__(self, *args, **kwargs):
        found = call_today(self, *args, **kwargs)
        return found[0] if isinstance(found, list) and len(found) == 1 and as_before_keras_3() else found

    return __call__


OF_SYMBOLS = {
    "_keras_shape": property(lambda self: tuple(self.shape), nothing, doc="Its shape."),
    "_keras_history": property(history, nothing),
    **{name: property(lambda self: False, nothing, doc="False.") for name in (
        "_uses_learning_phase", "uses_learning_phase")},
}  # fmt: skip
