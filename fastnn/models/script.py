"""Checkpoints for a whole script: every fit in it, in order, has a number in one folder."""

import contextlib
import os
import threading

_folder: list = []  # [path, calls of fit so far] while a script runs, else empty
_finished: dict = {}  # {folder: calls of fit with checkpoint=folder that have come to their end in this process}


@contextlib.contextmanager
def checkpoints_of(path):
    """Every outermost fit of the main thread keeps checkpoints in this folder, and goes on from those that it finds."""
    before = list(_folder)
    _folder[:] = [os.path.abspath(path), 0]  # a script may change the current folder
    try:
        yield
    finally:
        _folder[:] = before


def is_on():
    """Whether a script runs whose calls of fit keep checkpoints."""
    return bool(_folder)


def next_fit(outermost):
    """(folder, number) for a fit that begins and was given no folder, or None."""
    if not _folder or not outermost or threading.current_thread() is not threading.main_thread():
        return None
    _folder[1] += 1
    return _folder[0], _folder[1]


def number_of(path):
    """The number of a fit that was given a folder: those before it that came to their end keep theirs."""
    return _finished.get(os.path.realpath(path), 0) + 1


def is_finished(path):
    """A fit that was given a folder has come to its end."""
    key = os.path.realpath(path)
    _finished[key] = _finished.get(key, 0) + 1
