"""Room for recursion: things nested in things are walked by functions that call themselves."""

import sys

USUAL = 1000  # what Python allows by itself
FRAMES = 10  # that a level of nested layers takes at most
MOST = 500  # levels


def make_room(frames: int) -> None:
    """Let Python call functions `frames` deeper than it usually does; what it allows already is never taken back.

    >>> make_room(10)
    >>> sys.getrecursionlimit() >= 1010
    True
    """
    if sys.getrecursionlimit() < USUAL + frames:
        sys.setrecursionlimit(USUAL + frames)
