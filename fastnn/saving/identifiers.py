"""What an identifier of a public category means: a name, a config dict, a class, an object or a function."""
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.saving.registration import find_custom
from fastnn.saving.serialization import deserialize_object, serialize_object

serialize = serialize_object


def deserialize(config, category=None, custom_objects=None):
    """The object that a config describes; category: "layers", "initializers", ... to look in first."""
    return deserialize_object(config, custom_objects=custom_objects, category=category)


def resolve(kind, identifier, table, category, custom_objects=None):
    """The object (or function) that `identifier` stands for.

    Args:
        kind: the word for error messages: "initializer".
        identifier: None, a name, a config dict, a class, an object or a function.
        table: {name: class or function}.
        category: where a config dict's class is looked up first: "initializers".
        custom_objects: {name: class or function} of the caller's own.

    Returns:
        None for None; an instance where the identifier means a class; else the object itself.

    Raises:
        UnknownNameError: for a name that is in no table, with the near ones.
        ArgumentError: for anything that is not an identifier.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier, category, custom_objects)
    if isinstance(identifier, str):
        found = find_custom([identifier], custom_objects) or table.get(identifier)
        if found is None:
            raise UnknownNameError(f"Unknown {kind}: received {identifier!r}.{suggest(identifier, table)} "
                                   f"Expected one of: {', '.join(sorted(table))}; a config dict; or an object.")
        return found() if isinstance(found, type) else found
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise ArgumentError(f"Could not interpret {kind} identifier: {identifier!r} (of type {type(identifier).__name__}).")
