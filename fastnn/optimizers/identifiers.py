"""From what users write (a name, a config, a class, an object) to an optimizer, and back to a config."""

from fastnn import optimizers
from fastnn.optimizers.optimizer import Optimizer
from fastnn.saving import identifiers as serial

_NOT_OPTIMIZERS = ("get", "serialize", "deserialize", "schedules", "legacy", "Optimizer", "OptimizerMap")


def names():
    """{lower-case name: class name}; names are taken in any case, as in Keras ("adam", "Adam", "RMSprop")."""
    return {n.lower(): n for n in optimizers.NAMES if n not in _NOT_OPTIMIZERS}


TABLE = serial.Table(
    "optimizer",
    "optimizers",
    names,
    "a name or an Optimizer",
    accepts=lambda x: isinstance(x, Optimizer),
    any_case=True,
)


def get(identifier):
    """An optimizer from a name, a config dict, a class or an optimizer; None stays None.

    Args:
        identifier: a name, config dict, class, Optimizer or None.

    Raises UnknownNameError for an unknown name (the message lists near ones), ArgumentError for anything else.

    >>> get("adam").name.startswith("adam")
    True
    """
    return TABLE.get(identifier)


def serialize(optimizer):
    """The config of an optimizer (a dict).

    Args:
        optimizer: an Optimizer.

    >>> from fastnn.optimizers import SGD
    >>> serialize(SGD())["class_name"]
    'SGD'
    """
    return serial.serialize(optimizer)


def deserialize(config, custom_objects=None):
    """An optimizer from its config; class names are taken in any case.

    Args:
        config: a dict that serialize() gave.
        custom_objects: {name: class} for names that fastnn does not know, or None.

    >>> deserialize({"class_name": "sgd", "config": {"momentum": 0.5}}).momentum
    0.5
    """
    return TABLE.deserialize(config, custom_objects)
