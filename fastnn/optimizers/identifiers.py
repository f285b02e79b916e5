"""From what users write (a name, a config, a class, an object) to an optimizer, and back to a config."""
import inspect

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.optimizers.optimizer import Optimizer
from fastnn.saving import identifiers as serial

_NOT_OPTIMIZERS = ("get", "serialize", "deserialize", "schedules", "Optimizer")


def names():
    """{lower-case name: class name}; names are taken in any case, as in Keras ("adam", "Adam", "RMSprop")."""
    from fastnn import optimizers
    return {n.lower(): n for n in optimizers.NAMES if n not in _NOT_OPTIMIZERS}


def get(identifier):
    """An optimizer from a name, a config dict, a class or an optimizer; None stays None.

    Raises UnknownNameError for an unknown name (the message lists near ones), ArgumentError for anything else.

    >>> get("adam").name.startswith("adam")
    True
    """
    obj = identifier
    if isinstance(identifier, dict):
        obj = deserialize(identifier)
    elif isinstance(identifier, str):
        obj = _by_name(identifier)
    if inspect.isclass(obj) and issubclass(obj, Optimizer):
        obj = obj()
    if obj is not None and not isinstance(obj, Optimizer):
        raise ArgumentError(f"Could not interpret optimizer identifier: received {identifier!r} of type "
                            f"{type(identifier).__name__}; expected a name or an Optimizer.")
    return obj


def _by_name(name):
    from fastnn import optimizers
    known = names()
    if name.lower() in known:
        return getattr(optimizers, known[name.lower()])
    custom = serial.find_custom([name])
    if custom is None:
        raise UnknownNameError(f"Could not interpret optimizer identifier: received {name!r}."
                               f"{suggest(name.lower(), known)} Expected one of: {', '.join(sorted(known))}.")
    return custom


def serialize(optimizer):
    """The config of an optimizer (a dict)."""
    return serial.serialize(optimizer)


def deserialize(config, custom_objects=None):
    """An optimizer from its config; class names are taken in any case.

    >>> deserialize({"class_name": "sgd", "config": {"momentum": 0.5}}).momentum
    0.5
    """
    known = names()
    if isinstance(config, dict) and isinstance(config.get("class_name"), str):
        config = {**config, "class_name": known.get(config["class_name"].lower(), config["class_name"])}
    return serial.deserialize(config, "optimizers", custom_objects)
