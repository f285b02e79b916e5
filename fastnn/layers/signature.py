"""Signatures of `call` and `build`: which arguments a layer takes, and how shapes are handed to `build`."""

import functools
import inspect
from typing import Any

from fastnn.core.errors import ArgumentError, ArgumentTypeError, FastnnError, ShapeError
from fastnn.core.types import defined_in
from fastnn.layers import nest

_OF_EVERY_CALL = {"training": False, "mask": None}


class CallSignature:
    """The parameters of a `call` method."""

    def __init__(self, function: Any) -> None:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self.names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.keywords = {p.name: p.default for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        self.open = any(p.kind == p.VAR_KEYWORD for p in parameters)
        self.several = any(p.kind == p.VAR_POSITIONAL for p in parameters)
        self.masked = [n for n in self.names if f"{n}_mask" in self.keywords]  # arguments with a mask of their own

    def takes(self, name):
        """Whether the argument is named in the signature."""
        return name in self.keywords

    def default(self, name):
        """The default of an argument, None if it has none."""
        value = self.keywords.get(name)
        return None if value is inspect.Parameter.empty else value

    def named(self, args, kwargs):
        """{argument name: value} of a call, in the order of the signature."""
        return {**dict(zip(self.names, args)), **kwargs}

    def completed(self, args, kwargs):
        """Keyword arguments with what every call has, where the signature has no default: training=False, mask=None."""
        there = self.named(args, kwargs)
        lacks = {n: v for n, v in _OF_EVERY_CALL.items() if n not in there}
        return {**{n: v for n, v in lacks.items() if self.keywords.get(n) is inspect.Parameter.empty}, **kwargs}

    def masks(self, args, kwargs, mask_of):
        """{argument of a mask: mask}, for those of several tensors whose mask has an argument and was not given."""
        named = self.named(args, kwargs) if self.masked else {}
        if sum(bool(_has_shape(v)) for n, v in named.items() if v is not None and n in self.names) < 2:
            return {}
        open_ = [n for n in self.masked if named.get(n) is not None and named.get(f"{n}_mask") is None]
        found = {f"{n}_mask": nest.map_structure(mask_of, named[n]) for n in open_}
        return {n: mask for n, mask in found.items() if any(m is not None for m in nest.flatten(mask))}

    def require(self, name, args, kwargs, more=()):
        """Raise ArgumentTypeError for arguments that this function does not take; `more` names others that are known.

        Calls on arrays need no such check: there Python itself refuses them.
        """
        if not self.several and len(args) > len(self.names):
            raise ArgumentTypeError(
                f"{name}.call() got too many positional arguments: expected at most {len(self.names)} "
                f"({', '.join(self.names)}), received {len(args)}."
            )
        if hasattr(dict(zip(self.names, args)).get("training"), "shape"):
            raise ArgumentTypeError(
                f"{name}.call() got a tensor for the argument 'training', by position: expected inputs only there."
            )
        for key in kwargs if not self.open else ():
            if key not in self.keywords and key not in more:
                raise ArgumentTypeError(f"{name}.call() got an unexpected keyword argument '{key}'.")

    def first(self, args, kwargs):
        """The first argument of a call, whichever way it was given; None if there is none."""
        return args[0] if args else next((kwargs[n] for n in self.names if n in kwargs), None)

    def need_first(self, name, args, kwargs):
        """Raise ArgumentTypeError where a call lacks the first argument, which has no default."""
        missing = self.names and not args and self.names[0] not in kwargs
        if missing and self.keywords[self.names[0]] is inspect.Parameter.empty:
            raise ArgumentTypeError(f"Layer '{name}': missing a required argument: '{self.names[0]}'.")

    def taken(self, arguments):
        """Of {name: value} (the locals of another function), what this one takes by name."""
        return {name: arguments[name] for name in self.names if name in arguments}


@functools.lru_cache(maxsize=1024)
def of(function):
    """The CallSignature of a `call` function of a class (cached)."""
    return CallSignature(function)


@functools.lru_cache(maxsize=1024)
def _build_parameters(function):
    parameters = list(inspect.signature(function).parameters.values())[1:]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return None
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)), tuple(
        p.name for p in parameters if p.default is p.empty and p.kind != p.VAR_KEYWORD
    )


def _has_shape(value):
    return all(hasattr(x, "shape") for x in nest.flatten(value)) and nest.flatten(value)


_shape_type: type[tuple[Any, ...]] = tuple  # or a subclass of it, that shapes are given as


def give_shapes_as(kind):
    """Give the shapes that layers see as `kind`, tuple or a subclass."""
    global _shape_type
    _shape_type = kind


def shapes_of(value):
    """The shapes in a structure of symbols or arrays."""
    kind = _shape_type
    return nest.map_structure(lambda x: kind(x.shape), value)


def as_shape(sizes):
    """Sizes in a list, as a file has them, as a shape that a layer sees."""
    return _shape_type(sizes)


def build_arguments(function, call, args, kwargs):
    """(args, kwargs) for `build` or `compute_output_shape` (of a class) when the layer is called with args and kwargs.

    One parameter gets the shape(s) of the first argument; more get those of the call arguments they are
    named after: `query_shape` that of `query`.

    Raises ArgumentError where several are needed and one is named after none.
    """
    tensors = {
        name: v
        for name, v in call.named(args, kwargs).items()
        if name not in ("training", "mask") and v is not None and _has_shape(v)
    }
    shapes = {f"{name}_shape": shapes_of(v) for name, v in tensors.items()}
    if not shapes and args and _has_shape(args[0]):  # call(*args)
        shapes = {"inputs_shape": shapes_of(args[0])}
    found = _build_parameters(function)
    if found is None:
        return tuple(shapes.values())[:1], {}
    names, required = found
    named = {name: shapes[name] for name in names if name in shapes}
    if len(names) <= 1 or not named or any(name not in named for name in required):
        for name in required if len(required) > 1 else ():
            _check_named(name, call, function.__name__)
            if named and name not in named and name.removesuffix("_shape") not in call.named(args, kwargs):
                raise ArgumentTypeError(f"missing a required argument: {name.removesuffix('_shape')!r}")
        first = next((shape for name, shape in shapes.items() if not name.endswith("_mask_shape")), None)
        return (first,) if names else (), {}
    return (), named


def build(layer, args, kwargs):
    """Call `layer.build`; ShapeError where one of fastnn's own layers, of one tensor, got something else."""
    try:
        layer.build(*args, **kwargs)
    except (TypeError, AttributeError, IndexError) as error:
        own = defined_in(type(layer), "build").startswith("fastnn.")
        if not own or isinstance(error, FastnnError) or (args and nest.is_shape(args[0])):
            raise
        raise ShapeError(
            f"Layer '{layer.name}' ({type(layer).__name__}) is called on one tensor. Received inputs of the shape(s) "
            f"{args[0] if args else None}. Merge a list of tensors first, as keras.layers.Concatenate does."
        ) from error


def _check_named(name, call, method):
    """ArgumentError unless a parameter of `build` (or so) has the name of one of `call`, with "_shape" behind it."""
    what = ""
    if not name.endswith("_shape"):
        what = f"argument `{name}`, which does not end in `_shape`"
    elif not call.open and not call.takes(name.removesuffix("_shape")):
        what = f"argument `{name}`, but `call()` does not have argument `{name.removesuffix('_shape')}`"
    if what:
        raise ArgumentError(
            f"For a `{method}()` method with more than one argument, all arguments should have a `_shape` suffix and "
            f"match an argument from `call()`. E.g. `{method}(self, foo_shape, bar_shape)`. "
            f"Received `{method}()` {what}."
        )
