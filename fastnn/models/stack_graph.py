"""What a stack of layers says of the graph that it is, once its input shape is known."""

from __future__ import annotations

from typing import Any

from fastnn.core.types import Structure
from fastnn.graph import Symbol


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
