"""Locks that a forked child finds open: the thread that held one in the parent does not exist there."""

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

_all = weakref.WeakSet()


def lock(kind: Callable[[], Any] = threading.Lock) -> Any:
    """Return a new lock of `kind` (threading.Lock or threading.RLock), which a fork leaves open in the child.

    What it guards is there as it was at the moment of the fork.

    >>> with lock(threading.RLock) as held:
    ...     held
    True
    """
    made = kind()
    _all.add(made)
    return made


def _open_all():
    for made in list(_all):
        made._at_fork_reinit()  # what threading does with its own locks


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_all)
