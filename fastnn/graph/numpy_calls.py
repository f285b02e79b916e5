"""Calls of NumPy on values that gather: the operation of the same name (graph/numpy_names.py), else NumPy's arrays.

A gradient tape loses nothing in silence: where it watches what NumPy calculates with, and there is no such operation,
floats that follow are an error.  In TensorFlow's place (`results.numpy_joins`) NumPy's functions give arrays, as there:
who draws an action from np.squeeze(probabilities), or sets a target by np.max(q), counts on that.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn.core import dtypes, hooks, results, tree
from fastnn.core.errors import GradientError
from fastnn.graph.node import Symbol
from fastnn.graph.numpy_names import (
    ALONG,
    ARGUMENTS,
    BITS,
    COUNTS,
    ELEMENTWISE,
    FUNCTIONS,
    METHODS,
    MOVES,
    OPERATORS,
    SHAPES,
    UFUNCS,
)
from fastnn.graph.operators import beside
from fastnn.graph.tensor import Tensor, gathers, here, recording

NONE: Any = object()  # what stands for a result where there is no operation


def _plain(value: Any) -> Any:
    """Tensors and variables, also in lists, as arrays."""
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(map(_plain, value))
    return np.asarray(value) if isinstance(value, Symbol) or hasattr(value, "_fastnn_variable") else value


def _said(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments that say something: NumPy's functions hand out=None and the like on."""
    return {k: v for k, v in kwargs.items() if v is not None and v is not np._NoValue}


@functools.cache
def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except ValueError:  # of compiled functions of older versions
        return None


@functools.cache
def _words(name: str) -> frozenset[str]:
    """The names of the arguments that an operation takes."""
    return frozenset(inspect.signature(hooks.call("operation", name)).parameters)


