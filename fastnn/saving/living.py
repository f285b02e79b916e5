"""Lambdas that this process has put into configs: a script that reads its own file again finds its own function.

A file holds a key and never code. The key is made of what the function is (its code, defaults and what it closes over),
so that another process, in which no such function has been put into a config, finds nothing.
"""

import contextlib
import contextvars
import hashlib
from collections import OrderedDict

_LIMIT = 1000  # so many functions are kept alive
_alive = OrderedDict()
_named = {}  # functions with names of their own, as `def` gives them
_found = contextvars.ContextVar("found", default=None)  # by the safe_mode of the call
_in_memory = contextvars.ContextVar("in memory", default=False)
_years = {"found": False}


class Living(dict):
    """The config of a lambda, which knows the function as long as it is not written to a file and read again."""

    def __init__(self, function):
        key = None if _in_memory.get() else keep(function)
        super().__init__(class_name="__lambda__", config={"value": None, "key": key})
        self.function = function


def find_always(whether):
    """Whether a lambda is found without `safe_mode=False` too, as in the years before there was a safe mode."""
    _years["found"] = bool(whether)


def of_other_years():
    """What `find_always` said."""
    return _years["found"]


@contextlib.contextmanager
def scope(safe_mode):
    """Lambdas of this process are found inside if safe_mode is False; None and True say nothing about it."""
    token = _found.set(True if safe_mode is False else _found.get())
    try:
        yield
    finally:
        _found.reset(token)


def keep(function):
    """The key under which a function is found from now on.

    >>> keep(lambda x: x + 1) == keep(lambda x: x + 2)
    False
    """
    text = hashlib.sha256()
    _describe(function, text, set())
    stem, count = text.hexdigest()[:32], 0
    while _alive.setdefault(f"{stem}-{count}", function) is not function:
        count += 1
    key = f"{stem}-{count}"
    _alive.move_to_end(key)
    while len(_alive) > _LIMIT:
        _alive.popitem(last=False)
    return key


@contextlib.contextmanager
def in_memory():
    """A block in which configs are made to build from at once, so that they may hold what no file can."""
    token = _in_memory.set(True)
    try:
        yield
    finally:
        _in_memory.reset(token)


def is_in_memory():
    """Whether a block of `in_memory` runs."""
    return _in_memory.get()


def note(name, function):
    """Remember a function that a config names."""
    _named[name] = function


def named(name):
    """The function that this process has put into a config under a name, if it may take it; else None."""
    return _named.get(name) if _found.get() or _years["found"] else None


def find(config):
    """The function of a lambda's config, if this process has it and may take it; else None."""
    if _in_memory.get() and isinstance(config, Living):
        return config.function
    if not (_found.get() or _years["found"]):
        return None
    inner = config.get("config")
    key = inner.get("key") if isinstance(inner, dict) else None
    return getattr(config, "function", None) or (_alive.get(key) if isinstance(key, str) else None)


def _describe(thing, text, seen):
    """Add to a hash what a function is made of: plain values as they are, others by their type."""
    if id(thing) in seen:
        return
    code = getattr(thing, "__code__", thing)
    if hasattr(code, "co_code"):
        seen = seen | {id(thing)}
        for part in (code.co_code, code.co_names, code.co_varnames):
            text.update(repr(part).encode())
        for part in code.co_consts:
            _describe(part, text, seen)
        for part in getattr(thing, "__defaults__", None) or ():
            _describe(part, text, seen)
        for cell in getattr(thing, "__closure__", None) or ():
            _describe(_content(cell), text, seen)
    elif isinstance(thing, (bool, int, float, complex, str, bytes, type(None))):
        text.update(f"{type(thing).__name__}:{thing!r};".encode())
    elif isinstance(thing, (tuple, list, frozenset)):
        parts = sorted(thing, key=repr) if isinstance(thing, frozenset) else thing
        for part in parts:
            _describe(part, text, seen | {id(thing)})
    else:
        text.update(f"{type(thing).__module__}.{type(thing).__qualname__};".encode())


def _content(cell):
    """What a cell of a closure holds; None while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None
