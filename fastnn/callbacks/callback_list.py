"""The callbacks of one run as one callback."""

import inspect

import numpy as np

from fastnn.callbacks.callback import Callback
from fastnn.callbacks.history import History
from fastnn.callbacks.progbar_logger import ProgbarLogger
from fastnn.core.errors import ArgumentError

KINDS = ("train", "test", "predict")
_logs_type = dict  # or a subclass of it, that logs are given as


def give_logs_as(kind):
    """Give the logs that callbacks see as `kind`, dict or a subclass."""
    global _logs_type
    _logs_type = kind


def flatten(callbacks):
    """A callback, or lists of them in any depth, as a flat list; None gives an empty one."""
    if callbacks is None:
        return []
    if isinstance(callbacks, (list, tuple)):
        return [c for part in callbacks for c in flatten(part)]
    if inspect.isclass(callbacks) or not hasattr(callbacks, "on_epoch_end"):
        hint = f"; write {callbacks.__name__}(...)" if inspect.isclass(callbacks) else ""
        raise ArgumentError(
            f"`callbacks` must hold instances of fastnn.callbacks.Callback. Received: {callbacks!r}{hint}."
        )
    return [callbacks]


def plain_logs(logs):
    """Logs with sorted keys and Python floats, as Keras hands them to callbacks."""
    out = _logs_type()
    for key, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            out.update(plain_logs(value))
            continue
        array = value if isinstance(value, (float, str)) else np.asarray(value)
        scalar = isinstance(array, np.ndarray) and array.ndim == 0 and array.dtype.kind in "fiub"
        out[key] = float(array) if scalar else value
    return out


class CallbackList(Callback):
    """Calls every hook of every callback, in order.

    `outside` is a function that calls each hook, with the hook and its arguments, or None.

    Args:
        callbacks: a callback, or a (nested) list of them.
        add_history: whether to append a History, unless there is one.
        add_progbar: whether to append a ProgbarLogger, unless there is one.
        model: the model, or None: `set_model` gives it later.
        params: verbose, epochs and steps of the run.

    Raises ArgumentError for what is no callback.

    >>> CallbackList([Callback()], add_history=True, verbose=0, epochs=1, steps=1).wants_batches("train")
    False
    """

    outside = None

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        super().__init__()
        self.callbacks = flatten(callbacks)
        self.history = next((c for c in self.callbacks if isinstance(c, History)), None)
        if self.history is None and add_history:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        self.set_model(model)
        self.set_params(params)

    def complete(self, model, history, params):
        """Add what a list made by the user may lack for a run.

        Args:
            model: the model that runs.
            history: whether a History is due.
            params: those of the run, used where the list has none.
        """
        if history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        self.set_model(model)
        self.set_params(self.params or params)

    def append(self, callback):
        """Add a callback at the end.

        Args:
            callback: a callback, or a list of them.
        """
        self.callbacks += flatten(callback)

    def set_params(self, params):
        """Hand params to every callback.

        Args:
            params: {"verbose": int, "epochs": int, "steps": int or None}.
        """
        self.params = params
        if params:
            for c in self.callbacks:
                c.set_params(params)

    def set_model(self, model):
        """Hand the model to every callback; model.history becomes this run's History.

        Args:
            model: the model, or None: nothing happens.
        """
        if model is None:
            return
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for c in self.callbacks:
            c.set_model(model)

    def wants_batches(self, kind):
        """Whether any callback must be called around every batch; else the engine runs on its own.

        Args:
            kind: "train", "test" or "predict".
        """
        return any(_wants_batches(c, kind) for c in self.callbacks if not hasattr(c, "on_progress"))

    def wants_progress(self, kind):
        """Whether any callback wants to look at a run now and then (the progress bar).

        Args:
            kind: "train", "test" or "predict".
        """
        return any(c.wants_progress(kind) for c in self.callbacks if hasattr(c, "on_progress"))

    def progress(self, kind, step, logs):
        """Tell the progress callbacks that a batch is done.

        Args:
            kind: "train", "test" or "predict".
            step: the number of the batch.
            logs: a dict, or a function that makes one, which is called only if somebody is going to show the logs.
        """
        for c in self.callbacks:
            if hasattr(c, "on_progress") and c.wants_progress(kind) and c.due():
                c.on_progress(kind, step, plain_logs(logs() if callable(logs) else logs))

    def train_has_begun(self, resume):
        """Tell callbacks that keep the state of a run that all others have begun.

        Args:
            resume: the state that the run goes on from, or None.
        """
        for c in self.callbacks:
            if hasattr(c, "after_train_begin"):
                c.after_train_begin(self, resume)

    def on_train_abort(self, reason=None, logs=None):
        """on_train_abort of every callback; on_train_end of one that has no such hook.

        Args:
            reason: the exception that ended training.
            logs: those of the last epoch that was done, {name: float}.
        """
        logs = plain_logs(logs)
        for c in self.callbacks:
            if hasattr(c, "on_train_abort"):
                c.on_train_abort(reason, logs)
            else:
                c.on_train_end(logs)

    def state_dict(self):
        """The states of all callbacks, each with the name of its class, in order."""
        return {
            "callbacks": [
                [type(c).__name__, c.state_dict() if hasattr(c, "state_dict") else {}] for c in self.callbacks
            ]
        }

    def load_state_dict(self, state):
        """Take up what state_dict returned: the n-th callback of a class has the state of the n-th one there.

        Args:
            state: that dict.
        """
        left = list(state["callbacks"])
        for c in self.callbacks:
            found = next((entry for entry in left if entry[0] == type(c).__name__), None)
            if found is not None:
                left.remove(found)
                if found[1]:
                    c.load_state_dict(found[1])


