"""What a stack of layers says of the graph that it is, once its input shape is known."""

from __future__ import annotations

from typing import Any

from fastnn.core.types import Structure
from fastnn.graph import Symbol
from fastnn.layers.input_spec import assert_input_compatibility


class StackGraph:
    """The part of a sequential model that has symbols; AttributeError until there are some."""

    name: str
    _functional: Any

    def _graph(self, what):
        if self._functional is None:
            raise AttributeError(f"Sequential model '{self.name}' has no defined {what} yet.")
        return self._functional

    @property
    def input_shape(self) -> Any:
        """The input shape; AttributeError until it is known."""
        return self._graph("input shape").input_shape

    @property
    def output_shape(self) -> Any:
        """The output shape; AttributeError until it is known."""
        return self._graph("output shape").output_shape

    @property
    def inputs(self) -> list[Symbol]:
        """The input symbol in a list."""
        return self._graph("inputs").inputs

    @property
    def outputs(self) -> list[Symbol]:
        """The output symbol in a list."""
        return self._graph("outputs").outputs

    @property
    def input(self) -> Structure:
        """The input symbol."""
        return self._graph("input").input

    @property
    def output(self) -> Structure:
        """The output symbol."""
        return self._graph("output").output

    @property
    def input_names(self):
        """The input's name in a list."""
        return self._graph("input names").input_names

    @property
    def output_names(self):
        """The output's name in a list; None until it is known."""
        return None if self._functional is None else self._functional.output_names

    @output_names.setter
    def output_names(self, _):
        raise AttributeError("`Sequential.output_names` is the name of the last layer; rename that layer instead.")

    def _declared(self, inputs):
        """ShapeError if inputs that a layer refused are not of the shape that the model was built with."""
        assert_input_compatibility(self._functional.input_spec, inputs, self.name)

    def input_dtypes(self, x):
        """The dtype that the data are wanted in.

        Args:
            x: the data.
        """
        return None if self._functional is None else self._functional.input_dtypes(x)

    @property
    def _door(self):
        functional = self.__dict__.get("_functional")
        return None if functional is None else functional._door

    def _standard_leaves(self, x):
        return self._functional._standard_leaves(x)
