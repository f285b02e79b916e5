"""Calls of fastnn's own losses, metrics and optimizers as one event each, where calls gather (compiler/gather.py).

The Python of fastnn's own classes does nothing but compute, so it need not run at every call; that of a user's class
runs, and what it calls gathers.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastnn.core import hooks, tree
from fastnn.core.errors import asked
from fastnn.core.results import ARRAYS
from fastnn.core.types import is_function
from fastnn.graph.active import current
from fastnn.graph.tensor import Tensor, here
from fastnn.graph.variable import Variable

_STATIC = (type(None), bool, int, float, str)
_CONSTANT = ("builtins", "math", "numpy", "fastnn", "keras", "tensorflow")  # modules that nobody changes


class Unhashed(Exception):
    """An argument that no key can be made of."""


asking: set[Any] = set()  # keys of calls that ask for values, which no trace has
UNHASHED: Any = object()  # what stands for a result where there is none


def wanted(args: Any, kwargs: Any) -> bool:
    """Whether a call outside of a trace gathers: a tape records, or an argument is still to come."""
    if here.busy:
        return False
    if here.recording:
        return True
    if here.log is None:
        return False
    return any(type(x) is Tensor and x._value is None for x in tree.flatten([*args, *kwargs.values()]))


def is_value(x: Any) -> bool:
    """Whether x is a value that an event depends on, rather than a part of its key."""
    if isinstance(x, (Tensor, np.ndarray, np.generic)):
        return True
    return not isinstance(x, (*_STATIC, Variable)) and not is_function(x) and hasattr(x, "__array__")


def _sort(structure: Any, values: list[Any]) -> Any:
    """What of a structure belongs into a key; values are appended to `values`."""
    if isinstance(structure, _STATIC):
        return type(structure), structure
    if isinstance(structure, (list, tuple)):
        return type(structure), tuple([_sort(x, values) for x in structure])
    if isinstance(structure, dict):
        return dict, tuple([(k, _sort(structure[k], values)) for k in tree.ordered_keys(structure)])
    if is_value(structure):
        values.append(structure)
        return None
    if isinstance(structure, Variable):
        return "variable", hooks.call("serial", structure)
    try:
        hash(structure)
    except TypeError:
        raise Unhashed from None
    return "object", structure


def _replaced(structure: Any, values: Iterator[Any]) -> Any:
    """The structure with other values, in the order of `_sort`."""
    if isinstance(structure, (list, tuple)):
        return tree.rebuild(structure, [_replaced(x, values) for x in structure])
    if isinstance(structure, dict):
        made = {k: _replaced(structure[k], values) for k in tree.ordered_keys(structure)}
        return {k: made[k] for k in structure}
    return next(values) if is_value(structure) else structure


def own_function(function: Any) -> bool:
    """Whether a function is one of fastnn's."""
    return str(getattr(function, "__module__", type(function).__module__)).startswith("fastnn.")


def what_it_sees(function: Any, seen: set[int] | None = None) -> Any:
    """A part of a key: what a user's function may depend on besides its arguments.

    Where that is more than constants, variables and functions of such, it is something that no other call has.
    """
    if isinstance(function, functools.partial):
        inside = function.func, *function.args, *function.keywords.values()
    else:
        inside = (function,)
    seen = set() if seen is None else seen
    return tuple([_seen(x, seen) for x in inside])


def _seen(x: Any, seen: set[int]) -> Any:
    if isinstance(x, _STATIC):
        return type(x), repr(x)  # so that 0.0 is not -0.0
    if isinstance(x, Variable):
        return "variable", hooks.call("serial", x)
    if id(x) in seen or (is_function(x) and own_function(x)):
        return None
    if isinstance(x, types.ModuleType):
        return None if x.__name__.partition(".")[0] in _CONSTANT else object()
    if isinstance(x, functools.partial):
        return what_it_sees(x, seen)
    if not isinstance(x, types.FunctionType):
        return None if getattr(x, "__module__", "") in _CONSTANT else object()
    seen.add(id(x))
    names: set[str] = set()
    codes = [x.__code__]
    for code in codes:  # those of functions inside, too
        names.update(code.co_names)
        codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
    globals_ = {name: x.__globals__[name] for name in sorted(names) if name in x.__globals__}
    try:
        cells = [c.cell_contents for c in x.__closure__ or ()]
    except ValueError:  # one that is not set yet
        return object()
    return tuple([_seen(v, seen) for v in (*globals_.values(), *cells, *(x.__defaults__ or ()))])


def event(key: Any, function: Callable[..., Any], args: Any, kwargs: Any, effect: bool = False) -> Any:
    """function(*args, **kwargs) as one event; the values among the arguments are what it depends on.

    effect: it is called for what it changes.  Raises Unhashed, with nothing done.
    """
    kinds = set(map(type, args))
    kinds.discard(Tensor)
    if not kwargs and kinds <= ARRAYS:  # the usual case
        return hooks.call("gather_call", (key, len(args)), function, args, effect)
    values: list[Any] = []
    full = key, _sort(args, values), _sort(kwargs, values) if kwargs else None

    def fn(*symbols: Any) -> Any:
        rest = iter(symbols)
        return function(*_replaced(args, rest), **_replaced(kwargs, rest))

    return hooks.call("gather_call", full, fn, values, effect)


def tried(key: Any, function: Callable[..., Any], args: Any, kwargs: Any, effect: bool = False) -> Any:
    """`event`, or UNHASHED, with nothing done, where an argument cannot be a part of a key, or values are asked for."""
    if key in asking:
        return UNHASHED
    try:
        return event(key, function, args, kwargs, effect)
    except Unhashed:
        return UNHASHED
    except Exception as error:
        if not asked(error):
            raise  # else what it calls gathers one by one
        asking.add(key)
        return UNHASHED


def gathered(method: Any, effect: bool = False) -> Any:
    """A method of a library class whose calls are one event where calls gather."""
    if getattr(method, "_gathered", False):
        return method

    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        gathers = (here.recording or here.log is not None) and current() is None and wanted(args, kwargs)
        if gathers and (not hasattr(self, "_own_code") or self._own_code()):
            key = method.__name__, hooks.call("serial", self)
            found = tried(key, functools.partial(method, self), args, kwargs, effect)
            if found is not UNHASHED:
                return found
        return method(self, *args, **kwargs)

    wrapped._gathered = True  # type: ignore[attr-defined]
    return wrapped
