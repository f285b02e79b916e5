"""Layers by config."""

from fastnn.core.errors import ArgumentError
from fastnn.layers.layer import Layer
from fastnn.saving import identifiers as serial


def get(identifier):
    """The layer that a config dict describes; a layer is returned as it is, None gives None.

    Args:
        identifier: a layer, a config dict, or None.

    Raises ArgumentError for anything else.

    >>> get({"class_name": "Flatten", "config": {"name": "flat"}}).name
    'flat'
    """
    if identifier is None or isinstance(identifier, Layer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ArgumentError(f"Could not interpret layer identifier: {identifier!r}")


def serialize(layer):
    """The config dict of a layer, with its class and the shape it was built with.

    Args:
        layer: a Layer.

    >>> from fastnn import layers
    >>> serialize(layers.Flatten(name="flat"))["class_name"]
    'Flatten'
    """
    return serial.serialize(layer)


def deserialize(config, custom_objects=None):
    """A layer with new weights from a config dict that serialize() gave.

    Args:
        config: dict with `class_name` and `config`.
        custom_objects: {name: class or function} for names that fastnn does not know, or None.

    Raises ArgumentError for the config of something else, UnknownNameError for an unknown class.

    >>> from fastnn import layers
    >>> deserialize(serialize(layers.Flatten(name="flat"))).name
    'flat'
    """
    layer = serial.deserialize(config, "layers", custom_objects)
    if not isinstance(layer, Layer):
        raise ArgumentError(f"`deserialize` was passed a config object that is not a layer. Received: {config}")
    return layer
