"""Custom classes and functions that configs may name: how a file's name finds them.

The registry itself lives in `fastnn.core.serial`, below everything that can be saved.
"""
from fastnn.core import serial
from fastnn.core.serial import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

__all__ = ["CustomObjectScope", "custom_object_scope", "find_custom", "get_custom_objects", "get_registered_name",
           "get_registered_object", "is_registered", "register_keras_serializable"]


def is_registered(obj):
    """Whether this very object was registered."""
    try:
        return obj in serial._by_object
    except TypeError:  # unhashable
        return False


def find_custom(names, custom_objects=None):
    """The first custom object known under one of `names`, or None.

    A name "package>Name" also finds a plain "Name" that the caller passed, and "Name" finds what is
    registered as "package>Name" if that is the only one.
    """
    names = [n for n in names if isinstance(n, str)]
    for name in names:
        found = get_registered_object(name, custom_objects)
        if found is not None:
            return found
    for name in names:
        short = name.rpartition(">")[2]
        found = get_registered_object(short, custom_objects)
        if found is not None:
            return found
        same = [v for k, v in serial._by_name.items() if k.endswith(f">{short}")] if short == name else []
        if len(same) == 1:
            return same[0]
    return None
