"""Text for whoever watches a run: where it goes, how wide it may be, whether it has colours."""

import os
import shutil
import sys

from fastnn.utils.interactive import say


def in_notebook():
    """Whether this process is a notebook's kernel."""
    return "ipykernel" in sys.modules


def is_terminal():
    """Whether standard output is a terminal that moves its cursor back."""
    return bool(getattr(sys.stdout, "isatty", bool)()) and os.environ.get("TERM") != "dumb"


def is_live():
    """Whether the output can be overwritten in place: a terminal or a notebook."""
    return is_terminal() or in_notebook()


def has_colours():
    """Whether escape codes may be written; a user switches them off with NO_COLOR (https://no-color.org)."""
    return is_live() and not os.environ.get("NO_COLOR")


def columns():
    """The characters of a line that is overwritten in place, or None where there is no limit."""
    return shutil.get_terminal_size().columns - 1 if is_terminal() and not in_notebook() else None


__all__ = ["columns", "has_colours", "in_notebook", "is_live", "is_terminal", "say"]
