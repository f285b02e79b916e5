"""The config of a functional graph, in Keras 3's format, and the graph from a config."""

import inspect

from fastnn.core.errors import ArgumentError, FileFormatError
from fastnn.layers import nest, outside
from fastnn.layers.events import Operation, any_functional, is_functional, live_events
from fastnn.layers.input_layer import InputLayer
from fastnn.models import graph_check
from fastnn.models.op_config import in_keras_terms, op_config, op_from_config
from fastnn.saving import identifiers as serial


def takes_inputs_and_outputs(cls):
    """Whether the constructor is that of Functional, so that a config of the graph is enough."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    kinds = {p.kind for p in parameters}
    named = [p.name for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD]
    return (
        named[:2] == ["inputs", "outputs"] or {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
    )


def _first_call(operation):
    """The number of an operation's first call in `input_layers` and `output_layers` (see Model._first_call)."""
    return getattr(operation, "_first_call", 0)


def functional_config(model):
    """The dict of Functional.get_config()."""
    inside = set(model._map.events) | {x.origin for x in model.inputs}
    number = {}
    for operation in model._map.operations:
        number |= {e: i for i, e in enumerate(e for e in live_events(operation) if e in inside)}

    def place(x):
        return [x.origin.operation.name, number[x.origin] + _first_call(x.origin.operation), x.index]

    def leaf(value):
        if is_functional(value):
            # args name calls as they were counted, without that shift
            return {
                "class_name": "__keras_tensor__",
                "config": {
                    "shape": list(value.shape),
                    "dtype": value.dtype,
                    "keras_history": [value.origin.operation.name, number[value.origin], value.index],
                },
            }
        if hasattr(value, "_fastnn_variable"):
            raise ArgumentError(
                f"Model '{model.name}': the weight '{value.path}' is an argument of an operation "
                "outside any layer, which no config can hold. Use it inside the `call` of a layer."
            )
        return serial.serialize(value)

    layers = []
    for operation in model._map.operations:
        entry = op_config(operation) if isinstance(operation, Operation) else serial.serialize(operation)
        entry["name"] = operation.name
        entry["inbound_nodes"] = [
            {
                "args": [nest.map_structure(leaf, a) for a in event.args],
                "kwargs": {k: nest.map_structure(leaf, v) for k, v in event.kwargs.items()},
            }
            | ({"outside": [leaf(now) for _, now in event.outside]} if event.outside else {})
            for event in live_events(operation)
            if event in inside and not event.is_input
        ]
        layers.append(in_keras_terms(operation, entry))
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": nest.map_structure(place, model._inputs_struct),
        "output_layers": nest.map_structure(place, model._outputs_struct),
    }


class _Builder:
    """Rebuilds a graph: layers first, then calls as their arguments come to exist."""

    def __init__(self, custom_objects):
        self.custom_objects, self.operations, self.events, self.pending = custom_objects, {}, {}, []

    def layer(self, entry):
        name = entry.get("name") or entry.get("config", {}).get("name")
        if not isinstance(name, str) or name in self.operations:
            raise FileFormatError(f"A functional config has a layer without a name, or twice the name {name!r}.")
        module = entry.get("module") or ""
        if module.startswith(("keras.src.ops", "keras.src.activations")) or module == "fastnn.ops":
            operation = op_from_config(entry, self.custom_objects)
        else:
            operation = serial.deserialize(
                {k: v for k, v in entry.items() if k not in ("name", "inbound_nodes")}, "layers", self.custom_objects
            )
        self.operations[name] = operation
        self.events[name] = [operation.output.origin] if isinstance(operation, InputLayer) else []
        for node in entry.get("inbound_nodes", ()):
            self.pending.append((name, node))

    def symbol(self, name, call, index, counted_from_first=False):
        if name not in self.operations:
            raise FileFormatError(f"Invalid Functional model configuration. Missing node: {name}.")
        if counted_from_first:
            call -= _first_call(self.operations[name])
        calls = self.events[name]
        if not 0 <= call < len(calls):
            raise _NotMade
        return calls[call].result(index)

    def revive(self, value):
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                return self.symbol(*value["config"]["keras_history"])
            if "class_name" in value:
                return serial.deserialize(value, None, self.custom_objects)
            return {k: self.revive(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.revive(v) for v in value]
        return value

    def arguments(self, node):
        if isinstance(node, dict):
            kwargs = {k: self.revive(v) for k, v in node.get("kwargs", {}).items()}
            return [self.revive(a) for a in node.get("args", ())], kwargs
        found = [self.symbol(*item[:3]) for item in node]  # the format of Keras 1 and 2
        kwargs = node[0][3] if node and len(node[0]) > 3 else {}
        return [found[0] if len(found) == 1 else found], kwargs

    def calls(self):
        for name, node in graph_check.in_order(self.pending, {n: len(e) for n, e in self.events.items()}):
            args, kwargs = self.arguments(node)
            if isinstance(self.operations[name], Operation):
                args = [_tuples(a) for a in args]
            made = graph_check.call(name, self.operations[name], args, kwargs)
            if isinstance(node, dict) and "outside" in node:
                outside.stand_in(made, [self.revive(x) for x in node["outside"]])
            self.events[name].append(made[0].origin)

    def ends(self, places):
        if isinstance(places, (list, tuple)) and len(places) == 3 and isinstance(places[0], str):
            try:
                return self.symbol(*places, counted_from_first=True)
            except _NotMade:
                raise FileFormatError(
                    f"Invalid Functional model configuration: {places} names a call that is not there."
                ) from None
        if isinstance(places, dict):
            return {k: self.ends(v) for k, v in places.items()}
        return [self.ends(p) for p in places]


def _tuples(value):
    """A list of plain values as the tuple that it was: JSON has no tuples, and an index or a shape is one."""
    return tuple(map(_tuples, value)) if isinstance(value, list) and not any_functional(value) else value


class _NotMade(Exception):
    """The call that an end of the graph refers to is not there."""


def functional_from_config(cls, config, custom_objects=None):
    """A `cls` (Functional or a subclass) from the dict of functional_config().

    A subclass of a user whose get_config() says what its constructor takes, and not the graph, is made by that.
    """
    config = dict(config)
    if not {"layers", "input_layers", "output_layers"} & set(config) and not cls.__module__.startswith("fastnn."):
        return cls(**config)
    try:
        entries, starts, ends = (config.pop(k) for k in ("layers", "input_layers", "output_layers"))
    except KeyError as error:
        raise FileFormatError(
            f"A Functional config needs the keys 'layers', 'input_layers' and 'output_layers': {error} is missing."
        ) from None
    name, trainable = config.pop("name", None), config.pop("trainable", None)
    config.pop("dtype", None)
    builder = _Builder(custom_objects)
    for entry in entries:
        builder.layer(entry)
    builder.calls()
    return cls(
        inputs=_unlisted(builder.ends(starts), starts),
        outputs=_unlisted(builder.ends(ends), ends),
        name=name,
        trainable=True if trainable is None else trainable,
        **config,
    )


def _unlisted(symbols, places):
    """Symbols as they were nested."""
    return symbols if not isinstance(places, tuple) else tuple(symbols)
