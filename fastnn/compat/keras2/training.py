"""What training meant in the years of Keras 1 and 2: `trainable` as compile() saw it, one optimizer for several models.

A GAN of those years compiles its discriminator, sets `trainable = False`, and compiles generator and discriminator as
one: each of the two models goes on to train what was trainable when it was compiled.
"""

import contextlib
import functools
import weakref

from fastnn import ops
from fastnn.callbacks.monitor import MonitorCallback, direction_of
from fastnn.compat.keras2.files import of_any_year
from fastnn.compat.year_names import others
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.core.tree import reached
from fastnn.layers import context

_compiled = weakref.WeakKeyDictionary()  # model: {layer: (its flag, {variable: its flag})}, as compile() saw them


def remember(model):
    """Keep which layers and weights of a model are trainable now."""
    _compiled[model] = _flags(model)


def _flags(model):
    layers = reached(model, lambda layer: layer._layers)
    return [(layer, layer._trainable, [(v, v.trainable) for v in layer._tracker.trainable]) for layer in layers]


def _set(flags):
    for layer, trainable, variables in flags:
        layer.__dict__["_trainable"] = trainable  # no event: what runs was compiled before
        for variable, flag in variables:
            variable.trainable = flag
        known = {id(variable) for variable, _ in variables}
        for variable in layer._tracker.trainable:  # made since
            if id(variable) not in known:
                variable.trainable = trainable


@contextlib.contextmanager
def as_compiled(model):
    """A block in which the layers of a model are trainable or not as they were when it was compiled.

    In scripts of those years; in others only where there would be nothing left to train.
    """
    then = _compiled.get(model)
    if then is None or not (context.as_before_keras_3() or not model.trainable_variables):
        yield
        return
    now = _flags(model)
    _set(then)
    try:
        yield
    finally:
        _set(now)


def step_as_compiled(today):
    """The tracing of a training step, or a batch of one that runs as Python, inside `as_compiled`."""

    @functools.wraps(today)
    def made(self, *args):
        with as_compiled(self._model()) if self.kind == "train" else contextlib.nullcontext():
            return today(self, *args)

    return made


def build_of_several(build_today):
    """`build` of optimizers, which makes the slots of variables that come later, too."""

    @functools.wraps(build_today)
    def build(self, variables):
        """Make the slots for these model variables, those that have none yet."""
        if not self.built:
            build_today(self, variables)
            return
        new = [v for v in variables if id(v) not in self._index]
        if not new:
            return
        for names, initials in _groups(self):
            for name, made in zip(names, self.add_optimizer_variables(new, names, initials)):
                self._slots[name] = [*self._slots[name], *made]
        self._index.update({id(v): len(self._trainable) + i for i, v in enumerate(new)})
        self._trainable = [*self._trainable, *new]

    return build


def _groups(optimizer):
    """[(names, initial values), ...] of the slots that `Optimizer.build` makes."""
    kept = [n for n in ("average", "gradient_accumulator") if n in optimizer._slots]
    groups = [[(name, "zeros")] for name in kept] + [list(group) for group in optimizer.slot_groups()]
    return [([name for name, _ in group], [initial for _, initial in group]) for group in groups]


def apply_of_several(apply_today):
    """`apply` of optimizers, which builds for variables that it has not met."""

    @functools.wraps(apply_today)
    def apply(self, grads, trainable_variables=None):
        """Update the variables with these gradients."""
        try:
            return apply_today(self, grads, trainable_variables)
        except UnknownNameError:  # nothing has changed yet
            self.build(trainable_variables)
            return apply_today(self, grads, trainable_variables)

    return apply


def decayed_lr(self, var_dtype="float32"):
    """The learning rate of the next step: that of the schedule, and of `decay`."""
    rate = ops.cast(self.learning_rate, "float32")
    return rate / (1.0 + self.time_decay * ops.cast(self.iterations, "float32")) if self.time_decay else rate


def with_accuracy(today):
    """A method of a model with Keras 0.3's `show_accuracy`, or `accuracy`: a model without metrics counts hits."""

    @functools.wraps(today)
    def call(self, *args, show_accuracy=False, accuracy=False, **kwargs):
        if (show_accuracy or accuracy) and self._compile_metrics is None:
            self.compile(optimizer=self.optimizer, loss=self.loss, metrics=["accuracy"])
        return today(self, *args, **kwargs)

    return call


def choose(self):
    """The direction of the monitored value, under the name of any year."""
    today = MonitorCallback._fastnn_choose
    found = next((n for n in (self.monitor, *others(self.monitor)) if direction_of(n, self.model)), self.monitor)
    before, self.monitor = self.monitor, found
    try:
        today(self)
    except ArgumentError:
        rises = "acc" in found or found.endswith("auc") or found.startswith("fmeasure")  # by its name, up to Keras 2
        if not rises and not of_any_year():
            raise
        self.sign = 1 if rises else -1
    finally:
        self.monitor = before
