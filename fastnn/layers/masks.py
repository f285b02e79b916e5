"""The mask of a symbol of the functional API, made where somebody asks for it."""

import contextlib
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from fastnn.core import hooks
from fastnn.core.errors import NotSupportedError
from fastnn.graph import current
from fastnn.layers import context, nest, signature
from fastnn.layers.events import is_functional
from fastnn.layers.layer import Layer

# masks that were made, by event, and masks that a walk has given to symbols
_tables: ContextVar[tuple[Any, dict[Any, Any]]] = ContextVar("masks", default=(weakref.WeakKeyDictionary(), {}))


def mask_of(symbol):
    """The mask of a symbol: of the trace, or of the functional API, where it is a symbol too; None if it has none."""
    if current() is not None:
        return context.get_mask(symbol)
    if not is_functional(symbol):
        return None
    made, given = _tables.get()
    event = symbol.origin
    if (event, symbol.index) in given:
        return given[event, symbol.index]
    if event.is_input:
        return None
    if event not in made:
        made[event] = _masks(event)
    masks = made[event]
    return masks[symbol.index] if len(masks) == len(event.specs) else masks[0] if masks else None


def set_mask(symbol, mask):
    """Give a symbol a mask for the rest of the trace, as the `call` of a layer does with its result.

    Args:
        symbol: a symbol of a trace.
        mask: a boolean symbol or array, or None.

    Raises NotSupportedError for a symbol of the functional API, whose mask its layer says (`compute_mask`).
    """
    if current() is None:
        raise NotSupportedError(
            "The mask of a KerasTensor is what its layer's `compute_mask` says. Set `_keras_mask` inside the `call` of "
            "a layer, or pass mask=... to the layer that uses it."
        )
    context.set_mask(symbol, mask)


def _masks(event):
    """The masks of an event's results, as a list; empty if they have none."""
    layer = event.operation
    if not isinstance(layer, Layer) or not layer.supports_masking:
        return []
    call, kwargs = signature.of(type(layer).call), dict(event.kwargs)
    first = call.first(event.args, kwargs)
    mask = layer._resolve_mask(call, event.args, kwargs, first)
    if mask is None and not layer._says_masks:
        return []
    return nest.flatten(layer.compute_mask(first, nest.map_structure(lambda x: None, first) if mask is None else mask))


@contextlib.contextmanager
def walked() -> Iterator[tuple[dict[Any, Any], dict[Any, Any]]]:
    """Two tables for who walks through models inside of models, where a symbol's masks depend on the call it is in.

    Yields {event: the masks of its results}, of which a new call takes those inside out, and {(event, index of its
    result): mask}, for masks that come from outside.
    """
    tables: tuple[dict[Any, Any], dict[Any, Any]] = {}, {}
    token = _tables.set(tables)
    try:
        yield tables
    finally:
        _tables.reset(token)


hooks.register("mask", mask_of)
hooks.register("set_mask", set_mask)
hooks.register("masks_walked", walked)
