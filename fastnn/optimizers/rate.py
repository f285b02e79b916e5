"""The learning rate of an optimizer: a variable, a schedule, or Python code that is asked before each batch."""

from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core.arguments import number
from fastnn.core.errors import ArgumentTypeError
from fastnn.core.types import is_function
from fastnn.graph import Symbol, Trace, Variable, current
from fastnn.graph.lifetime import passing
from fastnn.optimizers.schedules.schedule import LearningRateSchedule


def can_be_traced(schedule):
    """Whether a schedule written by a user works on a symbol (no `if step < ...`, no NumPy or math functions)."""
    try:
        with passing(), Trace() as trace:
            rate = schedule(trace.input((), "int64"))
    except Exception:  # whatever it is that the formula cannot do
        return False
    return isinstance(rate, Symbol) and rate.shape == ()


class Rate:
    """The part of an optimizer that knows its learning rate and the number of its updates."""

    gradient_accumulation_steps: int | None
    _iterations: Variable
    _learning_rate: Any
    _python_rate: Variable | None
    _traceable: bool | None
    _variables: list[Variable]

    @property
    def iterations(self) -> Variable:
        """The number of updates made: an int64 variable (with gradient accumulation, a value)."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, np.int64(self.gradient_accumulation_steps))
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a variable, or what the schedule gives now."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> Any:
        if isinstance(value, LearningRateSchedule) or (is_function(value) and not isinstance(value, Variable)):
            if isinstance(self._learning_rate, Variable):
                old = self._learning_rate
                object.__setattr__(self, "_variables", [v for v in self._variables if v is not old])
            self._learning_rate, self._traceable = value, None
            return
        if not isinstance(self._learning_rate, Variable):
            if isinstance(self._learning_rate, LearningRateSchedule):
                raise ArgumentTypeError(
                    "This optimizer was created with a `LearningRateSchedule` object as its "
                    "`learning_rate` constructor argument, hence its learning rate is not settable. If you "
                    "need the learning rate to be settable, you should instantiate the optimizer with a "
                    "float `learning_rate` argument."
                )
            number("learning_rate", value)
            self._learning_rate = lambda: value
            return
        self._learning_rate.assign(np.asarray(number("learning_rate", getattr(value, "value", value))))

    lr = learning_rate

    def _get_current_learning_rate(self):
        """Keras's name, which derived classes replace to give the rate of each update."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations if current() is not None else int(self._iterations.numpy()))
        return rate()

    @property
    def python_per_batch(self):
        """Whether the learning rate comes from Python code that cannot be traced: call refresh() before each batch."""
        rate = self._learning_rate
        if isinstance(rate, Variable) or type(rate).__module__.startswith("fastnn."):
            return False
        if self._traceable is None:
            self._traceable = isinstance(rate, LearningRateSchedule) and can_be_traced(rate)
        return not self._traceable

    def refresh(self):
        """Ask a learning rate written in plain Python for its value at this iteration."""
        if self.python_per_batch:
            rate = self._learning_rate
            step = int(self._iterations.numpy())
            value = rate(step) if isinstance(rate, LearningRateSchedule) else rate()
            if self._python_rate is None:
                self._python_rate = Variable(np.float64(0.0), dtype="float64", trainable=False, name="learning_rate")
            self._python_rate.assign(np.asarray(value, np.float64).reshape(()))
