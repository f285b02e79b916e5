"""Runs of a model, one inside another: a callback may evaluate, predict or train the model that is being trained.

A run binds arrays to plans, counts rows in a state block and adds up metrics. Plans, state blocks and metrics belong to
the model, so an inner run uses the same ones; when it has ended, all of that is as the outer run left it. Metrics may
belong to several models (a layer in both has some, or both were compiled with one): the same holds for those. What an
inner run changes on purpose, the weights and the optimizer's state, stays changed.
"""

import contextlib
import os
import threading

from fastnn.core import switches
from fastnn.runtime.abi import STOP

_open = threading.local()  # .models: those that have a run in this thread
STOP_FLAGS = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


@contextlib.contextmanager
def run(model, kind=None, inside=None):
    """One run of a model: other threads wait (see `let_in`), an outer run finds everything as it was.

    kind: "train", "test" or "predict" for fit, evaluate and predict, which have a flag that stops them; None for the
    methods that take one batch.  inside: the models whose runs this one is inside of, None for all of this thread's.
    """
    own = model._trainer()
    _enter(own, kind, any(other is model for other in _open.__dict__.get("models", ())))
    try:
        own.shared.follow_seed()
        outer = _Outer(model, own, kind) if own.depth else None
        around = _open.__dict__.setdefault("models", [])
        measured = _measured(model, around if inside is None else inside)
        around.append(model)
        own.depth += 1
        train = own.steps["train"]
        watch, train.watch = train.watch, None
        try:
            yield
        finally:
            own.depth -= 1
            train.watch = watch
            around.pop()
            for variable, value in measured:
                variable.assign(value)
            if outer is not None:
                outer.restore()
            else:  # nothing keeps the user's arrays alive
                for feed in own.shared.bound:
                    feed.release()
                own.shared.bound.clear()
    finally:
        own.lock.release()


@contextlib.contextmanager
def run_many(models, kind):
    """Runs of several models side by side, none inside another; see `run`."""
    outside = tuple(_open.__dict__.get("models", ()))
    with contextlib.ExitStack() as stack:
        for model in sorted(models, key=id):  # two threads with the same models wait in no circle
            stack.enter_context(run(model, kind, outside))
        yield


class Interruptible:
    """Ctrl-C in fit: the KeyboardInterrupt gets a note of what was done, and loses the engine's frames by default.

    The engine stops between two steps, so that the model is as the last whole step left it.
    """

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if not isinstance(error, KeyboardInterrupt) or getattr(error, "__notes__", None):
            return False  # with notes: the fit of a callback has said it
        epochs = len(getattr(self.model.history, "epoch", ()))
        step = int(self.model.optimizer.iterations.numpy())
        error.add_note(
            f"fit stopped after {epochs} whole epoch{'' if epochs == 1 else 's'}; the model has the weights of its "
            f"last step, step {step:,} of its optimizer. Call fit again to go on."
        )
        if switches.is_traceback_filtering_enabled():
            raise error.with_traceback(None) from None
        return False


def _enter(own, kind, inner):
    """Take the lock; a fit that holds it lets this run in at the end of a batch, unless this is a fit as well.

    inner: whether this is inside another run of the model in this thread, which has the lock.
    """
    while not inner and own.returning is not None:  # the fit that has let others in comes first
        process, returned = own.returning
        if process == os.getpid():
            returned.wait()
        else:  # a thread of the process that this one was forked from
            own.returning = None
    if own.lock.acquire(blocking=kind == "train"):
        return
    asked = os.getpid(), threading.Event()
    own.waiting.append(asked)
    for state in own.shared.states.values():
        state[STOP] = 1
    try:
        own.lock.acquire()
    finally:
        own.waiting.remove(asked)
        asked[1].set()


def enter_alone(own):
    """Take the lock for a run that is inside no other, if nobody has it; whether it did: then release it at the end."""
    if own.returning is not None or _open.__dict__.get("models") or not own.lock.acquire(blocking=False):
        return False
    if own.depth:
        own.lock.release()
        return False
    return True


def let_in(own):
    """Between two batches of fit: let a run of another thread that waits run inside this one.

    An evaluation or prediction lets nobody in: all its rows are of the same weights.
    """
    if own.waiting and own.depth == 1:
        process, entered = own.waiting[0]
        if process != os.getpid():  # a thread of the process that this one was forked from
            own.waiting.clear()
            return
        own.returning = returning = os.getpid(), threading.Event()
        own.lock.release()
        try:
            entered.wait()
        finally:
            _return(own, returning)


def _return(own, returning):
    """Take the lock again; those who ask from now on come later: nobody is kept out by a flood of them."""
    own.returning = returning
    try:
        own.lock.acquire()
    finally:
        own.returning = None
        returning[1].set()


def outermost():
    """Whether the run that goes on in this thread is inside no other."""
    return len(_open.__dict__.get("models", ())) == 1


def _results(model):
    """The variables that hold what steps of a model have measured so far."""
    own = model._trainer()
    found = [v for m in model.metrics for v in m.variables]
    return found + [v for step in own.steps.values() if step.last is not None for v in step.last.variables()]


def _measured(model, around):
    """[(variable, its value)] of what the runs of other models have measured: this one may have the same metrics."""
    others = {id(other): other for other in around if other is not model}
    return [(v, v.numpy()) for other in others.values() for v in _results(other)]


def aside(model):
    """A function that calls others while other threads may run the model.

    A user's callback or source of batches may wait for a thread that asks the model for predictions; its run is one
    inside this.
    """
    own = model._trainer()

    def call(function, *args):
        if own.depth != 1:
            return function(*args)
        own.lock.release()
        try:
            return function(*args)
        finally:
            if not own.lock.acquire(blocking=False):
                _return(own, (os.getpid(), threading.Event()))

    return call


class _Outer:
    """What a run needs of the things that all runs of a model share."""

    def __init__(self, model, own, kind):
        self.model, self.own, self.ran = model, own, own.ran
        self.bindings = [(feed, feed.arrays, feed.order) for feed in own.shared.bound]
        self.places, self.last = own.shared.places(), {kind: step.last for kind, step in own.steps.items()}
        self.values = [(v, v.numpy()) for v in _results(model)]
        names = [] if kind is None else [STOP_FLAGS[kind]] + ["history"] * (kind == "train")
        self.attributes = {name: model.__dict__[name] for name in names if name in model.__dict__}

    def restore(self):
        """Put everything back as it was."""
        own, model = self.own, self.model
        kept = {id(feed) for feed, _, _ in self.bindings}
        for feed in [f for f in own.shared.bound if id(f) not in kept]:
            feed.release()
        own.shared.bound[:] = [feed for feed, _, _ in self.bindings]
        for feed, arrays, order in self.bindings:
            feed.point(arrays, order)
        own.shared.go_to(self.places)
        known = {id(v) for v, _ in self.values}
        for m in model.metrics:
            if any(id(v) not in known for v in m.variables):  # made by the inner run
                m.reset_state()
        for variable, value in self.values:
            variable.assign(value)
        for kind, last in self.last.items():
            own.steps[kind].last = last
        own.shared.kind = None if self.ran is None else self.ran.kind
        if self.ran is not None:
            self.ran.show_losses()
        for name, value in self.attributes.items():
            setattr(model, name, value)
