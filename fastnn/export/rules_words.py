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


def last(layer: Any, form: str) -> None:
    """NotSupportedError unless a layer has its channels last."""
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        raise NotSupportedError(f"export to {form}: layer {layer.name!r} has data_format='channels_first'.")


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
