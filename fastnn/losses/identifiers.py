"""From what users write (a name, a config, a class, a function) to a loss, and back to a config."""

from fastnn import losses
from fastnn.saving import identifiers as serial

_NOT_LOSSES = ("get", "serialize", "deserialize", "squeeze_or_expand_to_same_rank", "Reduction")


def names():
    """{name that `get` takes: public name of this package}."""
    return {n: n for n in losses.NAMES if n not in _NOT_LOSSES}


TABLE = serial.Table("loss", "losses", names, "a name, a Loss or a function (y_true, y_pred)")


def get(identifier):
    """A loss object or function from a name, a config dict, a class, or a callable; None stays None.

    Args:
        identifier: a name, config dict, class, Loss, function or None.

    Raises UnknownNameError for an unknown name (the message lists near ones), ArgumentError for anything
    else that cannot be called.

    >>> get("mse").__name__
    'mean_squared_error'
    """
    return TABLE.get(identifier)


def serialize(loss):
    """The config of a loss (a dict), or the entry that names a function.

    Args:
        loss: a Loss or a function.

    >>> from fastnn.losses import Huber
    >>> serialize(Huber())["class_name"]
    'Huber'
    """
    return serial.serialize(loss)


def deserialize(name, custom_objects=None):
    """A loss from its config, or from a name.

    Args:
        name: a dict that serialize() gave, or a name.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    return TABLE.deserialize(name, custom_objects)
