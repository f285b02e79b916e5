"""Symbols of a functional graph that a loss or a metric has kept, and that lead to no output of the model.

`up = K.dot(inputs + 0.1, layer.kernel)`, and a loss of `up`: up to Keras 2 all tensors were of one graph.
"""

from typing import Any

from fastnn.core import hooks
from fastnn.graph import Symbol
from fastnn.layers import nest, signature
from fastnn.layers.events import is_functional
from fastnn.layers.layer import Layer
from fastnn.models.graph_map import events_between, key


def value_of(symbol: Symbol, values: dict[Any, Any]) -> Any:
    """What stands for a symbol in the trace of a step, computed from what the model's inputs and layers have there.

    Args:
        symbol: of the functional API.
        values: {key: value} of a model that has run in this trace, "training" among them; it gets what is computed.

    Returns None where the symbol depends on an input that the model has not.
    """

    def fill(x: Any) -> Any:
        return values[key(x)] if is_functional(x) else x

    for event in events_between([], [symbol])[0]:  # each after those it depends on
        if all((event, i) in values for i in range(len(event.specs))):
            continue
        if event.is_input or event.outside or any(key(x) not in values for x in event.inputs):
            return None
        kwargs = {k: nest.map_structure(fill, v) for k, v in event.kwargs.items()}
        operation, training = event.operation, values.get("training")
        if (
            training is not None
            and kwargs.get("training") is None
            and isinstance(operation, Layer)
            and signature.of(type(operation).call).takes("training")
        ):
            kwargs["training"] = training
        made = operation(*[nest.map_structure(fill, a) for a in event.args], **kwargs)
        for i, value in enumerate(nest.flatten(made)):
            values.setdefault((event, i), value)
    return values.get(key(symbol))


hooks.register("functional_value", value_of)
