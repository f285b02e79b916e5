"""`train_step` and `test_step` of users: Python that is traced once, and then runs as a tape like any other step.

What such a step returns are the logs: symbols (kept in variables that the tape assigns), numbers, and results of
metrics.  A metric is read by NumPy after the batch, so while a step is traced `metric.result()` stands for "the result
of this metric when it is asked for".
"""
import contextlib

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.graph import Symbol, Variable
from fastnn.utils.misc import pack_x_y_sample_weight

STEPS = {"train": "train_step", "test": "test_step"}


class Later:
    """The result of a metric, taken when the logs are read."""

    def __init__(self, metric):
        self.metric = metric

    def __repr__(self):
        return f"<result of metric {self.metric.name!r} after the step>"


def has_own(model, kind):
    """Whether the class of a model has a step of its own for "train" or "test"."""
    from fastnn.models.trainer import Trainer
    return any(getattr(type(model), n) is not getattr(Trainer, n) for n in (STEPS[kind], "compute_metrics"))


def run(model, kind, trace, x, y, weight, prepared):
    """Trace the model's step on symbols; the logs of one that is the user's are kept for `logs`."""
    trace.extra["prepared"] = model.optimizer, prepared
    with _later(model):
        result = getattr(model, STEPS[kind])(pack_x_y_sample_weight(x, y, weight))
    _keep_losses(model, kind, trace)
    if not has_own(model, kind):
        return                                  # the metrics say everything
    if result is not None and not isinstance(result, dict):
        raise ArgumentError(f"{type(model).__name__}.{STEPS[kind]} returned {type(result).__name__}, expected a dict "
                            "{name of the log: value}.")
    kept = model._trainer().step_logs.setdefault(kind, {})
    before, found = dict(kept), {}
    for name, value in (result or {}).items():
        if isinstance(value, Symbol) or hasattr(value, "_fastnn_variable"):
            value = _home(trace, trace.symbol(value), before.get(name), name)
        found[name] = value
    kept.clear()
    kept.update(found)


def _home(trace, symbol, home, name):
    """The variable that the tape leaves a symbol's value in: `home` if it fits, else a new one."""
    if not isinstance(home, Variable) or home.shape != tuple(symbol.shape) or home.dtype != symbol.dtype:
        home = Variable(np.zeros(symbol.shape), dtype=symbol.dtype, trainable=False, name=name)
    trace.assign(home, symbol)
    return home


def _keep_losses(model, kind, trace):
    """What add_loss added in this step stays readable: `model.losses` shows it afterwards."""
    own = model._trainer()
    before = own.added_losses.get(kind, [])
    own.added_losses[kind] = [_home(trace, x, before[i] if i < len(before) else None, f"added_loss_{i}")
                              for i, x in enumerate(trace.losses)]


def show_losses(model, kind):
    """From now on `model.losses` speaks of the steps of this kind, not of an earlier call."""
    added = model._trainer().added_losses.get(kind)
    if added:
        model._clear_losses()
        model._losses.extend(added)


@contextlib.contextmanager
def _later(model):
    """Inside, `result()` of the model's metrics is a Later."""
    metrics = {id(m): m for m in (*model.metrics, *(m for layer in model._flatten_layers() for m in layer._metrics))}
    for m in metrics.values():
        object.__setattr__(m, "result", lambda m=m: Later(m))
    try:
        yield
    finally:
        for m in metrics.values():
            object.__delattr__(m, "result")


def logs(model, kind):
    """The logs of the last step of this kind: {name: number or array}; None where the model has no step of its own."""
    found = model._trainer().step_logs.get(kind)
    if found is None:
        return None
    out = {}
    for name, value in found.items():
        value = value.metric.result() if isinstance(value, Later) else value
        out.update(value if isinstance(value, dict) else {name: value})
    return out
