"""Whether progress and summaries are written to standard output."""

import sys

_state = {"on": True}


def enable_interactive_logging():
    """Write progress bars, summaries and messages of callbacks to standard output (as at the start)."""
    _state["on"] = True


def disable_interactive_logging():
    """Write no progress bars, summaries or messages of callbacks."""
    _state["on"] = False


def is_interactive_logging_enabled():
    """Whether progress is written to standard output.

    >>> is_interactive_logging_enabled()
    True
    """
    return _state["on"]


def say(text):
    """Write text to standard output as it is now (notebooks and tests replace it), in whatever letters it has."""
    out = sys.stdout
    if out is None or not is_interactive_logging_enabled():  # pythonw and some services have no console
        return
    try:
        out.write(text)
    except UnicodeEncodeError:
        plain = text.replace("━", "=")
        out.write(plain.encode(out.encoding or "ascii", "replace").decode(out.encoding or "ascii"))
    out.flush()