def _arguments(function: Any, args: Any, kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a function of NumPy as its operation takes them: in their order, those with a default by name."""
    signature = _signature(function)
    if signature is None:
        return list(args), _said(kwargs)
    bound = signature.bind(*args, **kwargs)
    order: list[Any] = []
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        p = signature.parameters[name]
        if p.kind is p.VAR_POSITIONAL:
            order += value
        elif p.kind is p.VAR_KEYWORD:
            named |= value
        elif p.default is p.empty or p.kind is p.POSITIONAL_ONLY:
            order.append(value)
        elif value is not p.default and not (isinstance(value, (bool, int, str)) and value == p.default):
            named[ARGUMENTS.get(name, name)] = value
    return order, named


def _called(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What the operation of a function of NumPy gives, or NONE where there is none that takes these arguments."""
    name = FUNCTIONS.get(function) or (function.__name__ if function.__name__ in COUNTS else None)
    if name is None:
        return NONE
    order, named = _arguments(function, args, kwargs)
    if name == "clip":
        named = {"x_min": None, "x_max": None} | named
    if not named.keys() <= _words(name) or (name == "where" and len(order) < 3):
        return NONE
    return hooks.call("operation", name)(*order, **named)


def _moved(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What a function gives that moves elements: it is asked about their numbers, which say where they come from."""
    x, *rest = args
    places = function(np.arange(int(np.prod(x.shape, dtype=int))).reshape(x.shape), *map(_plain, rest), **kwargs)
    return NONE if isinstance(places, (list, tuple)) else hooks.call("operator", "take", x, places)


# ------------------------------------------------------------------ what a tape would miss
def _is_inexact(x: Any) -> bool:
    return isinstance(x, float) or (hasattr(x, "dtype") and dtypes.is_float(str(x.dtype))) or np.iscomplexobj(x)


def joins() -> bool:
    """Whether a tape records now, and what NumPy calculates is a part of it."""
    return results.numpy_joins and recording()


def kept(name: str, given: Any, found: Any) -> Any:
    """What NumPy has calculated; GradientError where a tape records now, and watches what it was calculated from."""
    if recording() and any(map(_is_inexact, tree.flatten(found))):
        _check(name, given)
    return found


def _check(name: str, given: Any) -> None:
    missed = [x for x in tree.flatten(given) if gathers((x,)) and here.log.depends(x)]
    if missed:
        raise GradientError(
            f"{name}: a GradientTape watches what it is given, and fastnn has no operation for this call, so gradients "
            f"would miss it. Received: a value of shape {tuple(missed[0].shape)}. Use an operation of fastnn.ops; or, "
            "where no gradient is to flow, give NumPy x.numpy() or ops.stop_gradient(x)."
        )


# ------------------------------------------------------------------ the calls
def _is_symbol(x: Any) -> bool:
    """Whether x has no values yet: a symbol, not a Tensor."""
    return isinstance(x, Symbol) and type(x) is not Tensor


def _is_traced(x: Any) -> bool:
    """Whether x is a symbol of a trace, not one of the functional API."""
    return _is_symbol(x) and x.made_in is not None


def by_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
    """What a ufunc of NumPy makes of symbols, Tensors and variables: the operation of that name, else an array.

    A trace records what a tape would.  A symbol whose values are asked for says so (ValuesError).
    """
    said = _said(kwargs)
    if "out" in said and said["out"][0] is inputs[0]:  # array += x, which gives its name to what comes back
        said = {k: v for k, v in said.items() if k != "out" or not any(map(_is_symbol, inputs[1:]))}
    if ufunc in BITS and method == "__call__" and not said and any(map(_is_symbol, inputs)):
        x, y = inputs  # the symbol says what they are: of truth values, or bit by bit
        return getattr(x, f"__{BITS[ufunc]}__")(y) if _is_symbol(x) else getattr(y, f"__r{BITS[ufunc]}__")(x)
    name = UFUNCS.get(ufunc) if method == "__call__" else ALONG.get((ufunc, method))
    record = joins() or (results.numpy_joins and any(map(_is_traced, inputs)))
    if name is not None and (record or (method == "__call__" and ufunc in OPERATORS)):
        if method == "__call__" and not said:
            if ufunc in OPERATORS and len(inputs) == 2:
                x, y = inputs
                inputs = (beside(y, x), y) if _is_symbol(y) else (x, beside(x, y) if _is_symbol(x) else y)
            return hooks.call("operator", name, *inputs)
        if method != "__call__" and said.keys() <= {"axis", "keepdims"} and len(inputs) == 1:
            axis = None if "axis" in kwargs and kwargs["axis"] is None else said.pop("axis", 0)
            return hooks.call("operation", name)(inputs[0], axis=axis, **said)
    name = f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    if "out" in said and joins():
        _check(name, inputs)
    found = getattr(ufunc, method)(*map(_plain, inputs), **{k: _plain(v) for k, v in kwargs.items()})
    return kept(name, inputs, found) if joins() else found


def by_function(function: Any, args: Any, kwargs: Any, otherwise: Any = None) -> Any:
    """What a function of NumPy makes of Tensors and variables: under a tape the operation of that name, else arrays.

    otherwise: gives those arrays.
    """
    given = [*args, *kwargs.values()]
    if joins() and any(gathers((x,)) for x in tree.flatten(given)):
        found = NONE
        if function in FUNCTIONS:
            found = _called(function, args, kwargs)
        elif function in MOVES and args and gathers(args[:1]):
            found = _moved(function, args, kwargs)
        if found is not NONE:
            return found
    if otherwise is None:
        args, kwargs = tuple(map(_plain, args)), {k: _plain(v) for k, v in kwargs.items()}
    busy, here.busy = here.busy, True  # what it does inside is nothing that a tape is to see
    try:
        found = function(*args, **kwargs) if otherwise is None else otherwise()
    finally:
        here.busy = busy
    return found if function in SHAPES or not joins() else kept(f"numpy.{function.__name__}", given, found)


def of_tensor(tensor: Any, name: str) -> Any:
    """The method `name` of arrays, of a Tensor."""

    def method(*args: Any, **kwargs: Any) -> Any:
        found = recorded_method(name, tensor, args, kwargs)
        if found is NONE:
            return kept(f"array.{name}", tensor, getattr(np.asarray(tensor), name)(*args, **kwargs))
        return found

    return method


def recorded_method(name: str, x: Any, args: Any, kwargs: Any) -> Any:
    """x.name(*args, **kwargs) by the operation, or NONE where there is none that takes these arguments."""
    if name in ELEMENTWISE:
        return NONE if args or _said(kwargs) else hooks.call("operator", ELEMENTWISE[name], x)
    if name == "astype":
        dtype = args[0] if args else kwargs["dtype"]
        known = isinstance(dtype, str) or np.dtype(dtype).kind in "fiub"
        return hooks.call("operator", "cast", x, dtypes.standardize(dtype)) if known else NONE
    function = METHODS.get(name)
    if function is None:
        return NONE
    if name in ("reshape", "transpose") and len(args) > 1:
        args = (args,)  # sizes or axes one by one
    return _called(function, (x, *args), kwargs)


def recorded(plain: Callable[..., Any], name: str) -> Any:
    """The method `name` of a class of arrays as one that a tape sees where it watches the array."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (here.recording and gathers((self,))):
            return plain(self, *args, **kwargs)
        found = recorded_method(name, self, args, kwargs)
        return kept(f"array.{name}", self, plain(self, *args, **kwargs)) if found is NONE else found

    return functools.update_wrapper(method, plain)


hooks.register("by_ufunc", by_ufunc)
hooks.register("by_function", by_function)
hooks.register("method_of_tensor", of_tensor)
