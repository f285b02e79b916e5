"""From what users write (a name, a config, a class, a function) to a loss, and back to a config."""
import inspect

from fastnn.core.errors import ArgumentError
from fastnn.core.registry import suggest

_NOT_LOSSES = ("get", "serialize", "deserialize", "squeeze_or_expand_to_same_rank")


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
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return _instance(deserialize(identifier))
    if isinstance(identifier, str):
        return _instance(_by_name(identifier))
    if not callable(identifier):
        raise ArgumentError(f"Could not interpret loss identifier: received {identifier!r} of type "
                            f"{type(identifier).__name__}; expected a name, a Loss or a function (y_true, y_pred).")
    return _instance(identifier)


def _by_name(name):
    from fastnn import losses
    from fastnn.core.errors import UnknownNameError
    known = names()
    if name in known:
        return getattr(losses, name)
    custom = _custom(name)
    if custom is None:
        raise UnknownNameError(f"Could not interpret loss identifier: received {name!r}.{suggest(name, known)} "
                               f"Expected one of: {', '.join(sorted(known))}.")
    return custom


def _custom(name):
    from fastnn.saving.registration import find_custom
    return find_custom([name])


def _instance(obj):
    return obj() if inspect.isclass(obj) else obj


def serialize(loss):
    """The config of a loss (a dict), or the entry that names a function."""
    from fastnn.saving import serialize_keras_object
    return serialize_keras_object(loss)


def deserialize(config, custom_objects=None):
    """A loss from its config, or from a name.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    from fastnn.saving.serialization import deserialize_object
    if isinstance(config, str) and not custom_objects:
        return _by_name(config)
    return deserialize_object(config, custom_objects, category="losses")
