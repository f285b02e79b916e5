"""Optimizers that scripts of Keras 1, 2 and tf.keras wrote themselves: `get_updates`, or `_resource_apply_dense`.

`get_updates(loss, params)` asks `get_gradients` for gradients and lists assignments, which are made when all of their
values are known. It is run in the trace of a step: the gradients are there already, the loss is not looked at, and the
variables that it makes are those of the first time.
"""

import functools
import re

import numpy as np

from fastnn import ops
from fastnn.compat.keras2 import builds as keras2_builds
from fastnn.compat.keras2.utils import has_arg
from fastnn.compat.keras2.weight_names import with_whole_names
from fastnn.compat.keras_backend.values import Update, deferring
from fastnn.core import dtypes
from fastnn.core.errors import ArgumentTypeError
from fastnn.core.types import defined_in, is_function
from fastnn.data.tensor import Tensor
from fastnn.graph import Symbol, Trace, Variable, current
from fastnn.graph.active import paused
from fastnn.graph.lifetime import passing
from fastnn.layers.events import is_functional
from fastnn.optimizers import identifiers
from fastnn.optimizers.minimizing import Updates
from fastnn.optimizers.optimizer import Optimizer
from fastnn.optimizers.schedules import LearningRateSchedule

_running = []  # for each get_updates in progress {id(variable): its gradient}


def rule_of(cls):
    """ "get_updates" or "_resource_apply_dense" where a user's class says with that how it steps, else None."""
    if cls.update_step is not Optimizer.update_step or cls.__module__.startswith("fastnn."):
        return None
    if not defined_in(cls, "get_updates").startswith("fastnn."):
        return "get_updates"
    own = getattr(cls, "_resource_apply_dense", None) or _resource_apply_dense
    return None if own is _resource_apply_dense else "_resource_apply_dense"


def init_of_those_years(init_today):
    """`__init__`, which takes a name first (tf.keras) and needs no learning rate."""

    @functools.wraps(init_today)
    def __init__(self, *args, **kwargs):
        if rule_of(type(self)) and args and (args[0] is None or isinstance(args[0], str)):
            args, kwargs = args[1:], {"name": args[0], **kwargs}
        init_today(self, *args, **kwargs)

    return __init__


def gradients_of_those_years(apply_today):
    """`apply_gradients`, for the arguments that tf.keras's had besides, which change nothing.

    Of gradients that are symbols it makes a step for `backend.function`.
    """

    @functools.wraps(apply_today)
    def apply_gradients(self, grads_and_vars, name=None, **kwargs):
        """Update variables: pairs (gradient, variable)."""
        kwargs = {k: v for k, v in kwargs.items() if k != "experimental_aggregate_gradients"}
        pairs = list(grads_and_vars)
        if current() is None and any(is_functional(gradient) for gradient, _ in pairs):
            return Updates(self, [variable for _, variable in pairs], [gradient for gradient, _ in pairs])
        return apply_today(self, pairs, **kwargs)

    return apply_gradients


def is_custom(is_custom_today):
    """`_is_custom`, which is true of such classes."""
    return lambda self: is_custom_today(self) or rule_of(type(self)) is not None


def build_all(build_today):
    """`build`, which makes the slots of optimizers inside, too, and those that `_create_slots` adds."""

    @functools.wraps(build_today)
    def build(self, variables):
        """Make the slots for these variables."""
        variables = list(variables)
        build_today(self, variables)
        if rule_of(type(self)):
            for inner in list(vars(self).values()):
                if isinstance(inner, Optimizer) and inner is not self:  # as `__dict__.update(locals())` leaves it
                    inner.build(variables)
                    for variable in inner.variables:  # saved and set with those of the outer one
                        self._keep(variable)
            with paused():  # first values are arrays, also where a step is being traced
                self._create_slots(variables)
        if rule_of(type(self)) == "get_updates" and "_made_in_updates" not in self.__dict__:
            with passing(), Trace(building=True) as trace:  # for what it makes: a file may hold the values
                _updates_of(self, [trace.input(v.shape, v.dtype) for v in variables], variables)

    return build


def update_of_those_years(update_today):
    """`_custom_update`, by the rule of the class."""

    @functools.wraps(update_today)
    def _custom_update(self, grads, variables):
        rule = rule_of(type(self))
        if rule is None:
            update_today(self, grads, variables)
        elif rule == "get_updates":
            _by_updates(self, self._clip_gradients(grads), variables)
        else:
            state = {}
            for dtype in dict.fromkeys(v.dtype for v in variables):
                state[("", dtype)] = {}
                self._prepare_local("", dtype, state)
            more = {"apply_state": state} if has_arg(self._resource_apply_dense, "apply_state", accept_all=True) else {}
            for g, v in zip(self._clip_gradients(grads), variables):
                self._resource_apply_dense(g, v, **more)

    return _custom_update


