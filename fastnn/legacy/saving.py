"""Objects as dicts the way Keras 2 wrote them: {"class_name", "config"}, functions by name alone."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.saving.registration import CustomObjectScope, get_registered_name, get_registered_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]

_PASSIVE = "__passive_serialization__"  # a part that the object did not write itself


def __dir__():
    return __all__


def serialize_keras_object(instance: Any) -> Any:
    """An object as Keras 2 wrote it: {"class_name", "config"}; a function or class as its name; None as None.

    Args:
        instance: an object with get_config(), a function or a class.

    Raises:
        ArgumentError: for anything else.

    >>> from fastnn.regularizers import L2
    >>> serialize_keras_object(L2(0.5))
    {'class_name': 'L2', 'config': {'l2': 0.5}}
    """
    if instance is None:
        return None
    instance = inspect.unwrap(instance) if callable(instance) else instance
    if hasattr(instance, "get_config") and not inspect.isclass(instance):
        config = {key: _part(value) for key, value in instance.get_config().items()}
        return {"class_name": get_registered_name(type(instance)), "config": config}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise ArgumentError(f"Cannot serialize {instance!r} because it doesn't implement `get_config()`.")


def _part(value: Any) -> Any:
    """A value of a config: objects in it as dicts that say so."""
    if not hasattr(value, "get_config") and not callable(value):
        return value
    written = serialize_keras_object(value)
    return {**written, _PASSIVE: True} if isinstance(written, dict) else written


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object that Keras 2's dict or name stands for.

    Args:
        identifier: {"class_name", "config"}; a name, of a function or of a class that is made without arguments; a
            function; or None.
        module_objects, custom_objects: {name: class or function}, where names are looked up besides the registered
            ones. Nothing else can be reached by a name.
        printable_module_name: what error messages call it.

    Raises:
        UnknownNameError: for a name that is nowhere.
        ArgumentError: for anything else.

    >>> from fastnn import regularizers
    >>> deserialize_keras_object({"class_name": "L2", "config": {"l2": 0.5}}, vars(regularizers)).get_config()
    {'l2': 0.5}
    """
    if identifier is None or inspect.isfunction(identifier):
        return identifier

    def find(name: Any) -> Any:
        found = get_registered_object(name, custom_objects, module_objects)
        if found is None:
            raise UnknownNameError(
                f"Unknown {printable_module_name}: '{name}'.{suggest(name, module_objects or {})} Please ensure you "
                "are using a `keras.utils.custom_object_scope` and that this object is included in the scope."
            )
        return found

    if isinstance(identifier, str):
        found = find(identifier)
        return found() if inspect.isclass(found) else found
    if not isinstance(identifier, dict):
        raise ArgumentError(f"Could not interpret serialized {printable_module_name}: {identifier!r}")
    if not {"class_name", "config"} <= set(identifier):
        raise ArgumentError(
            f"Improper config format for {identifier}. Expecting python dict contains `class_name` and `config` as keys"
        )
    cls, config = find(identifier["class_name"]), identifier["config"]
    if isinstance(config, dict):
        config = {k: _built(k, v, module_objects, custom_objects) for k, v in config.items()}
    make: Callable[..., Any] = getattr(cls, "from_config", None) or (lambda config: cls(**config))
    with CustomObjectScope(dict(custom_objects or {})):
        return make(config)


def _built(key: str, value: Any, module_objects: Any, custom_objects: Any) -> Any:
    """A value of a config: an object or function where it stands for one that the caller's tables have."""
    if isinstance(value, dict) and _PASSIVE in value:
        inner = {k: v for k, v in value.items() if k != _PASSIVE}
        if get_registered_object(value.get("class_name"), custom_objects, module_objects) is None:
            return inner  # the class knows its own parts
        return deserialize_keras_object(inner, module_objects, custom_objects, "config_item")
    if isinstance(value, str) and key != "name":
        found = get_registered_object(value, custom_objects, module_objects)
        return found if inspect.isfunction(found) else value
    return value
