"""Function: a graph of operations between symbols, without what makes it a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.core.types import Structure
from fastnn.graph import Symbol
from fastnn.layers import nest
from fastnn.layers.operation import Operation
from fastnn.models.functional import Functional


class Function(Operation):
    """The computation from `inputs` to `outputs`, each a symbol or a list, tuple or dict of them.

    Args:
        inputs, outputs: symbols, as Input() or KerasTensor() and calls on them give them.
        name: str or None.

    Called on arrays it computes, on symbols it becomes a part of another graph.

    Raises:
        ArgumentError, GraphError (ValueErrors): for symbols that are none or not connected.
        ShapeError (a ValueError): for a call on what is nested or shaped otherwise.

    >>> import fastnn as keras
    >>> x = keras.KerasTensor((2,))
    >>> Function(x, x * 3 + 1)(np.ones(2, "float32"))
    array([4., 4.], dtype=float32)
    """

    def __init__(self, inputs: Structure, outputs: Structure, name: str | None = None) -> None:
        super().__init__(name)
        for word, value in (("inputs", inputs), ("outputs", outputs)):
            if not nest.flatten(value):
                raise ArgumentError(f"`{word}` argument cannot be empty. Received: {word}={value}")
        self._nested, self._graph = inputs, Functional(nest.flatten(inputs), outputs)
        self._one = type(outputs) if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else None

    @property
    def inputs(self) -> list[Symbol]:
        """The input symbols."""
        return self._graph.inputs

    @property
    def outputs(self) -> list[Symbol]:
        """The output symbols."""
        return self._graph.outputs

    @property
    def operations(self) -> list[Any]:
        """What is called between them, and the inputs."""
        return self._graph.operations

    def call(self, inputs: Structure) -> Structure:
        """The outputs for arrays or the symbols of a trace.

        Args:
            inputs: values in the structure of the inputs.
        """
        found = self._graph(self._flat(inputs))
        if self._one is None or isinstance(found, self._one):
            return found
        return self._one([found])  # a model gives one output as it is, a function as it was asked for

    def compute_output_spec(self, inputs: Structure) -> Structure:
        """The outputs for other symbols, as symbols.

        Args:
            inputs: symbols in the structure of the inputs.
        """
        return self._graph.compute_output_spec(self._flat(inputs))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output shape(s) for other input shapes.

        Args:
            input_shape: a tuple with the batch dimension, in the structure of the inputs.
        """
        return self._graph.compute_output_shape(input_shape)

    def _flat(self, inputs):
        """The inputs as a list, if they are nested and shaped as those of the graph."""
        wanted = self._nested
        if not nest.same_structure(inputs, wanted):
            raise ShapeError(
                f"Function was called with an invalid input structure. Expected input structure: {wanted}\n"
                f"Received input structure: {inputs}"
            )
        for x, symbol in zip(nest.flatten(inputs), self.inputs):
            shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
            if len(shape) != len(symbol.shape) or any(
                a != b for a, b in zip(shape, symbol.shape) if None not in (a, b)
            ):
                raise ShapeError(
                    f"{type(self).__name__} was passed incompatible inputs. For input '{symbol.name}', expected shape "
                    f"{symbol.shape}, but received an input of shape {shape}."
                )
        return nest.flatten(inputs)