def _updates_of(optimizer, grads, variables):
    """What get_updates lists."""
    made = optimizer.__dict__.setdefault("_made_in_updates", [])
    _running.append({id(v): g for v, g in zip(variables, grads)})
    if isinstance(getattr(optimizer, "updates", None), list):
        optimizer.updates = []  # of another trace
    try:
        with deferring(made, optimizer._track):
            found = _listed(with_whole_names(_asked)(optimizer, list(variables)) or [])
            return [Update(step[0], rebuilt(step[1])) if isinstance(step, tuple) else step for step in found]
    finally:
        _running.pop()


def _asked(optimizer, variables):
    """What get_updates returns; Keras 1's takes (params, constraints, loss), the constraints by variable."""
    if not has_arg(optimizer.get_updates, "constraints"):
        return optimizer.get_updates(None, variables)
    rules = {v: v.constraint for v in variables if v.constraint is not None}
    return optimizer.get_updates(variables, rules, None)


def _by_updates(optimizer, grads, variables):
    for step in _updates_of(optimizer, grads, variables):
        if isinstance(step, Update) and step.variable is not optimizer._iterations:  # which counts by itself
            value = step.value.value if isinstance(step.value, Variable) else step.value
            step.variable.assign(ops.cast(value, step.variable.dtype))


def _listed(updates):
    """Updates in one list; pairs (variable, value) stay together."""
    if isinstance(updates, tuple) and len(updates) == 2 and isinstance(updates[0], Variable):
        return [updates]
    return [u for part in updates for u in _listed(part)] if isinstance(updates, (list, tuple)) else [updates]


# ---- updates that were written down before training ------------------------------------------------------------
_DEEPEST = 8  # operations that a value remembers
_ARITHMETIC = ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__",
               "__neg__")  # fmt: skip
_OF_TENSORS = (*_ARITHMETIC, "__getitem__", "__pow__", "__rpow__", "__matmul__", "__rmatmul__", "__abs__")


def _depth(value):
    return value.__dict__["_recipe"][0] if isinstance(value, Tensor) and "_recipe" in value.__dict__ else None


def remembered(name):
    """An operator of variables and tensors whose result remembers of which variables it was computed, and how."""

    def wrap(today):
        @functools.wraps(today)
        def call(self, *others):
            trace = current()
            if trace is not None and any(hasattr(x, "_fastnn_again") for x in (self, *others)):  # of a layer's build
                others = [trace.symbol(x) if hasattr(x, "_fastnn_again") else x for x in others]
                return getattr(trace.symbol(self), name)(*others)
            found = today(self, *others)
            if keras2_builds.building():
                return keras2_builds.remember(found, (self, *others), lambda: call(self, *others))
            if type(found) is Tensor:
                depths = [0 if isinstance(x, Variable) else _depth(x) for x in (self, *others)]
                depth = max((d for d in depths if d is not None), default=None)
                if depth is not None and depth < _DEEPEST:
                    found.__dict__["_recipe"] = depth + 1, name, self, others
            return found

        return call

    return wrap


def rebuilt(value):
    """A value that was computed of variables, computed again of what they are now; another as it is."""
    if _depth(value) is None:
        return value
    _, name, first, others = value.__dict__["_recipe"]
    first, others = rebuilt(first), [rebuilt(x) for x in others]
    return getattr(first, name)(*others)


ARITHMETIC = {name: remembered(name) for name in _ARITHMETIC}
OF_TENSORS = {name: remembered(name) for name in _OF_TENSORS}


def gradients_given(get_gradients_today):
    """`get_gradients`: inside of get_updates those of the step, else of a symbolic loss."""

    @functools.wraps(get_gradients_today)
    def get_gradients(self, loss, params):
        return [_running[-1][id(p)] for p in params] if _running else get_gradients_today(self, loss, params)

    return get_gradients


def updates_given(get_updates_today):
    """`get_updates` of fastnn's own optimizers: inside of another one's it makes the step."""

    @functools.wraps(get_updates_today)
    def get_updates(self, loss=None, params=None, *rest, **kwargs):
        if not _running:
            return get_updates_today(self, loss, params, *rest, **kwargs)
        params = list(loss if isinstance(loss, (list, tuple)) else params)
        self.apply([_running[-1][id(p)] for p in params], params)
        return []

    return get_updates


def rate_of_those_years(today):
    """The property `learning_rate`, which inside of get_updates may be another variable or a symbol for a while."""

    def get(self):
        rate = self.__dict__.get("_rate_for_now")
        return today.fget(self) if rate is None else rate

    def put(self, value):
        if _running and isinstance(value, (Symbol, Variable)):
            object.__setattr__(self, "_rate_for_now", None if value is self._learning_rate else value)
        else:
            today.fset(self, value)

    return property(get, put, doc=today.__doc__)


class CallableList(list):
    """A list that gives itself when it is called: what was a method is an attribute now.

    >>> CallableList([1])()
    [1]
    """

    def __call__(self):
        """Itself."""
        return self


def variables_that_are_called(today):
    """The property `variables`, which was a method until 2022.

    Args:
        today: the property.
    """
    return property(lambda self: CallableList(today.fget(self)), doc=today.__doc__)


def step_rate_of_those_years(today):
    """`_rate_before_decay`, of the rate that holds for a while."""

    def _rate_before_decay(self):
        rate = self.__dict__.get("_rate_for_now")
        return today(self) if rate is None else ops.cast(rate, "float64")

    return _rate_before_decay


