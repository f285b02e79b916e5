"""What nested layer calls share: the training flag, the masks of values, the names of the layers around."""

import contextlib
import threading
from typing import Any

from fastnn.core.arguments import name_of
from fastnn.core.masks import mask_of_array
from fastnn.core.scopes import inside as name_scope
from fastnn.core.scopes import path
from fastnn.graph import current
from fastnn.graph.tensor import Tensor

__all__ = [
    "CallContext",
    "active",
    "as_before_keras_3",
    "entered",
    "get_mask",
    "locked",
    "name_scope",
    "overrules_nodes",
    "path",
    "prefer_nodes",
    "set_mask",
]


class _Local(threading.local):
    """The stack of contexts of a thread; None before its first call."""

    contexts: list[Any] | None = None


_local = _Local()
_rules = {"node": False}


class CallContext:
    """One outermost layer call and everything called inside it."""

    def __init__(self) -> None:
        self.training = None
        self.given = False  # whether a caller said it, or it followed from defaults
        self.passed = {}  # call-context arguments by name, for the layers inside that ask for them
        self.masks = {}  # id(value) -> (value, mask); the value is kept so that its id stays its own
        self.tracker = None  # of the layer whose call it is


def _stack():
    stack = _local.contexts
    if stack is None:
        stack = _local.contexts = []
    return stack


def active():
    """The context of the outermost layer call in progress on this thread, or None."""
    stack = _local.contexts
    return stack[-1] if stack else None


@contextlib.contextmanager
def entered(training, given=False, tracker=None):
    """The context inside a layer call whose resolved training flag is `training`.

    given: a caller has said it.  tracker: the layer's, which takes nothing new meanwhile (see `locked`).
    """
    stack = _stack()
    context = CallContext()
    context.training, context.given, context.tracker = training, given, tracker
    if stack:
        context.masks, context.passed = stack[-1].masks, stack[-1].passed
        context.given = given or stack[-1].given
    stack.append(context)
    try:
        yield context
    finally:
        stack.pop()


def prefer_nodes(value):
    """Whether `training=` at a call of the functional API stays what it is when the model is called (Keras 2)."""
    _rules["node"] = value


def as_before_keras_3():
    """Whether calls are those of Keras 2, as prefer_nodes() said: they may make weights and take what is no tensor."""
    return _rules["node"]


def checked_name(name):
    """The name of a layer, or None; those of Keras 1 and 2 may hold "/", as "fire2/squeeze"."""
    return name_of(name, in_paths=not as_before_keras_3())


def overrules_nodes():
    """Whether the training flag of the call in progress takes the place of one that was given when a graph was made.

    As in Keras 3: what fit, predict or a caller say holds for everything inside.
    """
    context = active()
    return context is not None and context.given and not as_before_keras_3()


def locked(tracker):
    """Whether the call in progress is that of the layer with this tracker, and not its build."""
    context = active()
    return context is not None and context.tracker is tracker and not tracker.building and not as_before_keras_3()


def _masks():
    trace = current()
    if trace is not None:
        return trace.extra.setdefault("masks", {})
    context = active()
    return None if context is None else context.masks


def get_mask(value):
    """The mask that belongs to a value (bool, True = use), or None."""
    if type(value) is Tensor:
        return value._mask
    masks = _masks()
    found = masks.get(id(value)) if masks else None
    if found is not None:
        return found[1]
    return None if current() is not None else mask_of_array(value)


def set_mask(value, mask):
    """Attach a mask to a value for the rest of the trace or outermost call; None detaches."""
    if type(value) is Tensor:
        value._mask = mask
        return
    masks = _masks()
    if masks is None:
        return
    if mask is None:
        masks.pop(id(value), None)
    else:
        masks[id(value)] = value, mask
