"""What a model computes as a short list of plain steps, each of which every format of export can write.

A Step takes values by name and gives one. All of them work on the last axis as channels; weights are arrays.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from fastnn.core import hooks, tree
from fastnn.core.errors import NotSupportedError
from fastnn.export.rules import RULES
from fastnn.export.rules_masked import MASKED
from fastnn.export.rules_operations import MOVES, OPERATIONS, TRUTHS, Between
from fastnn.export.rules_words import kind_of, rule_of

SAID = ("attention_mask", "return_attention_scores", "initial_state", "reverse")  # in a call
MASKS = {"mask": 0, "query_mask": 0, "value_mask": 1, "key_mask": 2}  # of which input, in a call


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
    if any(x.dtype == "bool" for x in graph.outputs):
        raise NotSupportedError(f"export to {form}: model {model.name!r} gives bool; expected numbers as outputs.")
    found = _Walk(form)
    names = {}
    for k, x in enumerate(graph.inputs):
        name = found.own(x.name or f"input_{k}")
        names[_key(x)] = name
        found.inputs[name] = (tuple(x.shape), x.dtype)
    with hooks.call("masks_walked") as (found.made, found.given):
        found.walk(graph, names)
    outputs = [(names[_key(x)], found.own(label)) for x, label in zip(graph.outputs, model.output_names)]
    return Steps(found.steps, found.inputs, outputs)


def _graph_of(model):
    """The functional model that a model is or has inside, or None."""
    own = getattr(model, "_functional", model)
    return own if isinstance(own, hooks.call("functional")) else None


def _looks(layer):
    """Whether what a layer gives in inference depends on masks of its inputs."""
    if kind_of(layer) in ("BatchNormalization", "TimeDistributed"):  # a mask is for statistics; for the layer inside
        return hasattr(layer, "layer") and _looks(layer.layer)
    takes = inspect.signature(type(layer).call).parameters
    return any(name.endswith("mask") for name in takes) or kind_of(layer) in ("Multiply", "Maximum", "Minimum")


def _key(symbol):
    return symbol.origin, symbol.index


class _Walk:
    def __init__(self, form):
        self.form, self.steps, self.inputs = form, [], {}
        self.taken = set()  # names of inputs, values and outputs, each of which stands for one thing in a file
        self.made, self.given = {}, {}  # masks, as of hooks "masks_walked"

    def own(self, name):
        """The name, or the first of name_1, name_2, ... that nothing has."""
        found, k = name, 0
        while found in self.taken:
            k += 1
            found = f"{name}_{k}"
        self.taken.add(found)
        return found

    def walk(self, model, names):
        """Add the steps of every call between the model's inputs and outputs; names: {symbol: name of its value}."""
        for event in model._map.calls:
            layer = event.operation
            graph = _graph_of(layer)
            if graph is not None:
                self._inside(graph, event, names)
                continue
            if hasattr(layer, "row"):  # a public operation
                names[_key(event.outputs[0])] = self._between(layer, event, [names[_key(x)] for x in event.inputs])
                continue
            rule = rule_of(layer, RULES)
            if rule is None:
                raise NotSupportedError(
                    f"export to {self.form}: layer {layer.name!r} is a {type(layer).__name__}, which there is no rule "
                    f"for. Rules are there for {', '.join(sorted(RULES))}."
                )
            symbols, said = self._arguments(layer, event)
            inputs = [names[_key(x)] for x in symbols]
            shapes, options = [tuple(x.shape) for x in symbols], {}
            self._refuse(layer, event)
            found = self._masks(layer, symbols, said)
            if found:
                rule = MASKED[type(layer).__name__]
                options["masks"] = tuple(found)
                inputs += [self._value(mask, names) for mask in found.values()]
            if event.kwargs.get("use_causal_mask"):
                options["use_causal_mask"] = True
            out = tuple(event.outputs[0].shape)
            made = list(rule(layer, shapes, out, self.form, **options))
            names[_key(event.outputs[0])] = self._add(layer, made, inputs, out)

    def _inside(self, graph, event, names):
        """Add the steps of a model inside; masks go in with its inputs, and come out with its outputs."""
        if len(event.inputs) != len(graph.inputs):
            raise NotSupportedError(
                f"export to {self.form}: model {event.operation.name!r} is called with more than its inputs, as a mask."
            )
        inner = {**names, **{_key(x): names[_key(outer)] for x, outer in zip(graph.inputs, event.inputs)}}
        for x, outer in zip(graph.inputs, event.inputs):
            self.given[_key(x)] = hooks.call("mask", outer)
        for call in graph._map.calls:
            self.made.pop(call, None)
        self.walk(graph, inner)
        for x, outer in zip(graph.outputs, event.outputs):
            names[_key(outer)], mask = inner[_key(x)], hooks.call("mask", x)
            if mask is not None:
                names[_key(mask)] = self._value(mask, inner)
            self.given[_key(outer)] = mask

    def _arguments(self, layer, event):
        """The symbols that a layer is called with, in the order of its signature; {number: mask} of masks among them.

        A mask may be None, where a list of them says so of an input.
        """
        given = inspect.signature(type(layer).call).bind(layer, *event.args, **event.kwargs).arguments
        symbols, masks = [], {}
        for name, value in list(given.items())[1:]:
            if name not in MASKS:
                symbols += [x for x in tree.flatten(value) if hasattr(x, "origin")]
            elif value is not None:
                several = value if isinstance(value, (list, tuple)) else [value]
                masks.update({MASKS[name] + k: mask for k, mask in enumerate(several)})
        return symbols, masks

    def _masks(self, layer, symbols, said):
        """{number of the input: its mask} of what a layer looks at; said: those of its call."""
        if not _looks(layer):
            return {}
        found = {**{k: hooks.call("mask", x) for k, x in enumerate(symbols)}, **said}
        found = {k: mask for k, mask in found.items() if mask is not None}
        if found and rule_of(layer, MASKED) is None:
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} looks at a mask, as of an Embedding with mask_zero=True; "
                f"there are rules for masks of {', '.join(sorted(MASKED))}. A .c file can have all."
            )
        if not all(hasattr(mask, "origin") and not mask.origin.is_input for mask in found.values()):
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} has a mask that is data; expected one that is made in "
                "the model, as by not_equal."
            )
        return found

    def _value(self, mask, names):
        """The name of a mask's value, whose operations are no calls of the model: they are added here."""
        if _key(mask) not in names:
            event = mask.origin
            inputs = [self._value(x, names) for x in event.inputs]
            names[_key(mask)] = self._between(event.operation, event, inputs)
        return names[_key(mask)]

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
        if any(x.dtype == "bool" and x.origin.is_input for x in event.inputs):
            raise NotSupportedError(f"export to {self.form}: the operation {name!r} on an Input of bool.")
        bools = name in MOVES and all(x.dtype == "bool" for x in event.inputs)
        if name not in TRUTHS and not bools and any(x.dtype != "float32" for x in (*event.inputs, *event.outputs)):
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
            values.append(self.own(f"v{len(self.steps)}"))
            sizes = shape if k == len(made) - 1 else ()
            self.steps.append(Step(kind, layer.name, tuple(given), values[-1], options, sizes))
        return values[-1] if values else inputs[0]

    def _refuse(self, layer, event):
        """Raise for what a call asks for beside its inputs: masks, states, several results."""
        if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} is quantized, or has a LoRA; expected plain weights."
            )
        said = {n for n, value in event.kwargs.items() if n in SAID and value is not None and value is not False}
        if said:
            raise NotSupportedError(f"export to {self.form}: layer {layer.name!r} is called with {sorted(said)}.")
        if len(event.outputs) > 1:
            raise NotSupportedError(
                f"export to {self.form}: layer {layer.name!r} gives {len(event.outputs)} results; expected one, as "
                "without return_state."
            )
