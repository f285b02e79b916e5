"""`fastnn replay`: one step of training, from the file that fit wrote, once more."""

import os
import runpy

from fastnn import compat
from fastnn.cli.terminal import say
from fastnn.core.errors import ArgumentError, UnknownNameError
from fastnn.models.replay import replay


def run(file, script=None):
    """Print where NaN or infinity begins in the step in a file; returns 0.

    script: a Python file with the classes and functions that the model needs.  It is run, under another name than
    "__main__"; nothing in the file is.
    """
    known = {}
    if script is not None:
        if not os.path.isfile(script):
            raise ArgumentError(f"replay: no file {script!r}; expected a Python script.")
        compat.install()
        known = {k: v for k, v in runpy.run_path(script, run_name="replayed").items() if callable(v) and k[:1] != "_"}
    try:
        say(str(replay(file, known)))
    except UnknownNameError as error:
        if script is not None:
            raise
        raise UnknownNameError(f"{error} Pass --script FILE, the Python file that defines it.") from None
    return 0
