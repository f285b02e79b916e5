"""Turns: threads that use the same variables take turns, so that nobody sees half a step.

A run of a plan has a turn with the variables that it reads and writes, from the beginning of a step to the end of one;
so has who copies variables or sets them.  Turns that only read the same go together.  A thread that has a turn takes no
second one: what it needs it says with the first, so nobody waits in a circle.  Turns are given in the order of asking.

While one thread is alone, a turn costs an entry in a dict.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from fastnn.core.types import Array

OPEN: dict[int, Any] = {}  # by thread: what it has a turn for, see `begin`
WAITING: list[tuple[int, Any]] = []  # in the order of asking
_changed = threading.Condition()
Touched = tuple[frozenset[int], frozenset[int]]


def whole(array: Array) -> int:
    """The identity of the memory that an array is a part of: variables in one flat buffer have the same."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return id(array)


def touched(use: Any) -> Touched:
    """(what it reads, what it writes), as identities of memory; see `begin`."""
    if type(use) is not tuple:
        return use.touched()
    variables, writes = use
    found = frozenset([whole(v._host) for v in variables])
    return (frozenset(), found) if writes else (found, frozenset())


def begin(use: Any) -> bool:
    """Take a turn, waiting for others where it must; False if this thread has one already (then there is no end).

    use: (variables, whether it writes them: else it reads), or the run of a plan, with `touched()` and `hurry()`, which
    is asked to end after the step in progress.
    """
    me = threading.get_ident()
    if me in OPEN:
        return False
    OPEN[me] = use
    if len(OPEN) > 1 or WAITING:
        wait(me, use)
    return True


def end() -> None:
    """Give this thread's turn back."""
    del OPEN[threading.get_ident()]
    if WAITING:
        tell()


def tell() -> None:
    """Let those who wait look again."""
    with _changed:
        _changed.notify_all()


@contextlib.contextmanager
def turn(variables: Iterable[Any], writes: bool = False) -> Iterator[None]:
    """A turn with variables, of which this thread reads, or with `writes` sets, all or some.

    >>> from fastnn.graph import Variable
    >>> v = Variable(1.0)
    >>> with turn([v]):
    ...     v.numpy()
    array(1., dtype=float32)
    """
    taken = begin((tuple(variables), writes))
    try:
        yield
    finally:
        if taken:
            end()


def wait(me: int, use: Any) -> None:
    """Others have turns: wait for those who use the same in another way, and for those who asked earlier.

    This thread has entered itself before.
    """
    with _changed:
        if not _in_the_way(me, use, WAITING):
            return
        del OPEN[me]
        asked = (me, use)
        WAITING.append(asked)
        try:
            _changed.notify_all()  # somebody may have waited for the entry that has gone
            while found := _in_the_way(me, use, WAITING[: WAITING.index(asked)]):
                for other in found:
                    if type(other) is not tuple:
                        other.hurry()
                _changed.wait()
            OPEN[me] = use
        finally:
            WAITING.remove(asked)
            _changed.notify_all()


def _in_the_way(me: int, use: Any, earlier: list[tuple[int, Any]]) -> list[Any]:
    reads, writes = touched(use)
    found = []
    for thread, other in [*OPEN.items(), *earlier]:
        if thread == me:
            continue
        its_reads, its_writes = touched(other)
        if not (writes.isdisjoint(its_writes) and writes.isdisjoint(its_reads) and reads.isdisjoint(its_writes)):
            found.append(other)
    return found


def _forget() -> None:
    """In a forked child: the threads that had turns do not exist there."""
    global _changed
    mine = OPEN.get(threading.get_ident())
    OPEN.clear()
    WAITING.clear()
    _changed = threading.Condition()
    if mine is not None:
        OPEN[threading.get_ident()] = mine


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
