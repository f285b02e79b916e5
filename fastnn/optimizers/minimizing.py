"""Steps of an optimizer along the gradients of a loss."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastnn.core import hooks
from fastnn.core.errors import ArgumentError, ArgumentTypeError
from fastnn.core.types import Tensor, is_function
from fastnn.graph import Variable, current


class Updates:
    """A step of an optimizer in a `backend.function`: `gradients` are symbols, `apply` takes their values."""

    def __init__(self, optimizer: Any, variables: Any, gradients: Any) -> None:
        self.optimizer, self.variables, self.gradients = optimizer, variables, gradients

    def apply(self, values: Any) -> None:
        """Make the step."""
        self.optimizer.apply(values, self.variables)


class Minimizing:
    """The faces of an optimizer that take a loss, or pairs of gradients and variables."""

    apply: Callable[..., None]
    _iterations: Any

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Tensor, Variable]]) -> Any:
        """apply() for pairs (gradient, variable); returns the iterations.

        Args:
            grads_and_vars: pairs (gradient, Variable); a gradient may be None.
        """
        grads_and_vars = list(grads_and_vars)
        if not grads_and_vars or not all(isinstance(p, (list, tuple)) and len(p) == 2 for p in grads_and_vars):
            raise ArgumentTypeError(
                f"apply_gradients: received {grads_and_vars!r:.200}, expected (gradient, variable) pairs, at least one."
            )
        grads, variables = zip(*grads_and_vars)
        self.apply(list(grads), list(variables))
        return self._iterations

    def minimize(self, loss: Any, var_list: Any, grad_loss: Any = None, name: Any = None, tape: Any = None) -> Any:
        """One update along the gradients of a loss.

        Args:
            loss: a function without arguments that gives a scalar; with `tape`, or in a step, a value that it recorded.
            var_list: the variables, or a function that gives them.
            grad_loss: a number that the gradients are multiplied by, or None.
            name: taken for Keras 2's sake.
            tape: the GradientTape that recorded the loss, or None.

        Returns the iterations.

        >>> from fastnn import optimizers
        >>> v = Variable(3.0)
        >>> _ = optimizers.SGD(0.5).minimize(lambda: v * v, [v])
        >>> float(v)
        0.0
        """
        return self.apply_gradients(self.compute_gradients(loss, var_list, grad_loss, tape))

    def compute_gradients(self, loss: Any, var_list: Any, grad_loss: Any = None, tape: Any = None) -> Any:
        """The (gradient, variable) pairs of a loss.

        Args:
            loss, var_list, grad_loss, tape: as of `minimize`.
        """
        if current() is None and tape is None and not is_function(loss):
            raise ArgumentError(
                f"`tape` is required when a `Tensor` loss is passed. Received: loss={loss!r}, tape=None. Pass a "
                "function that computes the loss, or the GradientTape that recorded it."
            )
        tape = hooks.call("tape") if tape is None else tape
        with tape if is_function(loss) else contextlib.nullcontext():
            value = loss() if is_function(loss) else loss
            variables = list(var_list() if callable(var_list) else var_list)
        grads = tape.gradient(value, variables, None if grad_loss is None else [grad_loss])
        return list(zip(grads, variables))

    def get_gradients(self, loss: Any, params: Sequence[Variable]) -> list[Tensor]:
        """The gradients of a loss, a symbol of a functional graph, along variables (Keras 1 and 2).

        Args:
            loss: a symbol, a scalar.
            params: the Variables.
        """
        return list(hooks.call("symbolic_gradients", [loss], list(params)))

    def get_updates(self, loss: Any = None, params: Any = None, *rest: Any, **kwargs: Any) -> list[Any]:
        """What `keras.backend.function` takes as `updates`, to make a step of a symbolic loss (Keras 1 and 2).

        Args:
            loss: a symbol.
            params: the variables.
            *rest: Keras 1's order is (params, constraints, loss).
            **kwargs: other arguments of Keras 1, which have no effect.
        """
        if rest:
            loss, params = rest[-1], loss
        elif isinstance(loss, (list, tuple)):
            loss, params = params, loss
        return [Updates(self, list(params), self.get_gradients(loss, params))]
