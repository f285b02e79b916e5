"""Variables with other values for a while: what a computation without side effects reads and writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from fastnn.core import hooks
from fastnn.core.errors import ArgumentError, ShapeError
from fastnn.graph.active import current
from fastnn.graph.tensor import here
from fastnn.graph.variable import Variable, moved, watchers


class StatelessScope:
    """Inside, the variables of `state_mapping` have other values, and no assignment outlives the block.

    Args:
        state_mapping: (variable, value) pairs, or a dict; a value is an array, or a symbol where a trace is active.
        collect_losses, initialize_variables: taken for Keras's sake.

    Raises:
        ArgumentError (a ValueError): for a key that is no Variable.
        ShapeError (a ValueError): for a value of another shape.

    >>> v = Variable([1.0])
    >>> with StatelessScope([(v, np.array([5.0]))]) as scope:
    ...     _ = v.assign(v + 1)
    >>> scope.get_current_value(v), v.numpy()
    (array([6.], dtype=float32), array([1.], dtype=float32))
    """

    def __init__(
        self, state_mapping: Any = None, collect_losses: bool = False, initialize_variables: bool = True
    ) -> None:
        self.collect_losses, self.initialize_variables = collect_losses, initialize_variables
        self.losses: list[Any] = []
        self._mapping: dict[Variable, Any] = dict(_checked(state_mapping))
        self._before: dict[Variable, Any] = {}
        self._after: dict[Variable, Any] = {}

    def __enter__(self) -> Self:
        self._trace = current()
        if self._trace is not None:
            self._values, self._assigns = dict(self._trace.values), dict(self._trace.assigns)
        watchers.append(self)
        for variable, value in self._mapping.items():
            variable.assign(value)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._trace is None and self._before and here.log is not None:  # calls that wait see the values of inside
            hooks.call("changing", list(self._before))
        watchers.remove(self)
        if self._trace is not None:
            self._after = {v: s for v, s in self._trace.values.items() if self._values.get(v) is not s}
            self._trace.values, self._trace.assigns = self._values, self._assigns
        for variable, array in self._before.items():
            self._after[variable], variable._array = variable._array, array
        if self._before:
            moved()

    def keep(self, variable: Variable) -> None:
        """Give a variable that is about to be changed an array of its own until the end.

        Args:
            variable: the Variable.
        """
        if variable not in self._before:
            self._before[variable], variable._array = variable._array, variable._array.copy()
            moved()

    def add_loss(self, loss: Any) -> None:
        """Add to `losses`.

        Args:
            loss: a scalar.
        """
        self.losses.append(loss)

    def add_update(self, update: tuple[Variable, Any]) -> None:
        """Assign a value, given as (variable, value).

        Args:
            update: (variable, value).
        """
        variable, value = update
        variable.assign(value)

    def get_current_value(self, variable: Variable) -> Any:
        """The value that a variable has, or had at the end, inside; None for one that has not changed.

        Args:
            variable: the Variable.
        """
        if self in watchers:
            return variable.value if variable in self._before or self._trace is not None else None
        return self._after.get(variable)


def _checked(mapping: Any) -> Iterable[tuple[Variable, Any]]:
    for variable, value in mapping.items() if isinstance(mapping, dict) else mapping or ():
        if not isinstance(variable, Variable):
            raise ArgumentError(
                "Invalid reference variable in StatelessScope: all keys in argument `mapping` must be Variable "
                f"instances. Received instead: {variable!r}"
            )
        shape = tuple(np.shape(value) if not hasattr(value, "shape") else value.shape)
        if shape != variable.shape:
            raise ShapeError(
                "Invalid variable value in StatelessScope: all values in argument `mapping` must be tensors with a "
                f"shape that matches the corresponding variable shape. For variable: {variable.path} of shape "
                f"{variable.shape}. Received invalid value of shape {shape}"
            )
        yield variable, value


class SymbolicScope:
    """A block in which shapes are inferred; `SymbolicScope.active()` says whether one is entered.

    >>> with SymbolicScope():
    ...     SymbolicScope.active()
    True
    """

    _entered = 0

    def __enter__(self) -> Self:
        SymbolicScope._entered += 1
        return self

    def __exit__(self, *exc: object) -> None:
        SymbolicScope._entered -= 1

    @staticmethod
    def active() -> bool:
        """Whether code runs inside such a block, or is traced to find the shapes of its results."""
        trace = current()
        return SymbolicScope._entered > 0 or (trace is not None and bool(trace.building))
