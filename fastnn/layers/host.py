"""Layers that compute in Python, on arrays of text or whole numbers: before the tape, at a model's door."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core import tree
from fastnn.core.dtypes import TEXT
from fastnn.core.errors import ArgumentError, DataError
from fastnn.core.results import shown
from fastnn.graph import Symbol
from fastnn.layers.events import any_functional
from fastnn.layers.layer import Layer
from fastnn.layers.leaf import symbol_like

__all__ = ["TEXT", "HostLayer", "is_text", "text_array"]


def is_text(value: Any) -> bool:
    """Whether a value is text, or an array or a (nested) list of it.

    >>> is_text(np.array([["a b"]])), is_text(["a", "b"]), is_text([1])
    (True, True, False)
    """
    while isinstance(value, (list, tuple)) and len(value):
        value = value[0]
    return isinstance(value, (str, bytes)) or getattr(getattr(value, "dtype", None), "kind", "f") in "OSU"


class HostLayer(Layer):
    """Base of layers whose `call` takes arrays of any kind and gives arrays.

    Called on a symbol of the functional API it becomes part of a model, which calls it on its data before a step
    begins: its inputs must follow from the model's inputs without weights that are trained.
    """

    _allow_non_tensor_positional_args = True  # layers on data take numbers and texts as they are

    on_host = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if any_functional(args, kwargs):
            return super().__call__(*args, **kwargs)
        if any(isinstance(x, Symbol) for x in tree.flatten((args, kwargs))):
            raise ArgumentError(
                f"{type(self).__name__} works on arrays before a step, not inside the `call` of another layer or in a "
                "train_step: call it on an Input of the model, or use its result as the model's input."
            )
        return shown(self.call(*args, **kwargs))

    @property
    def input_dtype(self) -> str:
        """The dtype of its inputs."""
        return TEXT

    @property
    def output_dtype(self) -> str:
        """The dtype of its outputs."""
        return "int64"

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Shape and dtype of the output for a symbol as input.

        Args:
            *args, **kwargs: what `call` takes, symbols or KerasTensors for arrays.
        """
        first = args[0] if args else next(iter(kwargs.values()))
        shapes = [tuple(x.shape) for x in tree.flatten(first)]
        nested = isinstance(first, (list, tuple))
        return symbol_like(self.compute_output_shape(shapes if nested else shapes[0]), self.output_dtype)


def text_array(value: Any) -> Any:
    """Text as an array of objects, anything else as an array; DataError for lists of texts of different lengths."""
    if not is_text(value):
        return np.asarray(value)
    array = np.asarray(value, object)
    if isinstance(value, (list, tuple)) and any(isinstance(v, (list, tuple, np.ndarray)) for v in array.flat):
        raise DataError(
            f"Lists of texts need one length, as rows of an array have. Received: {value!r:.200}. Fill the short ones "
            "up, with the mask token or ''."
        )
    return array
