"""Calls of layers where calls gather: of a layer whose Python is fastnn's as one event (graph/calls.py)."""

from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks
from fastnn.core.errors import asked
from fastnn.core.masks import mask_of_array
from fastnn.core.values import received
from fastnn.graph import Symbol
from fastnn.graph.calls import UNHASHED, asking, is_value, own_function, tried, wanted
from fastnn.graph.tensor import Tensor, here, lifted
from fastnn.layers import context, nest
from fastnn.layers.tracking import structure_version

__all__ = ["UNHASHED", "layer_call", "lifted", "own_code"]
_ASKED_ELSEWHERE = ("_initializer", "_constraint")  # when it is built; by optimizers


def _own(layer: Any) -> bool:
    """Whether the Python of a layer is fastnn's: its class and, apart from the layers inside, what it holds to call.

    A value that a tape recorded, which a wrapper put in place of a weight, is one that a call depends on, too.
    """
    if not type(layer).__module__.startswith("fastnn.") or layer._runs_users_code:
        return False
    return all(
        own_function(x) or getattr(x, "_fastnn_layer", False) or name.endswith(_ASKED_ELSEWHERE)
        for name, x in layer.__dict__.items()
        if callable(x)
    ) and not any(type(x) is Tensor for x in layer.__dict__.values())


def own_code(layer: Any) -> bool:
    """Whether the Python of a layer, and of all layers inside, is fastnn's."""
    version = structure_version()
    found = layer.__dict__.get("_own_code")
    if found is None or found[0] != version or not layer.built:
        own = all(map(_own, layer._flatten_layers()))
        found = version, own
        object.__setattr__(layer, "_own_code", found)
    result: bool = found[1]
    return result


def _usual(call: Any, layer: Any, x: Any, training: Any) -> Any:
    """The usual case of `layer_call`: one value without a mask, in the layer's dtype, and at most `training`."""
    layer._clear_losses()
    key = "layer", hooks.call("serial", layer), training if training is None else bool(training)
    given = {} if training is None else {"training": training}
    if key in asking:
        return UNHASHED
    try:  # as `tried`, without its look at the arguments
        out = hooks.call("gather_call", key, lambda symbol: call(layer, symbol, **given), (x,))
    except Exception as error:
        if not asked(error):
            raise
        asking.add(key)
        return UNHASHED
    losses = here.log.losses
    if losses:
        layer._losses.extend(losses)
    return out


def layer_call(call: Any, layer: Any, args: Any, kwargs: Any, alone: bool) -> Any:
    """layer(*args, **kwargs) as one event, or UNHASHED, with nothing done, where it is none; call: Layer.__call__.

    alone: whether there are no arguments but an array or Tensor, and at most `training`.
    """
    if not wanted(args, kwargs) or not own_code(layer):
        return UNHASHED
    outer = context.active()
    if alone and outer is None:
        x = args[0]
        if type(x) is Tensor:
            usual = x._mask is None
        else:
            usual = dtypes.standardize(x.dtype) == layer.compute_dtype and mask_of_array(x) is None
        if usual:
            return _usual(call, layer, x, kwargs.get("training"))
    watched = () if here.log is None else here.log.watched
    kind = layer.compute_dtype if layer.autocast else None
    masks: list[Any] = []

    def taken(x: Any) -> Any:
        if type(x) is Tensor or isinstance(x, np.ndarray):
            mask = x._mask if type(x) is Tensor else mask_of_array(x)
            masks.append(mask if type(x) is not Tensor or x._log is None else None)
            if type(x) is not Tensor and id(x) not in watched:
                return received(x, kind)
        return x

    args = nest.map_structure(taken, tuple(nest.array_of_numbers(x) for x in args))
    kwargs = nest.map_structure(taken, kwargs) if kwargs else kwargs
    masked = any(m is not None for m in masks)
    said = None if outer is None else (outer.training, outer.given)

    def function(given: Any, *args: Any, **kwargs: Any) -> Any:
        if given is not None:
            rest = iter(given)
            for x in nest.flatten([args, kwargs]):
                if isinstance(x, Symbol) or is_value(x):
                    mask = next(rest)
                    if mask is not None:
                        context.set_mask(x, mask)
        if said is None:
            return call(layer, *args, **kwargs)
        with context.entered(*said):
            return call(layer, *args, **kwargs)

    if outer is None:
        layer._clear_losses()
    passed = None if outer is None or not outer.passed else tuple(sorted(map(str, outer.passed.items())))
    key = "layer", hooks.call("serial", layer), said, passed
    out = tried(key, function, (masks if masked else None, *args), kwargs)
    if out is UNHASHED:
        return out
    losses = here.log.losses if here.log is not None else ()
    if losses:
        layer._losses.extend(losses)
    return out
