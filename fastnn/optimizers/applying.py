"""A step of an optimizer: clipping, weight decay, the update, averages and constraints, in Keras's order.

A step works on units (unit.py).  A unit is a parameter, its gradient and its slots: a model variable (eagerly, and for
optimizers written by users), or a run of many of them that lie side by side (in the training tape: one kernel call for
the whole model).  The same code serves symbols and arrays.
"""

import contextlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastnn import ops
from fastnn.core import dtypes, hooks
from fastnn.core.errors import ArgumentError, NotBuiltError
from fastnn.core.types import Tensor, open_signature
from fastnn.graph import Symbol, Variable, calls, current
from fastnn.graph.active import paused
from fastnn.graph.shard import cut
from fastnn.graph.tensor import here
from fastnn.ops.records import state as state_records
from fastnn.ops.records import update_hyper
from fastnn.optimizers.clipping import Clipping
from fastnn.optimizers.custom_step import CustomStep
from fastnn.optimizers.minimizing import Minimizing
from fastnn.optimizers.operands import as_dtype, number
from fastnn.optimizers.rate import Rate
from fastnn.optimizers.stateless import Stateless
from fastnn.optimizers.unit import Unit

# Settings of every optimizer that its steps hold as constants, so that a change makes new plans.
LIVE = {"weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "ema_momentum", "ema_overwrite_frequency",
        "loss_scale_factor", "time_decay", "schedule_decay", "_learning_rate"}  # fmt: skip


