"""What is put round methods of layers: round every subclass's `build`, and round `add_weight`."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from fastnn.graph.active import paused
from fastnn.layers import context, signature

Method = TypeVar("Method", bound=Callable[..., Any])


def either_order(function: Method) -> Method:
    """`add_weight` for arguments in Keras 3's order, and in that of Keras 1 and 2: the name first."""
    order = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")

    @functools.wraps(function)
    def add_weight(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            return function(self, **dict(zip(order, args)), **kwargs)
        return function(self, *args, **kwargs)

    return cast(Method, add_weight)


def recorded_build(function: Callable[..., None]) -> Callable[..., None]:
    """`build` with the path and shapes recorded; the outermost of nested super().build() calls does it."""

    @functools.wraps(function)
    def build(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._building:
            function(self, *args, **kwargs)
            return
        self._building = True
        try:
            with context.name_scope(self), paused():
                self._path = context.path()
                function(self, *args, **kwargs)
        finally:
            self._building = False
        names = signature.of(function).names
        self._build_shapes = {**dict(zip(names, args)), **kwargs}
        self.built = True

    return build
