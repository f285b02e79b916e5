"""What optimizers have in common that leave the steps to other optimizers."""

from collections.abc import Sequence
from typing import Any

from fastnn.graph import Variable
from fastnn.optimizers.optimizer import Optimizer


class Wrapping(Optimizer):
    """Base of optimizers around others: `_inner()` lists those."""

    _own_changes = 0

    def _inner(self) -> Sequence[Optimizer]:
        """The optimizers inside, in the order in which their variables are saved."""
        raise NotImplementedError(f"{type(self).__name__} must implement _inner().")

    @property
    def variables(self) -> list[Variable]:
        """This optimizer's own variables, then those of the optimizers inside."""
        return [*self._variables, *(v for inner in self._inner() for v in inner.variables)]

    @property
    def changes(self):
        """How often a setting has changed, here or inside: plans are cached under it."""
        return self._own_changes + sum(inner.changes for inner in self._inner())

    @changes.setter
    def changes(self, value):
        object.__setattr__(self, "_own_changes", value - sum(inner.changes for inner in self._inner()))

    @property
    def python_per_batch(self) -> bool:
        """Whether a learning rate inside comes from Python code that cannot be traced."""
        return any(inner.python_per_batch for inner in self._inner())

    def refresh(self):
        """Ask learning rates written in plain Python for their values at this iteration."""
        for inner in self._inner():
            inner.refresh()

    def flat_slots_of(self, variables: Any) -> None:
        """None: steps go variable by variable.

        Args:
            variables: the model variables.
        """
        return

    def update_step(self, gradient, variable, learning_rate):
        """An error: the optimizers inside make the steps, in apply().

        Args:
            gradient, variable, learning_rate: as of other optimizers.
        """
        raise NotImplementedError(f"{type(self).__name__}: the optimizers inside make the steps; call apply().")
