"""What rules for files of steps have in common: activations, weights, padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastnn.core.errors import NotSupportedError
from fastnn.core.types import Array

# (layer, shapes of its inputs, that of its result, name of the format) -> steps: (kind, options) or, where one takes
# other values than that of the step before it, (kind, options, their numbers): see steps._Walk.
Rule = Callable[..., Iterator[Any]]
ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "exponential", "gelu",
               "silu", "relu6", "leaky_relu", "hard_sigmoid", "hard_silu", "mish", "log_softmax")  # fmt: skip


def activation(function: Any, layer: Any, form: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The steps of an activation function; NotSupportedError names one that there is no rule for."""
    name = getattr(function, "__name__", str(function))
    if name == "linear":
        return
    if name not in ACTIVATIONS:
        raise NotSupportedError(
            f"export to {form}: activation {name!r} of layer {layer.name!r}; expected one of {', '.join(ACTIVATIONS)}."
        )
    if name in ("softmax", "log_softmax"):
        yield name, {"axis": -1}
    else:
        yield "activation", {"function": name, "slope": {"leaky_relu": 0.2, "elu": 1.0}.get(name, 0.0)}


class Made(list):
    """Steps as they are added; each has a number, by which later ones name its value."""

    def add(self, kind: str, options: dict[str, Any], *sources: int) -> int:
        """Add a step and return its number; sources: numbers of steps, or -1, -2, ... for the inputs."""
        self.append((kind, options, sources))
        return len(self) - 1


class _ChannelsLast:
    """A layer as if its channels were last."""

    data_format = "channels_last"

    def __init__(self, layer: Any) -> None:
        self._layer = layer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)


def kind_of(layer: Any) -> str:
    """The name of a layer's class."""
    return type(getattr(layer, "_layer", layer)).__name__


def rule_of(layer: Any, rules: dict[str, Rule]) -> Rule | None:
    """The rule for a layer of fastnn's own; None for a user's class, whatever its name."""
    return rules.get(kind_of(layer)) if type(layer).__module__.startswith("fastnn.") else None


def either_format(rule: Rule) -> Rule:
    """The rule for channels last as one for both data formats: axes move before and after it."""

    def both(layer: Any, shapes: Any, out: Any, form: str) -> Iterator[Any]:
        if getattr(layer, "data_format", "channels_last") != "channels_first":
            yield from rule(layer, shapes, out, form)
            return
        behind = lambda shape: (shape[0], *shape[2:], shape[1])
        yield "transpose", {"order": behind(range(len(shapes[0])))}
        turned = behind(out) if len(out) > 2 else out
        for kind, options, *wanted in rule(_ChannelsLast(layer), [behind(s) for s in shapes], turned, form):
            yield kind, options, *[tuple(k + 1 if k >= 0 else 0 for k in numbers) for numbers in wanted]
        if len(out) > 2:
            yield "transpose", {"order": (0, len(out) - 1, *range(1, len(out) - 1))}

    return both


def array(variable: Any) -> Array:
    """The value of a variable as float32."""
    return np.asarray(variable.numpy(), np.float32)


def pads_of(layer: Any, shape: Any, size: Any, strides: Any, dilation: Any, form: str) -> tuple[tuple[int, int], ...]:
    """(before, after) of each spatial axis, as TensorFlow pads."""
    if layer.padding == "valid":
        return tuple((0, 0) for _ in size)
    if layer.padding == "causal":
        return ((dilation[0] * (size[0] - 1), 0),)
    found = []
    for n, k, s, d in zip(shape[1:-1], size, strides, dilation):
        if n is None and s > 1:
            raise NotSupportedError(
                f"export to {form}: layer {layer.name!r} has padding='same' and strides on an axis of unknown size; "
                "give the Input its sizes."
            )
        total = max((k - 1) * d if n is None else (-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)
