"""Which traces are active in this thread, the innermost last. Symbols ask it, traces (graph/trace.py) fill it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastnn.graph.trace import Trace

_active = threading.local()


def current() -> Trace | None:
    """The innermost active Trace of this thread, or None."""
    stack = getattr(_active, "stack", None)
    return stack[-1] if stack else None


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Inside, no trace is active: operations on arrays run eagerly (used when a layer builds itself)."""
    stack = getattr(_active, "stack", None)
    _active.stack = []
    try:
        yield
    finally:
        _active.stack = stack or []


def enter(trace: Trace) -> None:
    """Make a trace the innermost active one."""
    if not hasattr(_active, "stack"):
        _active.stack = []
    _active.stack.append(trace)


def leave() -> None:
    """The innermost trace is active no more."""
    _active.stack.pop()
