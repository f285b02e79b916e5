"""Symbols of the functional API that a call uses without being passed them: by the closure of a function, or by an
attribute of the layer.

`Lambda(lambda x: x * other)(y)` was usual up to Keras 2. `candidates` says what a layer may use so; what inference of
its call asks for becomes a part of the call event, so that a model computes it before.
"""

import contextlib
import dis
import functools
import inspect
from typing import Any, cast

from fastnn.core import hooks
from fastnn.graph import Symbol, current
from fastnn.layers import nest
from fastnn.layers.events import CallEvent, is_functional

_DEEP = 3  # functions that call functions that call functions
_INNER = {"layer", "cell", "forward_layer", "backward_layer"}  # of wrappers
_seen = []  # the Outside of each inference in progress, the innermost last


class Outside(dict):
    """Symbols of a trace by the keys of the functional symbols that they stand for; `used`: those asked for."""

    def __init__(self, candidates):
        super().__init__()
        self.candidates, self.used = candidates, {}

    def stand_in(self, make):
        """Take symbols of a new trace, which make(symbol) gives."""
        self.clear()
        self.update({(x.origin, x.index): make(x) for x in self.candidates})

    def get(self, key, default=None):
        """The stand-in of a key, which counts as used."""
        found = super().get(key, default)
        if found is not None:
            self.used[key] = next(x for x in self.candidates if (x.origin, x.index) == key)
        return found


@contextlib.contextmanager
def seeing(candidates):
    """A block in which inference of calls sees these symbols."""
    _seen.append(Outside(candidates))
    try:
        yield _seen[-1]
    finally:
        _seen.pop()


def seen():
    """The symbols that inference sees, as an Outside, or None."""
    return _seen[-1] if _seen else None


@functools.lru_cache(maxsize=1024)
def _globals_of(code):
    """Names of globals that a function's code, and functions made in it, load."""
    names = {i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"}
    return frozenset(names.union(*(_globals_of(c) for c in code.co_consts if inspect.iscode(c))))


def _of_function(function, found, met, depth=0):
    function = inspect.unwrap(getattr(function, "__func__", function)) if callable(function) else function
    if not inspect.isfunction(function) or function in met or depth > _DEEP:
        return
    met.add(function)
    if (function.__module__ or "").startswith("fastnn."):
        return
    values = [function.__globals__.get(n) for n in _globals_of(function.__code__)]
    values += [c.cell_contents for c in function.__closure__ or () if _is_set(c)]
    values += list(function.__defaults__ or ())
    for value in values:
        _of_value(value, found)
        if inspect.isfunction(value):
            _of_function(value, found, met, depth + 1)


def _is_set(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that has no value yet
        return False


def _of_value(value, found):
    if isinstance(value, Symbol):
        if is_functional(value):
            found[id(value)] = value
    elif isinstance(value, (list, tuple, dict)) and len(value) < 100:
        for x in value.values() if isinstance(value, dict) else value:
            if isinstance(x, Symbol) and is_functional(x):
                found[id(x)] = x


def candidates(layer):
    """The functional symbols that attributes and functions of a layer of a user's, or a Lambda, know, as a list."""
    found = {}
    _of_layer(layer, found, set())
    return list(found.values())


def _of_layer(layer, found, met):
    own = layer.__dict__
    if not type(layer).__module__.startswith("fastnn."):
        for value in own.values():
            _of_value(value, found)
        for cls in type(layer).__mro__:
            for method in vars(cls).values() if not cls.__module__.startswith("fastnn.") else ():
                _of_function(method, found, met)
    elif "function" in own:
        _of_function(own["function"], found, met)
        _of_value(own.get("arguments"), found)
    for name in _INNER & own.keys():
        if hasattr(own[name], "__dict__") and id(own[name]) not in met:
            met.add(id(own[name]))
            _of_layer(own[name], found, met)


def spec_of(layer, args, kwargs, rule, trace):
    """(what a call on symbols returns, ((symbol, the same), ...) for each that it uses from outside).

    Args:
        layer: the layer.  args, kwargs: what it is called with.
        rule: (layer, args, kwargs) -> the results.  trace: the same, by running `call`.
    """
    known = candidates(layer)
    if not known:
        return rule(layer, args, kwargs), ()
    with seeing(known) as outside:
        outputs = rule(layer, args, kwargs)
        if not outside:  # the rule did not run the call
            with contextlib.suppress(Exception):  # what cannot be traced without data; the rule stands
                trace(layer, args, kwargs)
    passed = {(x.origin, x.index) for x in nest.flatten([args, kwargs]) if is_functional(x)}
    return outputs, tuple((x, x) for key, x in outside.used.items() if key not in passed)


def run(event: CallEvent, args, kwargs, values):
    """The call of an event on these arguments, which finds what it uses from outside among `values`, by key."""
    lent = {(old.origin, old.index): values[now.origin, now.index] for old, now in event.outside}
    trace = current()
    if trace is not None:
        trace.extra.setdefault("functional", []).append(lent)
        return event.operation(*args, **kwargs)
    arrays = [x for x in nest.flatten([args, kwargs]) if hasattr(x, "dtype")]

    def traced(*symbols):
        given = iter(symbols)
        turned = nest.map_structure(lambda x: next(given) if hasattr(x, "dtype") else x, [args, kwargs])
        cast(Any, current()).extra["functional"] = [dict(zip(lent, given))]
        return event.operation(*turned[0], **turned[1])

    return hooks.call("traced", traced, [*arrays, *lent.values()])
