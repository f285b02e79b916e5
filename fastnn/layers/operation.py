"""Operation: the public base of what computes without weights, on arrays and in functional graphs."""

from __future__ import annotations

import abc
import inspect
from typing import Any, Self

from fastnn.core import hooks
from fastnn.core.docstrings import ConstructorSignature
from fastnn.core.errors import ArgumentError, NotSupportedError
from fastnn.core.naming import snake_case
from fastnn.core.types import Config, Structure, open_signature
from fastnn.graph.variable import auto_name
from fastnn.layers import events
from fastnn.layers.config import is_plain
from fastnn.layers.history import HistoryMixin
from fastnn.layers.layer import Layer


class Operation(events.Operation, HistoryMixin, metaclass=abc.ABCMeta):
    """A computation without weights, as a part of functional graphs.

    Subclass it: say in `call` what is computed, with `fastnn.ops`, and in `compute_output_spec` the shape and dtype of
    the result as a KerasTensor; where the second is left out it is found by tracing the first.

    Args:
        name: str without "/", made from the class name if None.

    Raises:
        ArgumentError (a ValueError): for another name.

    >>> import fastnn as keras
    >>> class Scaled(Operation):
    ...     def __init__(self, by, name=None):
    ...         super().__init__(name)
    ...         self.by = by
    ...     def call(self, x):
    ...         return x * self.by
    >>> Scaled(2.0)(keras.Input((3,))).shape, Scaled(2.0, name="twice").get_config()
    ((None, 3), {'by': 2.0, 'name': 'twice'})
    """

    _init_arguments: tuple[tuple[Any, ...], dict[str, Any]]

    __signature__ = ConstructorSignature()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        self._init_arguments = args, kwargs
        return self

    def __init__(self, name: str | None = None) -> None:
        name = auto_name(snake_case(type(self).__name__)) if name is None else name
        if not isinstance(name, str) or "/" in name:
            raise ArgumentError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name!r} (of type {type(name)})"
            )
        super().__init__(name)

    @open_signature
    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What it computes; subclasses say.

        Args:
            *args, **kwargs: what a subclass takes.
        """
        raise NotImplementedError(f"Operation {type(self).__name__} does not have a `call` method implemented.")

    @open_signature
    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The results for symbols as arguments, as symbols; found by tracing `call` unless a subclass says it.

        Args:
            *args, **kwargs: what `call` takes, symbols or KerasTensors for arrays.
        """
        return hooks.call("infer", self.call, args, kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """A call on symbols: recorded, not computed.

        Args:
            *args, **kwargs: what `call` takes, with symbols among it.
        """
        return events.CallEvent(self, args, kwargs, self.infer(args, kwargs)).output

    @property
    def kind(self) -> str:
        """The name of its class, for summaries."""
        return type(self).__name__

    def run(self, *args, **kwargs):
        """The call itself.

        Args:
            *args, **kwargs: what `call` takes.
        """
        return self.call(*args, **kwargs)

    def infer(self, args, kwargs):
        """Shapes and dtypes of the results.

        Args:
            args, kwargs: what `call` takes, as a tuple and a dict.
        """
        return self.compute_output_spec(*args, **kwargs)

    @property
    def output(self) -> Structure:
        """The symbol that its first call returned, a list of them where there are several."""
        found = self._only_event("output").outputs
        return found[0] if len(found) == 1 else found

    def get_config(self) -> Config:
        """The constructor's arguments as a dict, found in what it was called with where they are plain data.

        Raises NotSupportedError (a NotImplementedError) where they are not: then a subclass has to say.
        """
        cls = type(self)
        if cls.get_config is not Operation.get_config or cls.__init__ is Operation.__init__:
            return {"name": self.name}
        args, kwargs = self._init_arguments
        found = inspect.signature(cls.__init__)
        kinds = {p.kind: p.name for p in found.parameters.values()}
        bound = found.bind(self, *args, **kwargs)
        bound.apply_defaults()
        values = dict(list(bound.arguments.items())[1:])  # without `self`
        rest = values.pop(kinds.get(inspect.Parameter.VAR_POSITIONAL, ""), ())
        values.update(values.pop(kinds.get(inspect.Parameter.VAR_KEYWORD, ""), {}))
        if rest or not is_plain(values):
            raise NotSupportedError(
                f"Object {cls.__name__} was created by passing non-serializable argument values in `__init__()`, and "
                "therefore the object must override `get_config()` in order to be serializable. Please implement "
                "`get_config()`."
            )
        if "name" in found.parameters or inspect.Parameter.VAR_KEYWORD in kinds:
            values["name"] = self.name
        return values

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """One with the arguments that get_config() gave.

        Args:
            config: dict of the constructor's arguments.
        """
        return cls(**config)


Operation.register(Layer)