def iterations_of_those_years(today):
    """The property `iterations`, for which a class may make a variable of its own."""
    return property(
        lambda self: self.__dict__["_own_iterations"] if "_own_iterations" in self.__dict__ else today.fget(self),
        lambda self, value: self.__dict__.__setitem__("_own_iterations", value),
        doc=today.__doc__,
    )


# ---- tf.keras's OptimizerV2 ------------------------------------------------------------------------------------
def _set_hyper(self, name, value):
    """Keep a number of the step, or set it."""
    if name == "learning_rate":
        self.learning_rate = value
    else:
        self.__dict__.setdefault("_hyper", {})[name] = value


def _get_hyper(self, name, dtype=None):
    """A number of the step: the value of a function, the object of a schedule."""
    value = self.learning_rate if name == "learning_rate" else self.__dict__.get("_hyper", {})[name]
    if isinstance(value, LearningRateSchedule):
        return value
    value = value() if is_function(value) and not isinstance(value, Variable) else value
    return ops.cast(value, dtype) if dtype else value


def _serialize_hyperparameter(self, name):
    """A number of the step for get_config."""
    value = _get_hyper(self, name)
    return float(np.asarray(value.numpy())) if isinstance(value, Variable) else value


def add_slot(self, var, slot_name, initializer="zeros", shape=None):
    """A variable beside a weight, made once, and saved with the optimizer."""
    slots = self.__dict__.setdefault("_own_slots", {})
    key = id(var), slot_name
    if key not in slots:
        given = isinstance(initializer, (Variable, np.ndarray))
        form = tuple((initializer if given else var).shape if shape is None else shape)
        if given:
            initializer = functools.partial(_value_of, np.array(initializer))
        slots[key] = self.add_variable(
            form, initializer, var.dtype, name=f"{re.sub('[/:]', '_', var.path)}_{slot_name}"
        )
    return slots[key]


def _value_of(array, shape, dtype=None):
    return ops.cast(np.broadcast_to(array, shape), dtype or array.dtype.name)


def get_slot(self, var, slot_name):
    """The variable that add_slot made."""
    return self.__dict__.get("_own_slots", {})[id(var), slot_name]


def _prepare_local(self, var_device, var_dtype, apply_state):
    """Keep the learning rate of the step."""
    apply_state.setdefault((var_device, var_dtype), {})["lr_t"] = self._decayed_lr(dtypes.standardize(var_dtype))


def _resource_apply_dense(self, grad, var, apply_state=None):
    """The formula of one of Keras's optimizers for a variable, which a subclass or a wrapper calls."""
    self.update_step(grad, var, ops.cast(self._rate(), var.dtype))


def _fallback_apply_state(self, var_device, var_dtype):
    """The numbers of a step for variables of a dtype, made anew."""
    state = {}
    self._prepare_local(var_device, dtypes.standardize(var_dtype), state)
    return state[var_device, dtypes.standardize(var_dtype)]


def _weights(self):
    """The optimizer's variables, the counter first; or what a class has kept under this name."""
    return self.__dict__.get("_kept_weights") or list(self.variables)


METHODS = {
    "weights": property(_weights, lambda self, value: self.__dict__.__setitem__("_kept_weights", value)),
    "_initial_decay": property(lambda self: self.time_decay),
    "_set_hyper": _set_hyper,
    "_get_hyper": _get_hyper,
    "_serialize_hyperparameter": _serialize_hyperparameter,
    "_prepare_local": _prepare_local,
    "_fallback_apply_state": _fallback_apply_state,
    "_resource_apply_dense": _resource_apply_dense,
    "_create_slots": lambda self, var_list: None,
    "_track_trackable": lambda self, trackable, name, overwrite=False: trackable,
    "_use_locking": False,
    "_dense_apply_args": (),
    "_sparse_apply_args": (),
    "add_slot": add_slot,
    "get_slot": get_slot,
}
WRAPPED = {"__init__": init_of_those_years, "apply_gradients": gradients_of_those_years, "_is_custom": is_custom,
           "build": build_all,
           "_custom_update": update_of_those_years, "get_gradients": gradients_given, "get_updates": updates_given,
           "learning_rate": rate_of_those_years, "lr": rate_of_those_years,
           "_rate_before_decay": step_rate_of_those_years,
           "iterations": iterations_of_those_years, "variables": variables_that_are_called}  # fmt: skip


def get(identifier, **kwargs):
    """`optimizers.get` of any year.

    Args:
        identifier: a name, config dict, class, Optimizer or None.
        kwargs: use_legacy_optimizer and jit_compile, which some years had; of no effect.

    Raises ArgumentTypeError for other arguments.

    >>> get("sgd", use_legacy_optimizer=True).momentum
    0.0
    """
    unknown = sorted(set(kwargs) - {"use_legacy_optimizer", "jit_compile"})
    if unknown:
        raise ArgumentTypeError(f"optimizers.get() got an unexpected keyword argument {unknown[0]!r}.")
    return identifiers.get(identifier)