class Applying(Clipping, CustomStep, Stateless, Minimizing):
    """The part of an optimizer that makes steps; subclasses fill in the table: slots, constants, update."""

    #: How often a setting of the built optimizer has changed; plans are cached under it.
    changes = 0
    _runs = None  # see `through`
    built: bool
    python_per_batch: Any
    refresh: Callable[[], None]
    build: Callable[..., None]
    iterations: Any
    _iterations: Variable
    _trainable: list[Variable]
    _index: dict[int, int]
    _unknown_variable: Callable[..., Exception]

    def _change(self, name, value):
        """A setting of the built optimizer gets another value; ArgumentError where that takes other variables."""
        old, slots = self.__dict__.get(name), self.slot_groups()
        object.__setattr__(self, name, value)
        if self.slot_groups() != slots:
            object.__setattr__(self, name, old)
            raise ArgumentError(
                f"{type(self).__name__}.{name}: received {value!r} in place of {old!r}; that takes "
                "other variables than the optimizer was built with. Make a new optimizer and "
                "compile() again."
            )
        if old is not value and old != value:
            object.__setattr__(self, "changes", self.changes + 1)

    # ------------------------------------------------------------------ the table of an optimizer
    def slot_groups(self):
        """Groups of (slot name, initial value); the slots of a group are made side by side for each variable."""
        return ()

    def hyper(self, iterations, rate, weight_decay=0.0, scale=None):
        """The vector of constants of this step (see fastnn.ops.records.update).

        Args:
            iterations: int64 scalar, the number of updates made so far.
            rate: float64 scalar, the learning rate.
            weight_decay: float.
            scale: float64 scalar that gradients are multiplied by, or None.
        """
        return update_hyper.update_hyper(rate, scale, weight_decay=weight_decay, constants=self.constants())

    def constants(self):
        """At most five numbers of the formula, words 3 to 7 of `hyper`."""
        return ()

    def update(self, param, grad, slots, hyper):
        """(new param, {slot name: new value}): the formula, through one operation of fastnn.ops.records.update.

        Args:
            param: symbol or array: the weights.
            grad: their gradient, of the same shape.
            slots: {slot name: value}, of the same shape.
            hyper: what `hyper` gave.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must implement update_step(gradient, variable, learning_rate)."
        )

    @open_signature
    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Any) -> None:
        """Update one variable.  Optimizers written by users override this.

        Args:
            gradient: symbol or array of the variable's shape.
            variable: the Variable.
            learning_rate: a scalar, of the variable's dtype.
        """
        unit = self._unit(variable, as_dtype(gradient, variable.dtype))
        hyper = self.hyper(self._int64(self.iterations), ops.cast(learning_rate, "float64"))
        new, slots = self.update(variable.value, unit.grad, {k: s.value for k, s in unit.slots.items()}, hyper)
        variable.assign(new)
        for name, value in slots.items():
            unit.slots[name].assign(value)

    # ------------------------------------------------------------------ the faces
    def apply(self, grads: Sequence[Tensor], trainable_variables: Sequence[Variable] | None = None) -> Any:
        """Update the variables with these gradients: at once for arrays, as part of the trace for symbols.

        Args:
            grads: one for each variable, None where there is none (warns).
            trainable_variables: their Variables; needed until the optimizer is built.
        """
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            if not self.built:
                raise NotBuiltError(
                    "When passing `grads` without `variables`, the optimizer must already be built on "
                    "a list of variables. Call `optimizer.build(trainable_variables)` first."
                )
            if len(grads) != len(self._trainable):
                raise ArgumentError(
                    "When passing `grads` as a list of gradients, they must match the trainable "
                    f"variables one-to-one. Received a list of {len(grads)} gradients, but the "
                    f"optimizer is tracking {len(self._trainable)} trainable variables."
                )
            trainable_variables = self._trainable
        trainable_variables = list(trainable_variables)
        if not self.built:
            self.build(trainable_variables)
        places = [self._index.get(id(v)) for v in trainable_variables]
        if None in places:
            raise self._unknown_variable(trainable_variables[places.index(None)])
        if current() is None and not here.busy and self._is_own(trainable_variables):
            if self.python_per_batch:
                self.refresh()
            key = "apply", hooks.call("serial", self), self.changes, tuple(places)
            calls.event(key, lambda *g: self._step(list(g), trainable_variables, self._runs), grads, {}, effect=True)
            return
        trace = current()
        if trace is not None and cut(trace, self, grads, trainable_variables):
            return
        self._step(grads, trainable_variables, None if trace is None else self._runs)

    def _is_own(self, variables):
        """Whether no Python of the user's is part of a step, for that runs at every step: its class, constraints."""
        if not type(self).__module__.startswith("fastnn."):
            return False
        constraints = [v.constraint for v in variables if v.constraint is not None]
        return not constraints or all(map(calls.own_function, constraints))

    @contextlib.contextmanager
    def through(self, runs):
        """Inside, `apply` in a trace updates variables that lie side by side together.

        Args:
            runs: [(run, [slot pseudo-variables, in the order of flat_slots_of] or None)]; a run has `variables`,
                `offsets`, `size` and `variable` (a pseudo-variable over all of them).
        """
        before = self._runs
        object.__setattr__(self, "_runs", runs)
        try:
            yield
        finally:
            object.__setattr__(self, "_runs", before)

    def flat_slots_of(self, variables):
        """For each slot the list of its Variables for these model variables; None where steps go variable by variable.

        Args:
            variables: the model variables.

        Raises UnknownNameError for variables that it was not built with.
        """
        unknown = next((v for v in variables if id(v) not in self._index), None)
        if unknown is not None:
            raise self._unknown_variable(unknown)
        if self._is_custom() or (self.clipnorm and self.gradient_accumulation_steps):
            return None
        return [[made[self._get_variable_index(v)] for v in variables] for made in self._slots.values()]

    @property
    def has_final_values(self):
        """Whether `finalize_variable_values` has anything to do."""
        return bool(self.use_ema) or type(self).finalize_variable_values is not Applying.finalize_variable_values

    def finalize_variable_values(self, var_list):
        """Put the moving averages into the model (at the end of training, with use_ema).

        Args:
            var_list: the Variables that have averages.
        """
        if self.use_ema:
            for v in var_list:
                v.assign(self._slots["average"][self._get_variable_index(v)].numpy())

    # ------------------------------------------------------------------ the step
    def _is_custom(self):
        """Whether a user's class has its own update_step (then the table is not used)."""
        return type(self).update_step is not Applying.update_step

    def _step(self, grads, variables, prepared):
        grads, variables = self._overwrite(grads, variables)
        if not grads:
            self._iterations.assign(ops.add(self._iterations, np.int64(1)))
            return
        grads, variables = _without_missing(grads, variables)
        if self.loss_scale_factor is not None:
            grads = [ops.multiply(g, number(1.0 / self.loss_scale_factor, g)) for g in grads]
        if self._is_custom():
            _watch(grads)
            self._custom_step(grads, variables)
        else:
            units = self._units(grads, variables, prepared)
            self._unit_step(units)
        self._iterations.assign(ops.add(self._iterations, np.int64(1)))

    def _units(self, grads, variables, prepared):
        clip = bool(self.clipnorm) and not self.gradient_accumulation_steps
        by_id = {id(v): (self._clip_by_norm(g) if clip else g) for g, v in zip(grads, variables)}
        units = []
        for run, slots in prepared or ():
            if slots is None or any(id(v) not in by_id for v in run.variables):
                continue
            unit = Unit(run.variable, None, dict(zip(self._slots, slots)), run.variables, run.offsets)
            unit.grad = unit.joined([as_dtype(by_id.pop(id(v)), v.dtype) for v in run.variables])
            units.append(unit)
        return units + [self._unit(v, as_dtype(by_id[id(v)], v.dtype)) for v in variables if id(v) in by_id]

    def _unit(self, variable, grad):
        index = self._get_variable_index(variable)
        return Unit(variable, grad, {name: made[index] for name, made in self._slots.items()}, [variable])

    def _unit_step(self, units):
        steps = self.gradient_accumulation_steps
        due = None
        _watch([u.grad for u in units])
        if steps:
            due = ops.equal(ops.mod(ops.add(self._iterations, np.int64(1)), np.int64(steps)), np.int64(0))
            for u in units:
                u.sum = ops.add(u.grad, u.slots["gradient_accumulator"].value)
                u.grad = ops.multiply(u.sum, number(1.0 / steps, u.sum))
                if self.clipnorm:
                    u.grad = self._clip_by_norm(u.grad)
        if self.clipvalue:
            for u in units:
                u.grad = ops.clip(u.grad, -float(self.clipvalue), float(self.clipvalue))
        scale = self._global_scale([u.grad for u in units]) if self.global_clipnorm else None
        iterations, rate = self._int64(self.iterations), self._rate()
        decay = float(self.weight_decay or 0.0)
        masks = [self._decay_mask(u) for u in units] if decay else []
        fused = decay if all(m is None for m in masks) else 0.0
        hyper = self.hyper(iterations, rate, fused, scale)
        for i, u in enumerate(units):
            old = u.begin()
            param = old
            if decay and not fused and masks[i] is not False:
                mask = np.float64(1.0) if masks[i] is None else masks[i]
                factor = ops.multiply(ops.multiply(rate, np.float64(decay)), mask)
                param = ops.subtract(param, ops.multiply(param, ops.cast(factor, u.param.dtype)))
            before = {k: s.value for k, s in u.slots.items()}
            new, after = self.update(param, u.grad, before, hyper)
            if steps:
                new = ops.where(due, new, old)
                after = {k: ops.where(due, v, before[k]) for k, v in after.items()}
                after["gradient_accumulator"] = ops.where(due, number(0.0, u.sum), u.sum)
            if self.use_ema:
                new, after["average"] = self._average(new, before["average"], iterations)
            u.end(self._constrained(u, new))
            for k, v in after.items():
                u.slots[k].assign(v)

    def _average(self, new, average, iterations):
        """(weights, moving average) after a step; the first step takes the weights as they are."""
        first = ops.equal(iterations, np.int64(0))
        momentum = ops.where(first, number(0.0, new), number(self.ema_momentum, new))
        average = ops.add(ops.multiply(momentum, average), ops.multiply(ops.subtract(number(1.0, new), momentum), new))
        if self.ema_overwrite_frequency:
            often = np.int64(self.ema_overwrite_frequency)
            due = ops.equal(ops.mod(ops.add(iterations, np.int64(1)), often), np.int64(0))
            new = ops.where(due, average, new)
        return new, average

    def _constrained(self, unit, new):
        """The new weights, projected where a variable has a constraint."""
        if all(getattr(v, "constraint", None) is None for v in unit.variables):
            return new
        parts = [unit.part(new, i) for i in range(len(unit.variables))]
        return unit.joined(
            [p if v.constraint is None else as_dtype(v.constraint(p), v.dtype) for v, p in zip(unit.variables, parts)]
        )

    def _decay_mask(self, unit):
        """None where every variable of the unit decays, False where none does, else 1 and 0 for each entry."""
        decays = [self._use_weight_decay(v) for v in unit.variables]
        if all(decays):
            return None
        if not any(decays):
            return False
        return np.concatenate([np.full(v.size, float(d)) for v, d in zip(unit.variables, decays)])

    # ------------------------------------------------------------------ learning rate
    def _int64(self, iterations):
        value = iterations.value if isinstance(iterations, Variable) else iterations
        return value if isinstance(value, Symbol) else np.asarray(value, np.int64)

    def _rate(self):
        """The learning rate of this step as a float64 scalar (a symbol inside a trace)."""
        rate = self._rate_before_decay()
        if not self.time_decay:
            return rate
        slower = ops.multiply(ops.cast(self._int64(self.iterations), "float64"), np.float64(self.time_decay))
        return ops.divide(rate, ops.add(np.float64(1.0), slower))

    def _rate_before_decay(self):
        rate = self._learning_rate
        if type(self)._get_current_learning_rate is not Rate._get_current_learning_rate:
            return ops.cast(self._get_current_learning_rate(), "float64")
        if isinstance(rate, Variable):
            return ops.cast(rate, "float64")
        if current() is None:
            return np.asarray(self.learning_rate, np.float64).reshape(())
        if not self.python_per_batch:
            return ops.cast(rate(self._iterations.value), "float64")
        with paused():
            self.refresh()
        return self._python_rate.value


