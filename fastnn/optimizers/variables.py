"""The variables of an optimizer: its counters and slots, how they are made, copied, set and saved."""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn import initializers
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.core.turns import turn
from fastnn.core.types import Array
from fastnn.graph import Variable
from fastnn.graph.flat import FlatBuffer
from fastnn.graph.variable import auto_name


def _slot_name(variable, name):
    """What an optimizer variable for a model variable is called."""
    return f"{re.sub('[/:]', '_', getattr(variable, 'path', None) or variable.name)}_{name or 'var'}"


def _zeros(initializer):
    """Whether an optimizer variable starts at zero."""
    return (
        type(initializers.get(initializer or "zeros")) is initializers.Zeros
        if not isinstance(initializer, (int, float))
        else initializer == 0
    )


class OptimizerVariables:
    """The part of an optimizer that has variables."""

    name: str
    built: bool
    _variables: list[Variable]
    _trainable: list[Variable]
    _slots: dict[str, list[Variable]]
    _check_super: Callable[[], None]

    def _track(self, value, dtype, name):
        return self._keep(Variable(value, dtype=dtype, trainable=False, name=name, path=f"{self.name}/{name}"))

    def _keep(self, variable):
        if not any(v is variable for v in self._variables):
            self._variables.append(variable)
        return variable

    @property
    def variables(self) -> list[Variable]:
        """iteration, learning_rate (unless a schedule) and the slots, in the order in which they are saved."""
        return list(self._variables)

    @property
    def trainable_variables(self):
        """The model's variables that this optimizer was built for."""
        return list(self._trainable)

    @property
    def averages(self):
        """The moving averages of the trainable variables (with use_ema)."""
        return list(self._slots.get("average", ()))

    # names that subclasses written for Keras use
    _trainable_variables = property(lambda self: self._trainable)
    _model_variables_moving_average = property(lambda self: self.averages)
    _accumulated_gradients = property(lambda self: list(self._slots.get("gradient_accumulator", ())))

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: Any = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new optimizer variable.

        Args:
            shape: tuple of ints; () for a scalar.
            initializer: name of an Initializer, an Initializer or a number.
            dtype: dtype name; the default float type if None.
            aggregation, layout: taken for Keras's sake.
            name: its name; made if None.
        """
        self._check_super()
        dtype = dtypes.standardize(dtype)
        shape = tuple(int(d) for d in shape)
        if isinstance(initializer, (int, float)):
            value = np.full(shape, initializer, dtypes.numpy_type(dtype))
        else:
            value = initializers.get(initializer or "zeros")(shape, dtype=dtype)
        return self._track(np.asarray(value), dtype, name or auto_name("variable"))

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A new optimizer variable of the shape and dtype of a model variable, named "<its path>_<name>".

        Args:
            reference_variable: the model variable.
            name: what comes behind its path.
            initializer: name of an Initializer, an Initializer or a number.
        """
        full = _slot_name(reference_variable, name)
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name=full)

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """One optimizer variable for each model variable.

        Args:
            trainable_variables: the model variables.
            name: str, or a sequence of them for several per variable (made side by side).
            initializer: one, or as many as names: a name of an Initializer, an Initializer or a number.

        Returns a list, or one list for each name.
        """
        names = [name] if isinstance(name, str) else list(name)
        initials = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(names) != len(initials):
            raise ArgumentError(
                "The number of provided names must match the number of provided initializers. Received "
                f"name={name!r}, initializer={initializer!r}."
            )
        self._check_super()
        sizes = {}
        for v in trainable_variables:
            sizes[v.dtype] = sizes.get(v.dtype, 0) + v.size
        # zeros lie side by side from the start, as the weights do: one update kernel serves them all, without a copy
        own = any(
            getattr(type(self), name) is not getattr(OptimizerVariables, name)
            for name in ("add_variable", "add_variable_from_reference")
        )
        blocks = [
            None if own or not _zeros(i) else {dtype: FlatBuffer(dtype, size) for dtype, size in sizes.items()}
            for i in initials
        ]
        out = [[] for _ in names]
        for v in trainable_variables:
            for made, n, i, block in zip(out, names, initials, blocks):
                if block is None:
                    made.append(self.add_variable_from_reference(v, n, i))
                else:
                    full = _slot_name(v, n)
                    made.append(self._keep(block[v.dtype].zeros(v.shape, name=full, path=f"{self.name}/{full}")))
        return out[0] if isinstance(name, str) else out

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all variables, in the order of `variables`.

        Args:
            weights: arrays of the variables' shapes.
        """
        if not self.built:
            raise NotBuiltError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please "
                "call `optimizer.build(trainable_variables)` first."
            )
        with turn(self.variables, writes=True):
            for variable, weight in zip(self.variables, weights):
                variable.assign(weight)

    def get_weights(self) -> list[Array]:
        """The values of all variables, in order; all of one moment between two steps."""
        with turn(self.variables):
            return [v.numpy() for v in self.variables]

    def save_own_variables(self, store: Any) -> None:
        """Put the variables into a mapping under "0", "1", ...

        Args:
            store: a dict-like: {name: array}.
        """
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Take the variables from a mapping; warns and changes nothing if their number differs.

        Args:
            store: a dict-like: {"0": array, ...}.
        """
        keys = list(store.keys())
        if len(keys) != len(self.variables):
            hint = " This is likely because the optimizer has not been called/built yet." if not self.built else ""
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(self.variables)} variables whereas the saved optimizer has {len(keys)} "
                f"variables.{hint}",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self.variables):
            variable.assign(np.asarray(store[str(i)]))
