"""What an identifier of a public category means: a name, a config dict, a class, an object or a function."""

import importlib

from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.registry import suggest
from fastnn.core.types import is_function
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
        found = deserialize(identifier, category, custom_objects)
        if not callable(found):  # data came back as it was
            raise ArgumentError(f"Could not interpret {kind} identifier: unknown `config` as a `dict`: {identifier}")
        return found
    if isinstance(identifier, str):
        found = find_custom([identifier], custom_objects) or table.get(identifier)
        if found is None:
            raise UnknownNameError(
                f"Could not interpret {kind} identifier: {identifier}.{suggest(identifier, table)} "
                f"Expected one of: {', '.join(sorted(table))}; a config dict; or an object."
            )
        return found() if isinstance(found, type) else found
    if isinstance(identifier, type):
        return identifier()
    if is_function(identifier):
        return identifier
    raise ArgumentError(f"Could not interpret {kind} identifier: {identifier!r} (of type {type(identifier).__name__}).")


class Table:
    """The public objects of a package by name, and what users may write for one of them.

    kind: the word for error messages: "loss".  category: the package, "losses".  names: a function that returns
    {name that users may write: public name}.  expected: what error messages ask for.  accepts: whether an object is of
    the kind.  any_case: whether names are taken in any case.  others: tables whose names are taken too.
    """

    def __init__(self, kind, category, names, expected, accepts=callable, any_case=False, others=()):
        self.kind, self.category, self.names, self.expected = kind, category, names, expected
        self.accepts, self.any_case, self.others = accepts, any_case, others

    def known(self, name):
        """The public object of this name in this table or the others, None if there is none."""
        public = self.names().get(name.lower() if self.any_case else name)
        if public is not None:
            return getattr(importlib.import_module(f"fastnn.{self.category}"), public)
        return next((found for found in (t.known(name) for t in self.others) if found is not None), None)

    def find(self, name):
        """The class or function of this name: the user's own first; UnknownNameError if there is none."""
        found = find_custom([name])
        found = self.known(name) if found is None else found
        if found is None:
            table = self.names()
            raise UnknownNameError(
                f"Could not interpret {self.kind} identifier: received {name!r}."
                f"{suggest(name.lower() if self.any_case else name, table)} Expected one of: "
                f"{', '.join(sorted(table))}."
            )
        return found

    def get(self, identifier):
        """The object for a name, a config dict, a class or an object; None stays None.

        Raises UnknownNameError for an unknown name (the message lists near ones), ArgumentError for what is not of the
        kind.
        """
        if identifier is None:
            return None
        found = identifier
        if isinstance(identifier, dict):
            found = self.deserialize(identifier)
        elif isinstance(identifier, str):
            found = self.find(identifier)
        made = found() if isinstance(found, type) else found
        if not self.accepts(made):
            raise ArgumentError(
                f"Could not interpret {self.kind} identifier: received {identifier!r} of type "
                f"{type(identifier).__name__}; expected {self.expected}."
            )
        return made

    def deserialize(self, config, custom_objects=None):
        """The object that a config describes; of a name, the class or function."""
        if isinstance(config, str) and not custom_objects:
            return self.find(config)
        if self.any_case and isinstance(config, dict) and isinstance(config.get("class_name"), str):
            name = config["class_name"]
            config = {**config, "class_name": self.names().get(name.lower(), name)}
        return deserialize(config, self.category, custom_objects)