def _without_missing(grads, variables):
    """Gradients and variables where there is a gradient; warns about the others, error if there is none."""
    missing = [v.path for g, v in zip(grads, variables) if g is None]
    if len(missing) == len(grads):
        raise ArgumentError(
            f"No gradients provided for any variable: the loss does not depend on any of {[v.path for v in variables]}."
        )
    if missing:
        warnings.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
            "`model.compile()`, did you forget to provide a `loss` argument?",
            stacklevel=4,
        )
    kept = [(g, v) for g, v in zip(grads, variables) if g is not None]
    return [g for g, _ in kept], [v for _, v in kept]


def _watch(grads):
    """In a traced step of training: let the step fail, before it writes, where these or the loss are not finite."""
    trace = current()
    if trace is None or trace.watch is None or trace.parent is not None:
        return
    _guard(trace, [*map(trace.symbol, grads), *(y for y in trace.marks.targets if y.spec.size == 1)])


def watch_losses(trace, losses):
    """As _watch, of these losses alone."""
    if trace.watch is not None and trace.parent is None:
        _guard(trace, losses)


def _guard(trace, symbols):
    floats = [x for x in symbols if dtypes.is_float(x.dtype)]
    seen = [x if x.dtype in state_records.WATCHED else ops.cast(x, "float32") for x in floats]  # float16 fits float32
    if seen:
        trace.assign(trace.watch, state_records.guard(trace.read(trace.watch), *seen))
