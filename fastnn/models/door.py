"""The door of a model: what happens to its data before the tape, in Python.

Layers that take text (StringLookup, TextVectorization, Hashing, ...) are nodes of the graph like others, but no step
holds them. They, and what they are computed from, run on arrays when data come in; the tape takes their results. So
what they are computed from must not be trained.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core.errors import DTypeError, GraphError, ShapeError
from fastnn.graph import Symbol
from fastnn.layers import nest
from fastnn.layers.events import is_functional
from fastnn.layers.host import TEXT, text_array
from fastnn.layers.layer import Layer
from fastnn.models.graph_map import key
from fastnn.models.sparse import dense


class AtDoor(tuple):
    """The values that a model's tape takes, in order: data that have come through its door."""

    _fields = ()  # structures rebuild it from its parts, as they do a named tuple

    def __new__(cls, *values: Any) -> AtDoor:
        return super().__new__(cls, values)


def door_of(operation: Any) -> Any:
    """The door of a model, or None."""
    found = getattr(operation, "_door", None)
    return found if isinstance(found, Door) else None


def on_host(operation: Any) -> bool:
    """Whether an operation works on arrays only, or a model inside does in part."""
    return getattr(operation, "on_host", False) is True or door_of(operation) is not None


class Door:
    """calls: the events that run here.  left: those of the tape, as GraphMap.needs.  taken: the keys of what the tape
    takes; specs: symbols with their shapes and dtypes."""

    def __init__(self, map_: Any, inputs: list[Symbol], outputs: list[Symbol]) -> None:
        self.inputs = inputs
        events = {event for event, _ in map_.needs if on_host(event.operation)}
        for event, _ in reversed(map_.needs):  # and what they are computed from
            if event in events:
                events.update(x.origin for x in event.inputs if not x.origin.is_input)
        self.calls = [(event, keys) for event, keys in map_.needs if event in events]
        self._check()
        inside = {event for event, _ in self.calls if door_of(event.operation) is not None}
        self.left = [(event, keys) for event, keys in map_.needs if event not in events or event in inside]
        produced = {key(x) for event, _ in self.calls if event not in inside for x in event.outputs}
        produced |= {key(x) for x in inputs}
        symbols = {key(x): x for x in [*inputs, *(x for event, _ in map_.needs for x in event.inputs), *outputs]}
        wanted = [key(x) for event, _ in self.left if event not in inside for x in event.inputs] + list(
            map(key, outputs)
        )
        self.taken = [k for k in dict.fromkeys(wanted) if k in produced]
        self.specs = [symbols[k] for k in self.taken]
        for event in sorted(inside, key=lambda e: e.serial):
            inner = door_of(event.operation)
            self.taken += [(event, "door", i) for i in range(len(inner.specs))]
            self.specs += inner.specs
        for x in [*self.specs, *outputs]:
            if x.dtype == TEXT:
                raise DTypeError(
                    f"{x.name}: text can neither be an output of a model nor reach a layer that computes with "
                    "numbers. Received a symbol of the dtype 'string'; call the layer that gives text on arrays."
                )

    def _check(self) -> None:
        """What runs here has no weights to train, and nothing from inside a model that has a door of its own."""
        for event, _ in self.calls:
            operation = event.operation
            if door_of(operation) is None and isinstance(operation, Layer) and operation.trainable_weights:
                raise GraphError(
                    f"Layer '{operation.name}' has weights to train, and what it gives goes into a layer that works "
                    "on arrays before the step (text, lookups, hashing). Call that layer on the data themselves."
                )
            for x in event.inputs:
                if door_of(x.origin.operation) is not None and not x.origin.is_input:
                    raise GraphError(
                        f"What the model '{x.origin.operation.name}' gives goes into '{operation.name}', which works "
                        "on arrays before the step. Call the layers of that model one by one."
                    )

    def __call__(self, flat: list[Any]) -> AtDoor:
        """Arrays, one for each input of the model, through the door."""
        values: dict[Any, Any] = {}
        for symbol, value in zip(self.inputs, flat):
            values[key(symbol)] = fitted(value, symbol)

        def fill(x: Any) -> Any:
            return values[key(x)] if is_functional(x) else x

        for event, _ in self.calls:
            kwargs = {k: nest.map_structure(fill, v) for k, v in event.kwargs.items()}
            args = [nest.map_structure(fill, a) for a in event.args]
            inner = door_of(event.operation)
            if inner is not None:
                for i, part in enumerate(inner(nest.flatten(event.operation._standard_leaves(args[0])))):
                    values[event, "door", i] = part
                continue
            for i, value in enumerate(nest.flatten(event.operation(*args, **kwargs))):
                array, kind = np.asarray(dense(value)), event.specs[i].dtype
                values.setdefault((event, i), array if kind == TEXT else array.astype(kind, copy=False))
        return AtDoor(*(values[k] for k in self.taken))

    def inner(self, event: Any, values: dict[Any, Any]) -> AtDoor:
        """What a model inside takes."""
        return AtDoor(*(values[event, "door", i] for i in range(len(door_of(event.operation).specs))))


def fitted(value: Any, symbol: Symbol) -> Any:
    """An array of the rank of an input: text as objects, numbers as they are."""
    array = text_array(value)
    text = array.dtype.kind in "OSU"
    if text != (symbol.dtype == TEXT):
        raise DTypeError(
            f"The input '{symbol.name}' takes {'text' if symbol.dtype == TEXT else 'numbers'}. Received an array of "
            f"the dtype {array.dtype.name}."
        )
    rank, wanted = array.ndim, len(symbol.shape)
    if rank == wanted + 1 and array.shape[-1] == 1:
        array = array.reshape(array.shape[:-1])
    elif rank == wanted - 1 and symbol.shape[-1] == 1:
        array = array[..., None]
    elif rank != wanted:
        raise ShapeError(
            f"Invalid input shape for input '{symbol.name}'. Expected shape {symbol.shape}, but input has "
            f"incompatible shape {array.shape}"
        )
    return array
