"""What a model computes as a short list of plain steps, each of which every format of export can write.

A Step takes values by name and gives one. All of them work on the last axis as channels; weights are arrays.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from fastnn.core import hooks
from fastnn.core.errors import NotSupportedError
from fastnn.export.rules import RULES
from fastnn.export.rules_operations import OPERATIONS, Between

SAID = ("attention_mask", "use_causal_mask", "return_attention_scores", "initial_state", "reverse")  # in a call


class Step(NamedTuple):
    """One step: `output = kind(*inputs, **options)`; arrays among the options are weights.

    name: the layer's; shape: of the output, None where a size is not known.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    output: str
    options: dict[str, Any]
    shape: tuple[int | None, ...]


class Steps(NamedTuple):
    """The steps of a model; inputs: {name: (shape, dtype)}; outputs: [(name of the value, name of the output)]."""

    steps: list[Step]
    inputs: dict[str, tuple[tuple[int | None, ...], str]]
    outputs: list[tuple[str, str]]


def steps_of(model: Any, form: str) -> Steps:
    """Return the steps of a functional or sequential model; form: the format's name, for errors.

    Raises NotSupportedError, which names layer and class, for a layer that no rule is there for.
    """
    graph = _graph_of(model)
    if graph is None:
        raise NotSupportedError(
            f"export to {form}: {type(model).__name__} {model.name!r} is not built of layers in a graph; expected a "
            "built Sequential or functional model."
        )
    found = _Walk(form)
    names = {}
    for k, x in enumerate(graph.inputs):
        name = x.name or f"input_{k}"
        names[_key(x)] = name
        found.inputs[name] = (tuple(x.shape), x.dtype)
    found.walk(graph, names)
    outputs = [(names[_key(x)], label) for x, label in zip(graph.outputs, model.output_names)]
    return Steps(found.steps, found.inputs, outputs)


def _graph_of(model):
    """The functional model that a model is or has inside, or None."""
    own = getattr(model, "_functional", model)
    return own if isinstance(own, hooks.call("functional")) else None


def _key(symbol):
    return symbol.origin, symbol.index


class _Walk:
    def __init__(self, form):
        self.form, self.steps, self.inputs = form, [], {}

    def walk(self, model, names):
        """Add the steps of every call between the model's inputs and outputs; names: {symbol: name of its value}."""
        for event in model._map.calls:
            layer, inputs = event.operation, [names[_key(x)] for x in event.inputs]
            graph = _graph_of(layer)
            if graph is not None:
                inner = {_key(x): name for x, name in zip(graph.inputs, inputs)}
                self.walk(graph, inner)
                for x, outer in zip(graph.outputs, event.outputs):
                    names[_key(outer)] = inner[_key(x)]
                continue
            if hasattr(layer, "row"):  # a public operation
                names[_key(event.outputs[0])] = self._between(layer, event, inputs)
                continue
            rule = RULES.get(type(layer).__name__)
            if rule is None or not type(layer).__module__.startswith("fastnn."):
                raise NotSupportedError(
                    f"export to {self.form}: layer {layer.name!r} is a {type(layer).__name__}, which there is no rule "
                    f"for. Rules are there for {', '.join(sorted(RULES))}."
                )
            self._refuse(layer, event)
            shapes = [tuple(x.shape) for x in event.inputs]
            out = tuple(event.outputs[0].shape)
            names[_key(event.outputs[0])] = self._add(layer, list(rule(layer, shapes, out, self.form)), inputs, out)

    def _between(self, operation, event, inputs):
        """Add the steps of a public operation; the name of their value."""
        name = operation.row.function
        shapes, out = [tuple(x.shape) for x in event.inputs], tuple(event.outputs[0].shape)
        rule = OPERATIONS.get(name)
        if rule is None or len(event.outputs) > 1 or event.kwargs:
            raise NotSupportedError(
                f"export to {self.form}: there is no rule for the operation {name!r} as it is called. Rules are "
                f"there for {', '.join(sorted(OPERATIONS))}."
            )
        if any(x.dtype != "float32" for x in (*event.inputs, *event.outputs)):
            raise NotSupportedError(f"export to {self.form}: the operation {name!r} on {event.inputs[0].dtype}.")
        call = Between(name, tuple(event.args), operation.options, shapes, out, self.form)
        return self._add(operation, list(rule(call)), inputs, out)

    def _add(self, layer, made, inputs, shape):
        """Add the steps of a call; the name of the value of the last one.

        A step takes the value of the one before it, the first one all inputs; or those that it names by their numbers:
        k >= 0 of the call's steps, k < 0 of its inputs, -1 being the first.
        """
        values = []
        for k, (kind, options, *wanted) in enumerate(made):
            given = [values[i] if i >= 0 else inputs[-1 - i] for i in wanted[0]] if wanted else values[-1:] or inputs
            values.append(f"v{len(self.steps)}")
            sizes = shape if k == len(made) - 1 else ()
            self.steps.append(Step(kind, layer.name, tuple(given), values[-1], options, sizes))
        return values[-1] if values else inputs[0]

    def _refuse(self, layer, event):
        """Raise for what a call asks for beside its inputs: masks, states, several results."""
        if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} is quantized, or has a LoRA; expected plain weights."
            )
        takes = [name for name in inspect.signature(type(layer).call).parameters if name.endswith("mask")]
        if takes and any(hooks.call("mask", x) is not None for x in event.inputs):
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} looks at a mask, as of an Embedding with mask_zero=True; "
                "expected a model without masks. A .c file can have them."
            )
        said = {name: value for name, value in event.kwargs.items() if name in SAID and value not in (None, False)}
        if said:
            raise NotSupportedError(f"export to {self.form}: layer {layer.name!r} is called with {sorted(said)}.")
        if len(event.outputs) > 1:
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} gives {len(event.outputs)} results; expected one, as "
                "without return_state."
            )