def _wants_batches(callback, kind):
    decide = getattr(callback, "wants_batches", None)
    return True if decide is None else decide(kind)


def _call(callbacks, each, *args):
    if callbacks.outside is None:
        each(callbacks, *args)
    else:
        callbacks.outside(each, callbacks, *args)


def _named(hook, name, **arguments):
    arguments["logs"] = "what is known so far, {name: number}"
    lines = "\n    ".join(f"{argument}: {meaning}." for argument, meaning in arguments.items())
    hook.__name__, hook.__doc__ = name, f"{name} of every callback.\n\nArgs:\n    {lines}\n"


def _batch_hook(name):
    def each(self, batch, logs):
        for c in self.callbacks:
            getattr(c, name)(batch, logs=logs)

    def hook(self, batch, logs=None):
        _call(self, each, batch, plain_logs(logs) if name != "on_predict_batch_end" else logs or {})

    _named(hook, name, batch="its number, from 0")
    return hook


def _run_hook(name):
    def each(self, logs):
        for c in self.callbacks:
            getattr(c, name)(logs)

    def hook(self, logs=None):
        _call(self, each, plain_logs(logs))

    _named(hook, name)
    return hook


def _epoch_hook(name):
    def each(self, epoch, logs):
        for c in self.callbacks:
            getattr(c, name)(epoch, logs)

    def hook(self, epoch, logs=None):
        _call(self, each, epoch, plain_logs(logs))

    _named(hook, name, epoch="its number, from 0")
    return hook


for _when in ("begin", "end"):
    setattr(CallbackList, f"on_batch_{_when}", _batch_hook(f"on_batch_{_when}"))
    setattr(CallbackList, f"on_epoch_{_when}", _epoch_hook(f"on_epoch_{_when}"))
    for _kind in KINDS:
        setattr(CallbackList, f"on_{_kind}_batch_{_when}", _batch_hook(f"on_{_kind}_batch_{_when}"))
        setattr(CallbackList, f"on_{_kind}_{_when}", _run_hook(f"on_{_kind}_{_when}"))
