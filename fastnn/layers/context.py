"""What nested layer calls share: the training flag, the masks of values, the names of the layers around."""

import contextlib
import threading

from fastnn.core.masks import mask_of_array
from fastnn.core.scopes import inside as name_scope
from fastnn.core.scopes import path
from fastnn.graph import current

__all__ = ["CallContext", "active", "entered", "get_mask", "name_scope", "path", "set_mask"]
_local = threading.local()


class CallContext:
    """One outermost layer call and everything called inside it."""

    def __init__(self) -> None:
        self.training = None
        self.masks = {}  # id(value) -> (value, mask); the value is kept so that its id stays its own


def _stack():
    if not hasattr(_local, "contexts"):
        _local.contexts = []
    return _local.contexts


def active():
    """The context of the outermost layer call in progress on this thread, or None."""
    stack = _stack()
    return stack[-1] if stack else None


@contextlib.contextmanager
def entered(training):
    """The context inside a layer call whose resolved training flag is `training`."""
    stack = _stack()
    context = CallContext()
    context.training = training
    if stack:
        context.masks = stack[-1].masks
    stack.append(context)
    try:
        yield context
    finally:
        stack.pop()


def _masks():
    trace = current()
    if trace is not None:
        return trace.extra.setdefault("masks", {})
    context = active()
    return None if context is None else context.masks


def get_mask(value):
    """The mask that belongs to a value (bool, True = use), or None."""
    masks = _masks()
    found = masks.get(id(value)) if masks else None
    if found is not None:
        return found[1]
    return None if current() is not None else mask_of_array(value)


def set_mask(value, mask):
    """Attach a mask to a value for the rest of the trace or outermost call; None detaches."""
    masks = _masks()
    if masks is None:
        return
    if mask is None:
        masks.pop(id(value), None)
    else:
        masks[id(value)] = value, mask
