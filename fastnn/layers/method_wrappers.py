"""What is put round methods of layers: round every subclass's `build`, and round `add_weight`."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast

from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.dtype_policies import DTypePolicyMap
from fastnn.graph.active import paused
from fastnn.layers import context, signature

Method = TypeVar("Method", bound=Callable[..., Any])


PLACES = ("shape", "initializer", "dtype")  # the arguments of `add_weight` that need no name


def named_from_the_fourth(function: Method) -> Method:
    """`add_weight`, whose arguments behind the first three are named; ArgumentError, ArgumentTypeError elsewhere."""

    @functools.wraps(function)
    def add_weight(self: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(PLACES):
            raise ArgumentTypeError(
                f"{function.__name__}() takes at most 3 positional arguments but {len(args)} were given. Expected "
                f"{', '.join(PLACES)}; name the others."
            )
        if args and isinstance(args[0], str):
            raise ArgumentError(
                f"`name` must be passed as a keyword argument. Received: {function.__name__}('{args[0]}', ...). "
                f"Use: {function.__name__}(shape=..., name='{args[0]}')."
            )
        for name in PLACES[: len(args)]:
            if kwargs.get(name) is not None:
                raise ArgumentError(f"`{name}` was passed both positionally and as a keyword argument.")
            kwargs.pop(name, None)
        return function(self, *args, **kwargs)

    return cast(Method, add_weight)


_around: Callable[[Any], AbstractContextManager[None]] = nullcontext


def give_builds_around(manager: Callable[[Any], AbstractContextManager[None]] = nullcontext) -> None:
    """From now on each `build` of a layer runs inside `manager(layer)`; without an argument inside nothing."""
    global _around
    _around = manager


def recorded_build(function: Callable[..., None]) -> Callable[..., None]:
    """`build` with the path and shapes recorded; the outermost of nested super().build() calls does it."""

    @functools.wraps(function)
    def build(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._building:
            function(self, *args, **kwargs)
            return
        self._building = self._tracker.building = True
        try:
            with context.name_scope(self), paused(), _around(self):
                self._path = context.path()
                if isinstance(self.dtype_policy, DTypePolicyMap):  # which says what holds for this path
                    self.dtype_policy = self.dtype_policy[self._path]
                function(self, *args, **kwargs)
        finally:
            self._building = self._tracker.building = False
        names = signature.of(function).names
        self._build_shapes = {**dict(zip(names, args)), **kwargs}
        self.built = True

    return build
