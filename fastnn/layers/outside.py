"""Symbols of the functional API that a call uses without being passed them: by the closure of a function, or by an
attribute of the layer.

`Lambda(lambda x: x * other)(y)` was usual up to Keras 2. `candidates` says what a layer may use so; what inference of
its call asks for becomes a part of the call event, so that a model computes it before.
"""

import contextlib
import dis
import functools
import inspect
import types
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
    if str(function.__globals__.get("__name__", "")).startswith("fastnn."):  # wraps() copies `__module__`
        return
    names = function.__globals__
    held = [(names, n, names[n]) for n in _globals_of(function.__code__) if n in names]
    held += [(c, "", c.cell_contents) for c in function.__closure__ or () if _is_set(c)]
    held += [(None, "", value) for value in function.__defaults__ or ()]
    for holder, name, value in held:
        found.add(value, holder, name)
        if inspect.isfunction(value):
            _of_function(value, found, met, depth + 1)


def _is_set(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that has no value yet
        return False


def _inside(value):
    """The elements of a structure that may hold symbols, else the value alone."""
    if isinstance(value, (list, tuple, dict)) and len(value) < 100:
        return list(value.values() if isinstance(value, dict) else value)
    return [value]


class Known:
    """The functional symbols that a layer knows: `symbols` by id; `held`: where, as (holder, name, value, keys).

    A holder is a dict of names (attributes, globals) or the cell of a closure.  The value is what it has now, a list
    as a copy: both may have something else when the call runs again.
    """

    def __init__(self):
        self.symbols, self.held = {}, []

    def add(self, value, holder, name=""):
        """Take the symbols of a value; holder: what has it, None for what nobody can change."""
        found = {id(x): x for x in _inside(value) if isinstance(x, Symbol) and is_functional(x)}
        self.symbols |= found
        if found and holder is not None:
            kept = value.copy() if isinstance(value, (list, dict)) else value
            self.held.append((holder, name, kept, {(x.origin, x.index) for x in found.values()}))


def candidates(layer):
    """What attributes and functions of a layer of a user's, or a Lambda, know, as a Known."""
    found = Known()
    _of_layer(layer, found, set())
    return found


def _is_now(holder, name):
    return holder.cell_contents if isinstance(holder, types.CellType) else holder.get(name)


def _set_now(holder, name, value):
    if isinstance(holder, types.CellType):
        holder.cell_contents = value
    else:
        holder[name] = value


@contextlib.contextmanager
def as_then(event):
    """A block in which names of a user's have the symbols that they had when the call was made: loops rebind them."""
    changed = []
    for holder, name, value, _ in event.held:
        now = _is_now(holder, name)
        if now is not value and [*map(id, _inside(now))] != [*map(id, _inside(value))]:
            changed.append((holder, name, now))
            _set_now(holder, name, value)
    try:
        yield
    finally:
        for place in changed:
            _set_now(*place)


def _of_layer(layer, found, met):
    own = layer.__dict__
    if not type(layer).__module__.startswith("fastnn."):
        for name, value in own.items():
            found.add(value, own, name)
        for cls in type(layer).__mro__:
            for method in vars(cls).values() if not cls.__module__.startswith("fastnn.") else ():
                _of_function(method, found, met)
    elif "function" in own:
        _of_function(own["function"], found, met)
        found.add(own.get("arguments"), own, "arguments")
    for name in _INNER & own.keys():
        if hasattr(own[name], "__dict__") and id(own[name]) not in met:
            met.add(id(own[name]))
            _of_layer(own[name], found, met)


def spec_of(layer, args, kwargs, rule, trace):
    """(what a call on symbols returns, ((symbol, the same), ...) for each that it uses from outside, where it is held).

    Args:
        layer: the layer.  args, kwargs: what it is called with.
        rule: (layer, args, kwargs) -> the results.  trace: the same, by running `call`.
    """
    known = candidates(layer)
    if not known.symbols:
        return rule(layer, args, kwargs), (), ()
    with seeing(list(known.symbols.values())) as outside:
        outputs = rule(layer, args, kwargs)
        if not outside:  # the rule did not run the call
            with contextlib.suppress(Exception):  # what cannot be traced without data; the rule stands
                trace(layer, args, kwargs)
    passed = {(x.origin, x.index) for x in nest.flatten([args, kwargs]) if is_functional(x)}
    used = {key: x for key, x in outside.used.items() if key not in passed}
    held = [place for place in known.held if place[-1] & used.keys()]
    return outputs, tuple((x, x) for x in used.values()), tuple(held)


def stand_in(outputs, symbols):
    """Tell the call that made these results which symbols of its model stand for those that it uses from outside.

    Args:
        outputs: what the call gave.
        symbols: of the model, in the order in which the call uses what they stand for.
    """
    made = next((x.origin for x in nest.flatten(outputs) if is_functional(x)), None)
    if made is not None and len(made.outside) == len(symbols):
        made.outside = tuple((old, new) for (old, _), new in zip(made.outside, symbols))


def run(event: CallEvent, args, kwargs, values):
    """The call of an event on these arguments, which finds what it uses from outside among `values`, by key."""
    lent = {(old.origin, old.index): values[now.origin, now.index] for old, now in event.outside}
    trace = current()
    if trace is not None:
        seen_here = trace.extra.setdefault("functional", [])
        seen_here.insert(0, lent)  # before what other calls of the same symbols are lent
        try:
            with as_then(event):
                return event.operation(*args, **kwargs)
        finally:
            seen_here.pop(0)
    arrays = [x for x in nest.flatten([args, kwargs]) if hasattr(x, "dtype")]

    def traced(*symbols):
        given = iter(symbols)
        turned = nest.map_structure(lambda x: next(given) if hasattr(x, "dtype") else x, [args, kwargs])
        cast(Any, current()).extra["functional"] = [dict(zip(lent, given))]
        with as_then(event):
            return event.operation(*turned[0], **turned[1])

    return hooks.call("traced", traced, [*arrays, *lent.values()])
