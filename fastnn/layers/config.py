"""The configuration of a layer: its arguments as a dict, and a layer from such a dict."""

import inspect
from collections.abc import Callable
from typing import Any, Self

from fastnn import dtype_policies, regularizers
from fastnn.core.arguments import names_given_before
from fastnn.core.errors import ArgumentError, ArgumentTypeError, NotSupportedError
from fastnn.core.tree import holds_itself
from fastnn.core.types import Config
from fastnn.layers import signature

_PLAIN = (str, int, float, bool, type(None))


def is_plain(value):
    """Whether a value is numbers, texts and structures of them; ArgumentError for a structure that holds itself."""
    try:
        return _is_plain(value)
    except RecursionError as error:
        raise holds_itself(value, error) from None


def _is_plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    return isinstance(value, _PLAIN)


def _says_its_own(cls):
    """Whether a class derives from a layer with a get_config of its own, such as Dense."""
    below = ("fastnn.layers.config", "fastnn.layers.layer", "fastnn.layers.operation", "fastnn.models.")
    return any("get_config" in c.__dict__ and not c.__module__.startswith(below) for c in cls.__mro__[1:])


class ConfigMixin:
    """get_config, from_config and their kin for a Layer."""

    name: str
    built: bool
    trainable: Any
    build: Callable[..., None]
    dtype_policy: Any
    activity_regularizer: Any
    _build_shapes: Any
    _tracker: Any

    def get_config(self) -> Config:
        """The constructor's arguments as a dict that from_config() takes.

        A subclass with arguments of its own adds them to super().get_config(); where it does not and the arguments
        are plain data, they are found in what the constructor was called with.

        Raises NotSupportedError (a NotImplementedError) where neither works.
        """
        config = {"name": self.name, "trainable": self.trainable, "dtype": dtype_policies.serialize(self.dtype_policy)}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        config.update(self._automatic_config())
        return config

    def _automatic_config(self):
        """The arguments of an __init__ that no get_config below it knows."""
        for cls in type(self).__mro__:
            if "get_config" in cls.__dict__ and cls is not ConfigMixin:
                return {}
            if "__init__" in cls.__dict__:
                break
        if not hasattr(cls, "_fastnn_layer") or cls.__module__.startswith("fastnn."):
            return {}
        args, kwargs = self._init_arguments
        bound = inspect.signature(cls.__init__).bind(self, *args, **kwargs)
        bound.apply_defaults()
        found = {}
        parameters = list(inspect.signature(cls.__init__).parameters.items())[1:]  # without `self`
        for name, parameter in parameters:
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue  # what is handed on has no name of its own, and is left out as in Keras
            if name in bound.arguments and name not in ("name", "trainable", "dtype", "activity_regularizer"):
                found[name] = bound.arguments[name]
        if not all(map(is_plain, found.values())):
            if _says_its_own(cls):
                return {}  # as Keras: the config that the layer it derives from gives
            raise NotSupportedError(
                f"Object {type(self).__name__} was created by passing non-serializable argument values in "
                "`__init__()`, and therefore the object must override `get_config()` in order to be serializable. "
                f"Please implement `get_config()`: return {{**super().get_config(), ...}} with {sorted(found)}."
            )
        return found

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """A layer with the arguments that get_config() gave; new weights.

        Args:
            config: dict of the constructor's arguments.

        Raises ArgumentError (also a TypeError) for arguments that the class does not take.
        """
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            policy = dtype_policies.deserialize(config["dtype"])
            # constructors see the name of a policy that a name says wholly, as they were called with
            config["dtype"] = policy.name if type(policy) is dtype_policies.DTypePolicy else policy
        try:
            with names_given_before():
                return cls(**config)
        except (TypeError, ArgumentError) as error:
            raise ArgumentTypeError(
                f"Error when deserializing class '{cls.__name__}' using config={config}.\n\n"
                f"Exception encountered: {error}"
            ) from error

    def get_build_config(self) -> Config | None:
        """The shapes it was built with, or None."""
        shapes = self._build_shapes
        if shapes is None:
            return None
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": dict(shapes)}

    def build_from_config(self, config: Config) -> None:
        """Build it with the shapes that get_build_config() gave.

        Args:
            config: {"input_shape": shape}, {"shapes_dict": {argument of `build`: shape}} or None.
        """
        if config is None or self.built:
            return
        if "input_shape" in config:
            self.build(_tuples(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{name: _tuples(shape) for name, shape in config["shapes_dict"].items()})

    def save_own_variables(self, store: Any) -> None:
        """Write its own weights into `store` under "0", "1", ...

        Args:
            store: a dict-like: {name: array}.
        """
        for i, variable in enumerate(self._tracker.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Set its own weights from what save_own_variables() wrote.

        Args:
            store: a dict-like: {"0": array, ...}.

        Raises ValueError for another number of arrays, ShapeError for other shapes.
        """
        mine = self._tracker.variables
        if len(store.keys()) != len(mine):
            hint = (
                ""
                if self.built
                else (" The layer was never built: build it first, or give it a build_from_config() method.")
            )
            raise ValueError(
                f"Layer '{self.name}' expected {len(mine)} variables, but received {len(store.keys())} "
                f"variables during loading.{hint}"
            )
        for i, variable in enumerate(mine):
            variable.assign(store[str(i)])


def placed(config: Config, names: tuple[str, ...], before: str) -> Config:
    """The config with the entries `names` in front of the entry `before`, where Keras writes them.

    >>> placed({"a": 1, "b": 2, "c": 3}, ("c",), "b")
    {'a': 1, 'c': 3, 'b': 2}
    """
    keys = [key for key in config if key not in names]
    at = keys.index(before)
    return {key: config[key] for key in (*keys[:at], *names, *keys[at:])}


def _tuples(shape):
    """Lists of a JSON file back to tuples where they are shapes."""
    if isinstance(shape, (list, tuple)) and all(d is None or isinstance(d, int) for d in shape):
        return signature.as_shape(shape)
    if isinstance(shape, dict):
        return {k: _tuples(v) for k, v in shape.items()}
    return [_tuples(s) for s in shape] if isinstance(shape, (list, tuple)) else shape
