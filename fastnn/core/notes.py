"""Notes of what an operation on arrays came to, for those who want to go the short way the next time."""

from __future__ import annotations

import threading
from typing import Any


class Notes(threading.local):
    """calls: [(plan, arrays, result)] of operations on arrays since somebody began to note, or None."""

    calls: list[Any] | None = None


notes = Notes()
