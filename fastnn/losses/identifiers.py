"""From what users write (a name, a config, a class, a function) to a loss, and back to a config."""
import inspect

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.saving import identifiers as serial

_NOT_LOSSES = ("get", "serialize", "deserialize", "squeeze_or_expand_to_same_rank", "Reduction")


def names():
    """Every name that `get` takes."""
    from fastnn import losses
    return [n for n in losses.NAMES if n not in _NOT_LOSSES]


def get(identifier):
    """A loss object or function from a name, a config dict, a class, or a callable; None stays None.

    Raises UnknownNameError for an unknown name (the message lists near ones), ArgumentError for anything
    else that cannot be called.

    >>> get("mse").__name__
    'mean_squared_error'
    """
    obj = identifier
    if isinstance(identifier, dict):
        obj = deserialize(identifier)
    elif isinstance(identifier, str):
        obj = _by_name(identifier)
    elif identifier is not None and not callable(identifier):
        raise ArgumentError(f"Could not interpret loss identifier: received {identifier!r} of type "
                            f"{type(identifier).__name__}; expected a name, a Loss or a function (y_true, y_pred).")
    return obj() if inspect.isclass(obj) else obj


def _by_name(name):
    from fastnn import losses
    known = names()
    if name in known:
        return getattr(losses, name)
    custom = serial.find_custom([name])
    if custom is None:
        raise UnknownNameError(f"Could not interpret loss identifier: received {name!r}.{suggest(name, known)} "
                               f"Expected one of: {', '.join(sorted(known))}.")
    return custom


def serialize(loss):
    """The config of a loss (a dict), or the entry that names a function."""
    return serial.serialize(loss)


def deserialize(config, custom_objects=None):
    """A loss from its config, or from a name.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    if isinstance(config, str) and not custom_objects:
        return _by_name(config)
    return serial.deserialize(config, "losses", custom_objects)
