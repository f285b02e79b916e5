"""Which traces are active in this thread, the innermost last. Symbols ask it, traces (graph/trace.py) fill it."""
import contextlib
import threading

_active = threading.local()


def current():
    """The innermost active Trace of this thread, or None."""
    stack = getattr(_active, "stack", None)
    return stack[-1] if stack else None


@contextlib.contextmanager
def paused():
    """Inside, no trace is active: operations on arrays run eagerly (used when a layer builds itself)."""
    stack = getattr(_active, "stack", None)
    _active.stack = []
    try:
        yield
    finally:
        _active.stack = stack or []


def enter(trace):
    """Make a trace the innermost active one."""
    if not hasattr(_active, "stack"):
        _active.stack = []
    _active.stack.append(trace)


def leave():
    """The innermost trace is active no more."""
    _active.stack.pop()
