"""Which traces are active in this thread, the innermost last. Symbols ask it, traces (graph/trace.py) fill it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastnn.graph.trace import Trace


class _Casting(threading.local):
    """The dtype as which this thread's code sees float variables; None: as they are stored."""

    dtype: str | None = None


class _Active(threading.local):
    """The traces of this thread; None before its first."""

    stack: list[Trace] | None = None


_active = _Active()
_casting = _Casting()


def casting() -> str | None:
    """The dtype as which float variables are seen now: a layer's compute dtype inside its call, where that differs
    from the dtype of its weights."""
    return _casting.dtype


@contextlib.contextmanager
def casting_to(dtype: str | None) -> Iterator[None]:
    """Inside, float variables are seen as `dtype` (None: as they are)."""
    before, _casting.dtype = _casting.dtype, dtype
    try:
        yield
    finally:
        _casting.dtype = before


def current() -> Trace | None:
    """The innermost active Trace of this thread, or None."""
    stack = _active.stack
    return stack[-1] if stack else None


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Inside, no trace is active: operations on arrays run eagerly (used when a layer builds itself)."""
    stack = _active.stack
    _active.stack = []
    try:
        yield
    finally:
        _active.stack = stack or []


def enter(trace: Trace) -> None:
    """Make a trace the innermost active one."""
    if _active.stack is None:
        _active.stack = []
    _active.stack.append(trace)


def leave() -> None:
    """The innermost trace is active no more."""
    (_active.stack or []).pop()
