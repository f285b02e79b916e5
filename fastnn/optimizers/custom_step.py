"""The step of an optimizer that a user has written: its update_step, variable by variable."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.graph import Variable
from fastnn.optimizers.operands import as_dtype, number, snapshot


class CustomStep:
    """What surrounds the `update_step` of a user's class, and methods that Keras's own optimizers call in theirs."""

    gradient_accumulation_steps: int | None
    use_ema: bool
    iterations: Any
    update_step: Callable[..., None]
    _iterations: Variable
    _variables: list[Variable]
    _slots: dict[str, list[Variable]]
    _average: Callable[..., Any]
    _clip_gradients: Callable[..., Any]
    _decay_of: Callable[..., Any]
    _get_variable_index: Callable[..., int]
    _int64: Callable[..., Any]
    _rate: Callable[..., Any]

    def _custom_step(self, grads, variables):
        steps = self.gradient_accumulation_steps
        if not steps:
            self._custom_update(grads, variables)
        else:
            due = ops.equal(ops.mod(ops.add(self._iterations, np.int64(1)), np.int64(steps)), np.int64(0))
            stores = [self._slots["gradient_accumulator"][self._get_variable_index(v)] for v in variables]
            sums = [ops.add(as_dtype(g, v.dtype), s.value) for g, v, s in zip(grads, variables, stores)]
            touched = [v for v in [*variables, *self._variables] if not any(v is s for s in stores)]
            before = [snapshot(v) for v in touched]
            self._custom_update([ops.multiply(s, number(1.0 / steps, s)) for s in sums], variables)
            for v, old in zip(touched, before):
                new = snapshot(v)
                if new is not old:
                    v.assign(ops.where(due, new, old))
            for s, total in zip(stores, sums):
                s.assign(ops.where(due, number(0.0, total), total))
        for v in variables:
            new = v.value
            if self.use_ema:
                average = self._slots["average"][self._get_variable_index(v)]
                new, kept = self._average(new, average.value, self._int64(self.iterations))
                average.assign(kept)
                v.assign(new)
            if getattr(v, "constraint", None) is not None:
                v.assign(v.constraint(v.value))

    def _custom_update(self, grads, variables):
        rate = self._rate()
        self._apply_weight_decay(variables, rate)
        for g, v in zip(self._clip_gradients(grads), variables):
            self.update_step(g, v, ops.cast(rate, v.dtype))

    def _apply_weight_decay(self, variables, rate=None):
        """Take the decoupled weight decay from variables (subclasses written for Keras call it)."""
        rate = self._rate() if rate is None else rate
        for v in variables:
            decay = self._decay_of(v)
            if decay:
                factor = ops.cast(ops.multiply(rate, np.float64(decay)), v.dtype)
                v.assign(ops.subtract(v.value, ops.multiply(v.value, factor)))

    def assign(self, variable, value):
        """variable <- value; what update_step of Keras's own optimizers calls.

        Args:
            variable: a Variable.
            value: an array, symbol or number.
        """
        variable.assign(value)

    def assign_add(self, variable, value):
        """variable <- variable + value.

        Args:
            variable: a Variable.
            value: an array, symbol or number.
        """
        variable.assign_add(value)

    def assign_sub(self, variable, value):
        """variable <- variable - value.

        Args:
            variable: a Variable.
            value: an array, symbol or number.
        """
        variable.assign_sub(value)
