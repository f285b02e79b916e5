"""Steps on values in place of variables, and variables that take their gradient as their value."""

import contextlib

import numpy as np

from fastnn import ops
from fastnn.core import hooks
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.core.turns import turn
from fastnn.graph import current
from fastnn.graph.calls import event, wanted
from fastnn.optimizers.operands import as_dtype, number, snapshot


class Stateless:
    """The faces of an optimizer for programs that keep the values of variables themselves."""

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """(new values of the trainable variables, new values of the optimizer's variables) after one step.

        Args:
            optimizer_variables: values of `variables`, in their order: arrays or symbols.
            grads: a gradient for each of the variables that the optimizer was built with.
            trainable_variables: values of those variables.

        No variable changes.
        """
        if not self.built:
            raise NotBuiltError(
                f"To call `stateless_apply`, {type(self).__name__} must be built (i.e. its variables must have been "
                "created). You can build it via `optimizer.build(trainable_variables)`."
            )
        for what, given, own in (
            ("optimizer_variables", optimizer_variables, self.variables),
            ("trainable_variables", trainable_variables, self._trainable),
        ):
            if len(given) != len(own):
                raise ArgumentError(
                    f"Argument `{what}` must be a list of tensors corresponding 1:1 to {type(self).__name__}'s "
                    f"variables. Received list with length {len(given)}, but expected {len(own)} variables."
                )
        values = list(optimizer_variables), list(grads), list(trainable_variables)
        if current() is None and wanted(values, {}) and type(self).__module__.startswith("fastnn."):
            key = "stateless_apply", hooks.call("serial", self), self.changes
            return event(key, self.stateless_apply, values, {})
        trainable, own = self._trainable, self.variables
        everything = [*trainable, *own]
        held = contextlib.nullcontext() if current() is not None else turn(everything, writes=True)
        with held:
            before = [snapshot(v) for v in everything]
            try:
                for v, value in zip(everything, [*trainable_variables, *optimizer_variables]):
                    v.assign(value)
                self.apply(list(grads), trainable)
                after = [snapshot(v) for v in everything]
            finally:
                for v, value in zip(everything, before):
                    v.assign(value)
        return after[: len(trainable)], after[len(trainable) :]

    # ------------------------------------------------------------------ overwrite_with_gradient
    def _overwrite_variable_with_gradient(self, variable):
        """Whether a variable takes its gradient as its value (scales of float8 layers do)."""
        return getattr(variable, "overwrite_with_gradient", False)

    def _overwrite(self, grads, variables):
        """Give such variables their gradients, with accumulation the largest; returns the other pairs as lists."""
        chosen = [self._overwrite_variable_with_gradient(v) for v in variables]
        if not any(chosen):
            return grads, variables
        steps = self.gradient_accumulation_steps
        for g, v in ((g, v) for g, v, c in zip(grads, variables, chosen) if c and g is not None):
            g = as_dtype(g, v.dtype)
            if steps:
                due = ops.equal(ops.mod(ops.add(self._iterations, np.int64(1)), np.int64(steps)), np.int64(0))
                store = self._slots["gradient_accumulator"][self._get_variable_index(v)]
                largest = ops.maximum(g, store.value)
                store.assign(ops.where(due, number(0.0, largest), largest))
                g = ops.where(due, largest, v.value)
            v.assign(g)
        rest = [(g, v) for g, v, c in zip(grads, variables, chosen) if not c]
        return [g for g, _ in rest], [v for _, v in rest]
