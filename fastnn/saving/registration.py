"""Custom classes and functions that configs may name: a registry, a scope, and how names are looked up."""

import contextvars
import inspect

from fastnn.core.errors import ArgumentError, ArgumentTypeError

_objects = {}
_names = {}
_scope = contextvars.ContextVar("custom_objects", default=None)


def _scoped():
    return _scope.get() or {}


def register_keras_serializable(package="Custom", name=None):
    """Decorator that makes a class or function known to the loader under "package>name".

    Args:
        package: str.
        name: str or None (the object's own name).

    Raises ArgumentError for a class without `get_config`.

    >>> @register_keras_serializable("docs")
    ... def twice(x):
    ...     return x * 2
    >>> get_registered_name(twice)
    'docs>twice'
    """

    def decorator(obj):
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ArgumentError(
                f"Cannot register a class that does not have a get_config() method. Received: {obj.__name__}; add one "
                "that returns its constructor's arguments."
            )
        key = f"{package}>{name if name is not None else obj.__name__}"
        _objects[key] = obj
        _names[obj] = key
        return obj

    return decorator


class CustomObjectScope:
    """Inside the `with` block, configs may name the given objects.

    Args:
        custom_objects: dict from name (str) to class or function.

    >>> with CustomObjectScope({"twice": lambda x: x + x}):
    ...     get_registered_object("twice")(4)
    8
    """

    def __init__(self, custom_objects):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self):
        self._token = _scope.set({**_scoped(), **self.custom_objects})
        return self

    def __exit__(self, *exception):
        _scope.reset(self._token)


custom_object_scope = CustomObjectScope


def get_custom_objects():
    """The live dictionary of registered objects, from "package>name" to object.

    >>> isinstance(get_custom_objects(), dict)
    True
    """
    return _objects


def get_registered_name(obj):
    """The name an object is registered under, or its own name.

    Args:
        obj: a class or function.

    >>> get_registered_name(int)
    'int'
    """
    try:
        return _names.get(obj) or obj.__name__
    except TypeError:  # unhashable, so never registered
        return obj.__name__


def is_registered(obj):
    """Whether this very object was registered.

    Args:
        obj: a class or function.
    """
    try:
        return obj in _names
    except TypeError:
        return False


def get_registered_object(name, custom_objects=None, module_objects=None):
    """The object of that name: scope, then registry, then `custom_objects`, then `module_objects`; or None.

    >>> get_registered_object("no such thing") is None
    True
    """
    for table in (_scoped(), _objects, custom_objects or {}, module_objects or {}):
        if name in table:
            return table[name]
    return None


def check_custom_objects(custom_objects):
    """ArgumentTypeError for what is no dict of custom objects."""
    if not (custom_objects is None or isinstance(custom_objects, dict)):
        raise ArgumentTypeError(
            f"custom_objects: received {custom_objects!r:.80}, expected a dict {{name: class or function}}."
        )


def find_custom(names, custom_objects=None):
    """The first custom object known under one of `names`.

    A name "package>Name" also finds a plain "Name" that the caller passed, and "Name" finds what is
    registered as "package>Name" if that is the only one.
    """
    names = [n for n in names if isinstance(n, str)]
    for name in names:
        found = get_registered_object(name, custom_objects)
        if found is not None:
            return found
    explicit = {**(custom_objects or {}), **_scoped()}
    for name in names:
        short = name.rpartition(">")[2]
        if short in explicit:
            return explicit[short]
        if short == name:
            same = [v for k, v in {**_objects, **explicit}.items() if k.endswith(f">{name}")]
            if len(same) == 1:
                return same[0]
    return None
