"""Memory that a device has a copy of: which of the two is current, and how the host's becomes so when somebody looks.

A mirror is known under the identity of the memory that arrays are parts of (`fastnn.core.turns.whole`), so variables
in one flat buffer have one.  While no device is used, `HELD` is empty and nothing is asked.
"""

from __future__ import annotations

import os
from typing import Any

from fastnn.core.turns import whole
from fastnn.core.types import Array

HELD: dict[int, Any] = {}  # mirrors, see fastnn.runtime.device_memory.Mirror


def look(array: Array) -> None:
    """The values of an array are read on the host: they come back from the device where they are newer there."""
    mirror = HELD.get(whole(array))
    if mirror is not None:
        mirror.bring()


def change(array: Array) -> None:
    """The values of an array may be changed on the host: they come back, and go to the device before its next run."""
    mirror = HELD.get(whole(array))
    if mirror is not None:
        mirror.bring()
        mirror.newer = "host"


def _home() -> None:
    """Before a fork: a child cannot ask the device."""
    for mirror in list(HELD.values()):
        mirror.bring()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_home, after_in_child=HELD.clear)
