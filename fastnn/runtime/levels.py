"""Levels of instruction sets: this CPU's and the one that is asked for; how a pack of kernels is read.

What both sides need, those who make kernels (`fastnn.kernels.lower`) and those who load them (`fastnn.runtime.pack`).
What a level takes is stated in `fastnn.core.isa`.
"""

import os

from fastnn.core import errors
from fastnn.runtime import extension

ABI = 1  # of the pack: how a kernel is called, and the form of pack.json
PREFIX = "fastnn_"  # of the exported symbols
X86 = "x86-64-v"  # of the levels that include one another


def own_level() -> str:
    """Return the best level that this CPU runs, or "" where fastnn has none for it.

    >>> own_level() == "" or runs(own_level())
    True
    """
    return str(extension("executor").cpu_level())


def runs(level: str) -> bool:
    """Return whether this CPU runs kernels of `level`, a name as in pack.json: an x86-64 level includes those below."""
    mine = own_level()
    return level == mine or (mine.startswith(X86) and X86 + "2" <= level <= mine)


def forced() -> str:
    """Return the level that FASTNN_LEVEL asks for, or "" where it is not set.

    Raises PackError for a level that this CPU does not run.

    >>> forced() == "" or runs(forced())
    True
    """
    level = os.environ.get("FASTNN_LEVEL", "")
    if level and not runs(level):
        raise errors.PackError(
            f"FASTNN_LEVEL={level!r} in the environment; expected a level that this CPU runs, which "
            f"is {family()}. Unset it, and the best one is taken."
        )
    return level


def family() -> str:
    """Return this CPU's level in words, for error messages.

    >>> bool(family())
    True
    """
    mine = own_level()
    return f"{mine} or lower" if mine.startswith(X86) else mine or "of another family"
